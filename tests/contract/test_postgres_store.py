"""PostgreSQL behind the door Store."""

from collections.abc import Callable, Iterator

import pytest

from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.records import PostgresRecords
from sunsift.adapters.postgres.store import PostgresStore
from tests.contract.suites.store_erasure import StoreErasureContract
from tests.contract.suites.store_feedback import StoreFeedbackContract
from tests.contract.suites.store_houses import StoreHousesContract
from tests.contract.suites.store_packets import StorePacketsContract
from tests.contract.suites.store_quarantine import StoreQuarantineContract
from tests.contract.suites.store_regions import StoreRegionsContract
from tests.contract.suites.store_reports import StoreReportsContract
from tests.contract.suites.store_rescore import StoreRescoreContract
from tests.contract.suites.store_time import StoreTimeContract
from tests.contract.suites.store_verdicts import StoreVerdictsContract
from tests.support.clock import ManualClock
from tests.support.servers.postgres import Postgres, emptied, fresh_database

OpenDatabase = Callable[[], Database]
OpenStore = Callable[[int | None], PostgresStore]


@pytest.fixture(scope="session")
def reused_url(any_postgres: Postgres) -> str:
    """The address of a database that each test empties."""
    return fresh_database(any_postgres)


@pytest.fixture
def url(reused_url: str) -> str:
    return emptied(reused_url)


@pytest.fixture
def open_database(url: str) -> Iterator[OpenDatabase]:
    """Open connections, each like another worker, to one database."""
    opened: list[Database] = []

    def open_() -> Database:
        opened.append(Database(url))
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_store(open_database: OpenDatabase, clock: ManualClock) -> OpenStore:
    return lambda longest_step_ms: PostgresStore(open_database(), clock, longest_step_ms)


@pytest.fixture
def store(open_store: OpenStore) -> PostgresStore:
    return open_store(None)


@pytest.fixture
def other(open_store: OpenStore) -> PostgresStore:
    return open_store(None)


@pytest.fixture
def records(open_database: OpenDatabase) -> PostgresRecords:
    return PostgresRecords(open_database())


class TestStorePackets(StorePacketsContract):
    pass


class TestStoreHouses(StoreHousesContract):
    pass


class TestStoreVerdicts(StoreVerdictsContract):
    pass


class TestStoreRegions(StoreRegionsContract):
    pass


class TestStoreFeedback(StoreFeedbackContract):
    pass


class TestStoreErasure(StoreErasureContract):
    pass


class TestStoreRescore(StoreRescoreContract):
    pass


class TestStoreReports(StoreReportsContract):
    pass


class TestStoreQuarantine(StoreQuarantineContract):
    pass


class TestStoreTime(StoreTimeContract):
    pass
