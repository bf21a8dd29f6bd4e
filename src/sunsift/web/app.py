"""The server: API and pages put together."""

from fastapi import FastAPI

from sunsift import __version__
from sunsift.web.context import Web
from sunsift.web.pages import assets, fleet, live, login
from sunsift.web.security import Guarded, guard


def create_app(web: Web) -> FastAPI:
    """Return the server for parts that are ready to be asked."""
    app = Guarded(title="Sunsift", version=__version__, docs_url=None, redoc_url=None)
    app.state.web = web
    guard(app, web)
    app.include_router(login.router)
    app.include_router(fleet.router)
    live.add_to(app)
    assets.add_to(app)
    return app
