"""What went wrong, as programs read it: problem details of RFC 9457."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException

from sunsift.domain.errors import (
    InvalidCursorError,
    InvalidFeedbackError,
    InvalidHouseError,
    StoreError,
    SunsiftError,
    UnknownHouseError,
)
from sunsift.web.paths import is_api

log = logging.getLogger(__name__)
MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5
_STATUS_OF: Final = {
    UnknownHouseError: 404,
    InvalidCursorError: 422,
    InvalidFeedbackError: 422,
    InvalidHouseError: 422,
    StoreError: 503,
}
_SHOW: Final = "show_problem"


class Problem(HTTPException):
    """An error with more to say. more: fields beside those of the RFC."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        """Take a status, a reason for people, and what programs may want to know."""
        super().__init__(status, detail, headers)
        self.more = more


def answer(
    status: int, detail: str, headers: Mapping[str, str] | None = None, more: Mapping[str, Any] | None = None
) -> Response:
    """Return the answer that tells a program of a problem."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body | dict(more or {}), status, dict(headers or {}), MEDIA_TYPE)


def tell(app: FastAPI) -> None:
    """Have a server tell of all errors in this way, and pages in theirs: see `show_to_people`."""

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, AnyHTTPException)
        more = error.more if isinstance(error, Problem) else {}
        headers = error.headers
        if error.status_code == 405 and is_api(request.scope):
            headers = {"Allow": ", ".join(_methods(request))}
        return await _told(request, error.status_code, error.detail, headers, more)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()]
        said = "; ".join(f"{e['at']}: {e['problem']}" for e in errors[:3])
        return await _told(request, 422, said, more={"errors": errors})

    async def ours(request: Request, error: Exception) -> Response:
        status = next((s for kind, s in _STATUS_OF.items() if isinstance(error, kind)), 500)
        if status < 500:
            return await _told(request, status, str(error))
        log.error("%s", error)
        if status == 500:
            return await _told(request, 500, "something went wrong; the log of the server says what")
        detail = "the store cannot be used now; try again"
        return await _told(request, 503, detail, {"Retry-After": str(RETRY_AFTER_SECONDS)})

    async def unknown(request: Request, error: Exception) -> Response:
        log.error("a request failed", exc_info=error)
        return await _told(request, 500, "something went wrong; the log of the server says what")

    app.add_exception_handler(AnyHTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(SunsiftError, ours)
    app.add_exception_handler(Exception, unknown)


Shown = Callable[[Request, int, str], Awaitable[Response]]


def show_to_people(app: FastAPI, shown: Shown) -> None:
    """Have errors of pages shown by `shown`, which is given the request, the status and the reason."""
    setattr(app.state, _SHOW, shown)


def _methods(request: Request) -> list[str]:
    """Return the methods of a path of the API; the router only knows those of one route."""
    path = request.scope["path"].split("/")
    found: set[str] = set()
    for template, operations in request.app.openapi()["paths"].items():
        parts = template.split("/")
        if len(parts) == len(path) and all(
            part == name or (name and part.startswith("{")) for part, name in zip(parts, path, strict=True)
        ):
            found.update(method.upper() for method in operations)
    return sorted(found)


async def _told(
    request: Request,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    if is_api(request.scope):
        return answer(status, detail, headers, more)
    shown: Shown | None = getattr(request.app.state, _SHOW, None)
    if shown is None:
        return PlainTextResponse(f"{detail}\n", status, dict(headers or {}))
    page = await shown(request, status, detail)
    page.headers.update(headers or {})
    return page
