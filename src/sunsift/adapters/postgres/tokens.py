"""The Tokens door on PostgreSQL."""

from typing import Any, Final

from sunsift.adapters.postgres.database import Database
from sunsift.adapters.token_rows import TOKEN_COLUMNS, to_token, token_row
from sunsift.tokens import Token

_SELECT: Final = f"SELECT {', '.join(TOKEN_COLUMNS)} FROM token"
_ADD: Final = f"INSERT INTO token ({', '.join(TOKEN_COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
_REVOKE: Final = "UPDATE token SET revoked_at = coalesce(revoked_at, %s) WHERE id = %s"


class PostgresTokens:
    """Tokens in the database of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token) -> None:
        """Keep a new token."""
        self._database.writing(lambda c: c.execute(_ADD, token_row(token)))

    def find(self, digest: bytes) -> Token | None:
        """Return the token that hashes to `digest`."""
        return self._one(f"{_SELECT} WHERE digest = %(wanted)s", digest)

    def get(self, token_id: str) -> Token | None:
        """Return a token by its id."""
        return self._one(f"{_SELECT} WHERE id = %(wanted)s", token_id)

    def every(self) -> list[Token]:
        """Return all tokens, in the order of their making."""
        with self._database.read() as connection:
            return [to_token(row) for row in connection.execute(f"{_SELECT} ORDER BY created_at, id")]

    def revoke(self, token_id: str, now: int) -> bool:
        """End a token for good; say whether there is one of that id."""
        return self._database.writing(lambda c: c.execute(_REVOKE, (now, token_id)).rowcount) > 0

    def _one(self, query: str, wanted: Any) -> Token | None:
        # Every request asks this: one trip to the server, and no transaction around it.
        row = self._database.run(query, {"wanted": wanted})
        return None if row is None else to_token(row)
