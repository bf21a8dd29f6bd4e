"""Who may use the API and the pages: tokens, what they allow, and the door to where they are kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

PREFIX: Final = "sunsift_"
"""What every token begins with, so that scanners for leaked secrets know one."""
LONGEST_NAME: Final = 100
_SHAPE: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


class Scope(StrEnum):
    """What a token allows: looking, sending readings and houses, telling of visits, everything else."""

    READ = "read"
    INGEST = "ingest"
    FEEDBACK = "feedback"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a token, which is not the token.

    id: names it, for people and logs. digest: what the token hashes to.
    created_at, expires_at, revoked_at: wall time [ms since 1970]; None for never.
    """

    id: str
    name: str
    digest: bytes = field(repr=False)
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None

    def holds(self, now: int) -> bool:
        """Say whether it is neither revoked nor expired. now: wall time [ms since 1970]."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Tokens(Protocol):
    """Where tokens are kept; every method is one transaction."""

    def add(self, token: Token) -> None:
        """Keep a new token."""
        ...

    def find(self, digest: bytes) -> Token | None:
        """Return the token that hashes to `digest`, whether or not it still holds."""
        ...

    def get(self, token_id: str) -> Token | None:
        """Return a token by its id, whether or not it still holds."""
        ...

    def every(self) -> list[Token]:
        """Return all tokens, those that no longer hold included, in the order of their making."""
        ...

    def revoke(self, token_id: str, now: int) -> bool:
        """End a token for good; say whether there is one of that id. now: kept if it held [ms since 1970]."""
        ...


def made(name: str, scopes: Iterable[Scope], now: int, expires_at: int | None) -> tuple[str, Token]:
    """Make a token; return it, which nobody can do a second time, and what is kept of it.

    name: says for people what it is for. now, expires_at: wall time [ms since 1970].
    """
    # 32 random bytes: nobody guesses them, so no slow hash is needed to keep them.
    text = PREFIX + secrets.token_urlsafe(32)
    kept = Token(
        id=secrets.token_hex(4),
        name=name,
        digest=_digest(text),
        scopes=frozenset(scopes),
        created_at=now,
        expires_at=expires_at,
    )
    return text, kept


def recognised(tokens: Tokens, text: str, now: int) -> Token | None:
    """Return what is kept of a token that somebody showed, or None if it does not hold.

    now: wall time [ms since 1970].
    """
    if _SHAPE.fullmatch(text) is None:
        return None
    digest = _digest(text)
    found = tokens.find(digest)
    # The look-up compares digests, which tell nothing of the token, and this one takes equally long for all.
    if found is None or not hmac.compare_digest(found.digest, digest):
        return None
    return found if found.holds(now) else None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
