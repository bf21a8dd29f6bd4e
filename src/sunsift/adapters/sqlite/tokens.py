"""The Tokens door on SQLite."""

from typing import Any, Final

from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.token_rows import TOKEN_COLUMNS, to_token, token_row
from sunsift.tokens import Token

_SELECT: Final = f"SELECT {', '.join(TOKEN_COLUMNS)} FROM token"
_ADD: Final = f"INSERT INTO token ({', '.join(TOKEN_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"


class SqliteTokens:
    """Tokens in the file of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token) -> None:
        """Keep a new token."""
        with self._database.write() as connection:
            connection.execute(_ADD, token_row(token))

    def find(self, digest: bytes) -> Token | None:
        """Return the token that hashes to `digest`."""
        return self._one(f"{_SELECT} WHERE digest = ?", digest)

    def get(self, token_id: str) -> Token | None:
        """Return a token by its id."""
        return self._one(f"{_SELECT} WHERE id = ?", token_id)

    def every(self) -> list[Token]:
        """Return all tokens, in the order of their making."""
        with self._database.read() as connection:
            return [to_token(row) for row in connection.execute(f"{_SELECT} ORDER BY created_at, id")]

    def revoke(self, token_id: str, now: int) -> bool:
        """End a token for good; say whether there is one of that id."""
        with self._database.write() as connection:
            ended = "UPDATE token SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
            return connection.execute(ended, (now, token_id)).rowcount > 0

    def _one(self, query: str, parameter: Any) -> Token | None:
        with self._database.read() as connection:
            row = connection.execute(query, (parameter,)).fetchone()
        return None if row is None else to_token(row)
