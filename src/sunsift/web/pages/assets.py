"""What pages load beside themselves: styles, scripts, and Plotly's script as its package ships it."""

import gzip
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PLOTLY_URL: Final = f"/static/plotly-{metadata.version('plotly')}.min.js"
_FOLDER: Final = Path(__file__).parent.parent / "static"
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@cache
def _plotly(*, packed: bool) -> bytes:
    """Read the script, nearly 5 MB, once; packed it is a third of that."""
    content = (resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return gzip.compress(content, 6, mtime=0) if packed else content


@router.get(PLOTLY_URL)
def plotly_script(request: Request) -> Response:
    """Serve Plotly's script; its address names the version, so that it may be kept for good."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": _FOR_A_YEAR, "Vary": "Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(_plotly(packed=packed), media_type="text/javascript", headers=headers)


@router.get("/favicon.ico")
def icon() -> Response:
    """Lead browsers that guess to the icon."""
    return RedirectResponse("/static/icon.svg", 308)


class Static(StaticFiles):
    """Our own few files: browsers keep them and ask each time whether they still hold."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_to(app: FastAPI) -> None:
    """Serve everything below /static."""
    app.include_router(router)  # first, or else our own folder is asked for Plotly's script
    app.mount("/static", Static(directory=_FOLDER))
