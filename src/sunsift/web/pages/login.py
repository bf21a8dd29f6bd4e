"""Logging in with a token, and out again."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from sunsift.web.context import TheWeb
from sunsift.web.pages.look import page
from sunsift.web.security.callers import may_look, token_to_log_in_with
from sunsift.web.security.gate import LOGIN, safe_next
from sunsift.web.security.throttle import Throttle
from sunsift.web.security.visit import visit_of

UNKNOWN: Final = "This token is not known, or it has expired or was revoked."
NOT_FOR_PAGES: Final = "This token may not look at pages: that needs the scope read."
LONGEST_TOKEN: Final = 200

router = APIRouter(include_in_schema=False)


@router.get(LOGIN)
def form(request: Request, web: TheWeb, next: str = "/") -> Response:
    """Show the form."""
    if web.open_to_all:
        return RedirectResponse(safe_next(next), 303)
    return _form(request, next)


@router.post(LOGIN)
def log_in(
    request: Request, web: TheWeb, token: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
) -> Response:
    """Begin a session for a token that holds."""
    throttle: Throttle = request.app.state.throttle
    address = request.client.host if request.client else ""
    if wait := throttle.wait_seconds(address):
        words = f"Too many tries: wait {wait} seconds, then try again."
        return _form(request, next, words, 429, {"Retry-After": str(wait)})
    found = token_to_log_in_with(web, token.strip()[:LONGEST_TOKEN])
    if found is None:
        throttle.failed(address)
        return _form(request, next, UNKNOWN, 401)
    if not may_look(found):
        return _form(request, next, NOT_FOR_PAGES, 403)
    throttle.succeeded(address)
    visit_of(request).begin(found.id)
    return RedirectResponse(safe_next(next), 303)


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session."""
    visit_of(request).end()
    return RedirectResponse(LOGIN, 303)


def _form(
    request: Request,
    next_: str,
    problem: str = "",
    status_code: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    answer = page(
        request,
        "login.html",
        status_code=status_code,
        signed_out=True,
        problem=problem,
        next=safe_next(next_),
    )
    answer.headers.update(headers or {})
    return answer
