"""Who a token belongs to, now."""

from sunsift.domain.times import to_ms
from sunsift.tokens import Scope, Token, recognised
from sunsift.web.access import Caller, caller_by
from sunsift.web.context import Web


def caller_of_session(web: Web, token_id: str) -> Caller | None:
    """Return who logged in with a token; None if it was revoked, expired or never was."""
    with web.pool.borrow() as parts:
        token = parts.tokens.get(token_id)
        return caller_by(token) if token and token.holds(to_ms(parts.clock.now())) else None


def token_to_log_in_with(web: Web, text: str) -> Token | None:
    """Return what is kept of a token that somebody typed; None if it does not hold."""
    with web.pool.borrow() as parts:
        return recognised(parts.tokens, text, to_ms(parts.clock.now()))


def may_look(token: Token) -> bool:
    """Say whether a token is one for pages at all."""
    return Scope.READ in token.scopes
