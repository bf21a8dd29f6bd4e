"""The server: API and pages put together."""

from fastapi import FastAPI

from sunsift import __version__
from sunsift.web.context import Web


def create_app(web: Web) -> FastAPI:
    """Return the server for parts that are ready to be asked."""
    app = FastAPI(title="Sunsift", version=__version__, docs_url=None, redoc_url=None)
    app.state.web = web
    return app
