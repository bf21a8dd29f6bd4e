"""Names in paths, which may hold any printable character, the slash included.

A slash within a name comes as %2F. Servers decode a path before it is matched, and then a/b/days could be the
days of the house a/b, or something of the house a. So this middleware splits first and decodes then.
"""

from typing import Final
from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

API: Final = "/v1"
# Stands for a slash within a name until the path is matched. It is no printable character, so no name has it.
_SLASH: Final = "\ue02f"


class _Name(Convertor[str]):
    """One name between two slashes: `{house_id:name}`."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value.replace(_SLASH, "/")

    def to_string(self, value: str) -> str:
        return value.replace("/", _SLASH)


register_url_convertor("name", _Name())


class Names:
    """Keeps the slashes within names of the API's paths apart from those between them."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap a server."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        raw: bytes | None = scope.get("raw_path")
        if scope["type"] == "http" and raw and is_api(scope):
            segments = raw.decode("ascii", "replace").split("/")
            path = "/".join(unquote(segment).replace("/", _SLASH) for segment in segments)
            scope = {**scope, "path": path}
        await self._app(scope, receive, send)


def is_api(scope: Scope) -> bool:
    """Say whether a request asks the API, and not for a page."""
    path: str = scope["path"]
    return path == API or path.startswith(f"{API}/")
