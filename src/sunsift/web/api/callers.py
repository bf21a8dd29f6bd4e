"""Nobody asks the API anything, or sends it a body, before it is known who it is."""

import logging
import time
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sunsift.web.access import caller_of, count_stranger
from sunsift.web.paths import API, is_api

log = logging.getLogger(__name__)
OPEN_TO_ALL: Final = frozenset({f"{API}/health", f"{API}/openapi.json"})


class Callers:
    """Turns away callers of the API without a token that holds, and logs what the others do.

    A line names the route, never what stood in its place: that may be the name of a meter. What only looks is
    logged at DEBUG.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap a server."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or not is_api(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        await _let_in(request)
        begun = time.monotonic()
        status = 500

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            _log(request, status, time.monotonic() - begun)


async def _let_in(request: Request) -> None:
    if request.url.path in OPEN_TO_ALL:
        count_stranger(request)
    else:
        await run_in_threadpool(caller_of, request)


def _log(request: Request, status: int, seconds: float) -> None:
    level = logging.DEBUG if request.method in {"GET", "HEAD"} and status < 500 else logging.INFO
    found = getattr(request.scope.get("route"), "path_format", None)
    route = "no such route" if found is None else f"{API}{found.removeprefix(API)}"
    caller = getattr(request.state, "caller", None)
    fields = {"milliseconds": round(1000 * seconds), "caller": caller.name if caller else None}
    log.log(level, "%s %s %d", request.method, route, status, extra=fields)
