"""Who asks, and what they may do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fastapi import HTTPException, Request

from sunsift.web.context import web_of


class Scope(StrEnum):
    """What a token allows: looking, sending readings and houses, telling of visits, everything else."""

    READ = "read"
    INGEST = "ingest"
    FEEDBACK = "feedback"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request. name: of the token, for logs; scopes: what it allows."""

    name: str
    scopes: frozenset[Scope]


ANYBODY = Caller("anybody", frozenset(Scope))
"""The caller where the server is open to all."""


def needs(scope: Scope) -> Callable[[Request], Caller]:
    """Return a dependency that lets callers with a scope pass, and tells who it is.

    For both API and pages: a bearer token, or the cookie of a page.
    """

    def check(request: Request) -> Caller:
        if web_of(request).open_to_all:
            return ANYBODY
        raise HTTPException(401, f"a token with the scope {scope} is needed")

    return check
