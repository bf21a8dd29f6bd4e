"""What keeps the pages safe: headers, sessions, forms, and the gate in front of them."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware

from sunsift.web.context import Web
from sunsift.web.security.gate import Gate
from sunsift.web.security.headers import Headers
from sunsift.web.security.sessions import Sessions
from sunsift.web.security.throttle import Throttle


class Guarded(FastAPI):
    """A server whose answers all carry the headers, those to its own failures too."""

    def build_middleware_stack(self) -> Any:
        """Put the headers around everything, and have errors of middleware told like those of routes."""
        self.user_middleware.insert(0, Middleware(ExceptionMiddleware, handlers=self.exception_handlers))
        return Headers(super().build_middleware_stack())


def guard(app: FastAPI, web: Web) -> None:
    """Put the gate in front of a server's pages."""
    app.state.throttle = Throttle()
    app.add_middleware(Gate, sessions=Sessions(web.settings.secrets.session))
