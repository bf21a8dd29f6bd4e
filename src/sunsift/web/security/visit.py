"""What the pages know of the browser that asks."""

from typing import cast
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection

from sunsift.web.access import Caller
from sunsift.web.security.sessions import LONGEST_SECONDS, Session, Sessions

COOKIE = "sunsift_session"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_plain_loopback(connection: HTTPConnection) -> bool:
    """Say whether this is a browser on the server's own machine, without TLS."""
    try:
        name = urlsplit(f"//{connection.headers.get('host', '')}").hostname
    except ValueError:
        return False
    return connection.scope["scheme"] == "http" and name in LOOPBACK_NAMES


class Visit:
    """One request of a browser: its session, and the cookie that the answer sets.

    caller: whoever logged in; None for nobody.
    """

    def __init__(self, connection: HTTPConnection, sessions: Sessions) -> None:
        """Read the cookie."""
        # Without TLS a browser keeps a secure cookie on its own machine at most, and not every browser does.
        self._secure = not is_plain_loopback(connection)
        self._cookie = f"__Host-{COOKIE}" if self._secure else COOKIE
        self._sessions = sessions
        text = connection.cookies.get(self._cookie)
        self.session = sessions.open(text) if text else None
        self.caller: Caller | None = None
        self._set_cookie = False

    @property
    def csrf_token(self) -> str:
        """What each form carries as the hidden field csrf_token."""
        return self._sessions.csrf_token(self._own_session())

    def is_csrf_token(self, text: str) -> bool:
        """Say whether a form came from this session's pages."""
        return self.session is not None and self._sessions.is_csrf_token(self.session, text)

    def begin(self, token_id: str) -> None:
        """Log in: with a new session, so that nobody knows its name who knew the old one."""
        self._replace(self._sessions.new(token_id))

    def end(self) -> None:
        """Log out, here and wherever the cookie was copied to."""
        if self.session is not None and self.session.token_id is not None:
            self._sessions.end(self.session)
        self._replace(self._sessions.new())

    def forget(self) -> None:
        """Go on as nobody: the session's token is not valid any more."""
        self.session = None

    def renew(self) -> None:
        """Note that somebody is still there."""
        if self.session is not None and (renewed := self._sessions.renewed(self.session)) != self.session:
            self._replace(renewed)

    def add_cookie(self, headers: MutableHeaders) -> None:
        """Set the cookie on the answer if it is another one than the browser's."""
        if self.session is None or not self._set_cookie:
            return
        secure = "; Secure" if self._secure else ""
        headers.append(
            "Set-Cookie",
            f"{self._cookie}={self._sessions.seal(self.session)}; Path=/; Max-Age={LONGEST_SECONDS}; "
            f"HttpOnly; SameSite=Strict{secure}",
        )

    def _own_session(self) -> Session:
        if self.session is None:
            self._replace(self._sessions.new())
        assert self.session is not None
        return self.session

    def _replace(self, session: Session) -> None:
        self.session = session
        self._set_cookie = True


def visit_of(request: Request) -> Visit:
    """Return the visit that a page's request belongs to."""
    return cast(Visit, request.state.visit)
