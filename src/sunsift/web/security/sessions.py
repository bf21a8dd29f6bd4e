"""Who is logged in: a signed cookie that names a token, but does not hold it."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from sunsift.domain.errors import SettingsError

IDLE_SECONDS = 60 * 60
LONGEST_SECONDS = 12 * 60 * 60
RENEWED_AFTER_SECONDS = 60
MAY_COME_EARLY_SECONDS = 60
SHORTEST_SECRET = 32


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's visit.

    id: random, another one after login and logout. token_id: of the token that logged in; None for nobody.
    began, seen: when it was made, and when it was last renewed [s since 1970].
    """

    id: str
    token_id: str | None
    began: int
    seen: int


class Sessions:
    """Makes, seals and opens sessions. Nothing is kept but the names of those that were ended by hand.

    secret: what cookies are signed with, at least 32 characters; None for one that dies with the process.
    now: wall time [s since 1970].
    """

    def __init__(self, secret: str | None, now: Callable[[], float] = time.time) -> None:
        """Errors: SettingsError when the secret is too short to keep anybody from guessing it."""
        if secret is not None and len(secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"SUNSIFT_SESSION_SECRET is shorter than {SHORTEST_SECRET} characters; "
                "make one with: openssl rand -hex 32"
            )
        key = secret.encode() if secret else secrets.token_bytes(32)
        self._seal = URLSafeSerializer(
            key, salt="sunsift.session", signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
        )
        self._csrf_key = hmac.digest(key, b"sunsift.csrf", "sha256")
        self._now = now
        self._ended: dict[str, int] = {}
        self._lock = threading.Lock()

    def new(self, token_id: str | None = None) -> Session:
        """Return a session with a name that nobody knew before."""
        now = int(self._now())
        return Session(secrets.token_urlsafe(18), token_id, now, now)

    def seal(self, session: Session) -> str:
        """Return the text of the cookie."""
        fields = [session.id, session.token_id, session.began, session.seen]
        return str(self._seal.dumps(fields))

    def open(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None if it is not ours, has ended or lay idle for too long."""
        try:
            fields: Any = self._seal.loads(cookie)
        except BadSignature:
            return None
        session = Session(*fields)
        now = self._now()
        # A clock that was set back must not lengthen a session.
        idle, age = now - session.seen, now - session.began
        if not -MAY_COME_EARLY_SECONDS <= idle <= IDLE_SECONDS or age > LONGEST_SECONDS:
            return None
        with self._lock:
            return None if session.id in self._ended else session

    def renewed(self, session: Session) -> Session:
        """Return the session as seen now; the same one if that was noted a moment ago."""
        now = int(self._now())
        return replace(session, seen=now) if now - session.seen >= RENEWED_AFTER_SECONDS else session

    def end(self, session: Session) -> None:
        """Let a session's cookie open nothing any more, also for whoever copied it."""
        now = int(self._now())
        with self._lock:
            self._ended = {name: until for name, until in self._ended.items() if until > now}
            self._ended[session.id] = session.began + LONGEST_SECONDS + MAY_COME_EARLY_SECONDS

    def csrf_token(self, session: Session) -> str:
        """Return what the forms of a session carry, and no other site knows."""
        return hmac.digest(self._csrf_key, session.id.encode(), "sha256").hex()

    def is_csrf_token(self, session: Session, text: str) -> bool:
        """Say whether a form came from this session's pages."""
        return hmac.compare_digest(self.csrf_token(session).encode(), text.encode("utf-8", "replace"))
