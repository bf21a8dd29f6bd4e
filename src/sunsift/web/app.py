"""The server: API and pages put together."""

import asyncio

from fastapi import FastAPI

from sunsift import __version__
from sunsift.web.api import router as api
from sunsift.web.api.callers import Callers
from sunsift.web.api.openapi import describe
from sunsift.web.context import Web
from sunsift.web.limits import Bodies, Buckets
from sunsift.web.loopback import Loopback
from sunsift.web.pages import assets, errors, fleet, house, live, login, pipeline
from sunsift.web.paths import API, Names
from sunsift.web.problems import tell
from sunsift.web.security import Guarded, guard


def create_app(web: Web) -> FastAPI:
    """Return the server for parts that are ready to be asked."""
    app = Guarded(
        title="Sunsift",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.web = web
    app.state.buckets = Buckets(web.limits)
    app.state.bulks = asyncio.Semaphore(web.limits.bulks)
    # From the inside out: what is added last sees a request first.
    app.add_middleware(Callers)
    guard(app, web)
    app.add_middleware(Bodies, limits=web.limits)
    if web.open_to_all:
        app.add_middleware(Loopback)
    app.add_middleware(Names)
    tell(app)
    errors.add_to(app)
    describe(app)
    app.include_router(api)
    app.include_router(login.router)
    fleet.add_to(app)
    app.include_router(house.router)
    pipeline.add_to(app)
    live.add_to(app)
    assets.add_to(app)
    return app
