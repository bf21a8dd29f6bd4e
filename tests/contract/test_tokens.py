"""Tokens on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sunsift.adapters.postgres.database import Database as PostgresDatabase
from sunsift.adapters.postgres.tokens import PostgresTokens
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.tokens import SqliteTokens
from tests.contract.postgres_fixtures import reused_url, url
from tests.contract.suites.tokens import TokensContract

__all__ = ["reused_url", "url"]


class TestSqlite(TokensContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        database = Database(tmp_path / "sunsift.sqlite")
        yield database
        database.close()

    @pytest.fixture
    def tokens(self, database: Database) -> SqliteTokens:
        return SqliteTokens(database)

    @pytest.fixture
    def other(self, database: Database) -> Iterator[SqliteTokens]:
        another = Database(database.path)
        yield SqliteTokens(another)
        another.close()

    @pytest.fixture
    def everything(self, database: Database) -> Callable[[], bytes]:
        return lambda: b"".join(file.read_bytes() for file in database.path.parent.iterdir())


class TestPostgres(TokensContract):
    @pytest.fixture
    def database(self, url: str) -> Iterator[PostgresDatabase]:
        database = PostgresDatabase(url)
        yield database
        database.close()

    @pytest.fixture
    def tokens(self, database: PostgresDatabase) -> PostgresTokens:
        return PostgresTokens(database)

    @pytest.fixture
    def other(self, url: str) -> Iterator[PostgresTokens]:
        another = PostgresDatabase(url)
        yield PostgresTokens(another)
        another.close()

    @pytest.fixture
    def everything(self, database: PostgresDatabase) -> Callable[[], bytes]:
        def kept() -> bytes:
            with database.read() as connection:
                rows = connection.execute("SELECT * FROM token").fetchall()
            return b" ".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)

        return kept
