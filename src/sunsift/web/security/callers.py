"""Who a session's token belongs to, now."""

from sunsift.web.access import Caller
from sunsift.web.context import Web


def caller_of(web: Web, token_id: str) -> Caller | None:
    """Return who logged in with a token; None if it was revoked, expired or never was."""
    return None
