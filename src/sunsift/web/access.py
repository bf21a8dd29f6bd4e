"""Who asks, and what they may do."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from fastapi import HTTPException, Request

from sunsift.domain.times import to_ms
from sunsift.tokens import Scope, Token, recognised
from sunsift.web.context import web_of
from sunsift.web.limits import Buckets

_BEARER: Final = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request. id, name: of the token, for logs and limits; scopes: what it allows."""

    id: str
    name: str
    scopes: frozenset[Scope]


ANYBODY: Final = Caller("", "anybody", frozenset(Scope))
"""The caller where the server is open to all."""


def needs(scope: Scope) -> Callable[[Request], Caller]:
    """Return a dependency that lets callers with a scope pass, and tells who it is.

    For both API and pages: callers show a bearer token, or the cookie of a session that was begun with one.
    Errors: 401 for nobody, 403 for callers without the scope, 429 for those who ask too much.
    """

    def check(request: Request) -> Caller:
        caller = caller_of(request)
        if scope not in caller.scopes:
            raise HTTPException(403, f"the token {caller.name!r} lacks the scope {scope}")
        return caller

    return check


def caller_of(request: Request) -> Caller:
    """Return who sent a request; a request that was asked about before is not looked up again.

    Errors: 401 for nobody, 429 for callers who ask too much.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        known = request.state.caller = _identified(request)
    return known


def caller_by(token: Token) -> Caller:
    """Return the caller that a token stands for."""
    return Caller(token.id, token.name, token.scopes)


def _identified(request: Request) -> Caller:
    if web_of(request).open_to_all:
        _count(request, _address(request))
        return ANYBODY
    if (shown := request.headers.get("authorization")) is not None:
        caller = _by_bearer(request, shown)
    else:
        # Set by the sessions of the pages, which looked at the cookie.
        caller = getattr(request.state, "session_caller", None)
    _count(request, _address(request) if caller is None else f"token {caller.id}")
    if caller is None:
        raise HTTPException(
            401, "a token is needed; see: sunsift token create", {"WWW-Authenticate": "Bearer"}
        )
    return caller


def count_stranger(request: Request) -> None:
    """Count a request for which nobody is asked who they are. Errors: 429."""
    _count(request, _address(request))


def _count(request: Request, caller: str) -> None:
    wait_seconds = cast(Buckets, request.app.state.buckets).wait_seconds(caller)
    if wait_seconds:
        raise HTTPException(429, "too many requests; wait a moment", {"Retry-After": str(wait_seconds)})


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else ''}"


def _by_bearer(request: Request, authorization: str) -> Caller | None:
    found = _BEARER.fullmatch(authorization)
    if found is None:
        return None
    # Looked up every time, which takes less than a millisecond: a revoked token is refused at once.
    with web_of(request).pool.borrow() as parts:
        token = recognised(parts.tokens, found[1], to_ms(parts.clock.now()))
    return None if token is None else caller_by(token)
