"""What guards a server that is open to all who reach it, which only programs on this machine may."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sunsift.web.paths import is_api
from sunsift.web.problems import answer

NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Loopback:
    """Refuses requests that were not meant for this machine, or that a page of elsewhere sends.

    A name of elsewhere may resolve to this machine, so that a browser takes its pages for ours; a proxy may
    carry requests of the world here; and a page of elsewhere may have a browser send us anything.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap a server."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "http" and (problem := _problem(scope["method"], Headers(scope=scope))):
            # Not as a page: what makes those has not seen the request yet.
            refused = answer(403, problem) if is_api(scope) else PlainTextResponse(f"{problem}\n", 403)
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches what listens at a host."""
    return host in NAMES


def _problem(method: str, headers: Headers) -> str | None:
    if _host(f"//{headers.get('host', '')}") not in NAMES:
        return "this server is open to all on its own machine, and answers only to the names of that"
    if any(name in headers for name in _FORWARDED):
        return (
            "this server is open to all on its own machine and answers to no proxy; start it without --open"
        )
    if method in _SAFE:
        return None
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} or (
        origin is not None and urlsplit(origin).netloc != headers.get("host")
    ):
        return "requests of other sites are refused"
    return None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
