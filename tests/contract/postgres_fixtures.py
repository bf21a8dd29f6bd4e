"""An empty PostgreSQL for each test of a module, and the store on it with the server's clock."""

from collections.abc import Iterator

import pytest

from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.store import PostgresStore
from tests.support.servers.postgres import Postgres, emptied, fresh_database


@pytest.fixture(scope="module")
def reused_url(postgres: Postgres) -> str:
    return fresh_database(postgres)


@pytest.fixture
def url(reused_url: str) -> str:
    return emptied(reused_url)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> PostgresStore:
    return PostgresStore(database, None, None)
