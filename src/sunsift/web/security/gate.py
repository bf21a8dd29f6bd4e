"""Between browsers and the pages: nobody passes who has not logged in, and no form of another site."""

from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sunsift.web.context import web_of
from sunsift.web.paths import is_api
from sunsift.web.security.callers import caller_of_session
from sunsift.web.security.forms import FORM_TYPE, field, is_from_elsewhere, once_more, read_form
from sunsift.web.security.sessions import Sessions
from sunsift.web.security.visit import Visit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOGIN = "/login"
STATIC = "/static/"
OPEN = frozenset({LOGIN, "/favicon.ico"})
# A cookie that is SameSite=Strict stays away when a link of another site leads here; when the page then asks
# for itself again, it comes.
ASK_AGAIN = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>Sunsift</title>'
)
NO_COOKIE = (
    "The browser sent no cookie with this form. Cookies must be allowed, and a server that is not on this "
    "machine must be reached over https.\n"
)
OLD_FORM = "This form is too old, or not from this page. Go back, load the page again and try once more.\n"


class Gate:
    """Finds out who asks, and turns away what may not pass.

    Requests carry on: `request.state.session_caller`, None for nobody, and `request.state.csrf_token` for the
    hidden field csrf_token that every form has.

    The API looks after itself: of a cookie it gets to know only where nothing is changed, so that a form of
    another site could do nothing there even if the cookie came with it.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        """Stand before a server."""
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        visit = await self._visit(request)
        request.state.visit = visit
        request.state.session_caller = None if _changes_by_api(request) else visit.caller

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.add_cookie(MutableHeaders(scope=message))
            await send(message)

        answer: Response | None = None
        if not is_api(request.scope):
            if request.method in SAFE:
                answer = _turned_away(request, visit)
            else:
                answer, receive = await self._checked_form(request, visit, receive)
        if answer is None:
            request.state.csrf_token = _csrf_token(request, visit)
        await (answer or self._app)(scope, receive, with_cookie)

    async def _visit(self, request: Request) -> Visit:
        visit = Visit(request, self._sessions)
        if visit.session is None:
            return visit
        if visit.session.token_id is not None:
            visit.caller = await run_in_threadpool(caller_of_session, web_of(request), visit.session.token_id)
            if visit.caller is None:
                visit.forget()
        # What a page fetches by itself shows nobody's presence.
        if request.headers.get("sec-fetch-mode", "navigate") == "navigate":
            visit.renew()
        return visit

    async def _checked_form(
        self, request: Request, visit: Visit, receive: Receive
    ) -> tuple[Response | None, Receive]:
        if request.url.path != LOGIN and (answer := _turned_away(request, visit)):
            return answer, receive
        if is_from_elsewhere(request):
            return PlainTextResponse("Forms of other sites are refused.\n", 403), receive
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            return PlainTextResponse(f"A form must be sent as {FORM_TYPE}.\n", 415), receive
        body = await read_form(receive)
        if body is None:
            return PlainTextResponse("The form is too long.\n", 413), receive
        if not visit.is_csrf_token(field(body, "csrf_token")):
            return PlainTextResponse(NO_COOKIE if visit.session is None else OLD_FORM, 403), receive
        return None, once_more(body, receive)


def _csrf_token(request: Request, visit: Visit) -> str:
    """Return what the forms of a page carry; empty for what is no page.

    Only a page makes a session: what it fetches afterwards comes with the cookie, or nobody is there.
    """
    path = request.url.path
    makes_one = _shows_page(request) and not is_api(request.scope) and not path.startswith(STATIC)
    return visit.csrf_token if visit.session is not None or makes_one else ""


def _changes_by_api(request: Request) -> bool:
    return is_api(request.scope) and request.method not in SAFE


def _turned_away(request: Request, visit: Visit) -> Response | None:
    """Return the answer for whoever has to log in first; None for whoever may pass.

    A bearer token passes: what it allows is looked at by the page itself.
    """
    led_here = request.headers.get("sec-fetch-site") == "cross-site" and _shows_page(request)
    if visit.session is None and led_here:
        return HTMLResponse(ASK_AGAIN)
    path = request.url.path
    if path in OPEN or path.startswith(STATIC):
        return None
    if visit.caller or web_of(request).open_to_all or "authorization" in request.headers:
        return None
    if request.method == "POST" or _shows_page(request):
        here = "/" if request.method == "POST" else _here(request)
        return RedirectResponse(f"{LOGIN}?next={quote(here, safe='')}", 303)
    return PlainTextResponse("Log in first.\n", 401, {"WWW-Authenticate": "Bearer"})


def _here(request: Request) -> str:
    path: bytes = request.scope.get("raw_path") or quote(request.url.path).encode()
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _shows_page(request: Request) -> bool:
    """Say whether the answer becomes what the browser shows, not part of it."""
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"


def safe_next(text: str) -> str:
    """Return where to go after logging in: a path of this server, else the first page."""
    if not text.startswith("/") or text[1:2] in {"/", "\\"} or any(c <= " " or c in "\\\x7f" for c in text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text
