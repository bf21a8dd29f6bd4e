"""How tokens become rows and rows become them again, the same in every store."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sunsift.tokens import Scope, Token

TOKEN_COLUMNS: Final = tuple(f.name for f in fields(Token))


def token_row(token: Token) -> tuple[Any, ...]:
    """Return the row of `TOKEN_COLUMNS` that a token is kept as."""
    row = {name: getattr(token, name) for name in TOKEN_COLUMNS}
    return tuple((row | {"scopes": " ".join(sorted(token.scopes))}).values())


def to_token(row: Sequence[Any]) -> Token:
    """Turn a row of `TOKEN_COLUMNS` into a token."""
    values = dict(zip(TOKEN_COLUMNS, row, strict=True))
    scopes = frozenset(Scope(name) for name in values["scopes"].split())
    return Token(**(values | {"scopes": scopes, "digest": bytes(values["digest"])}))
