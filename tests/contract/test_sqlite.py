"""SQLite behind the doors Store, Coordinator and Records."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.records import SqliteRecords
from sunsift.adapters.sqlite.store import SqliteStore
from tests.contract.suites.coordinator import CoordinatorContract
from tests.contract.suites.records import RecordsContract
from tests.contract.suites.records_pages import RecordsActivityContract, RecordsPagesContract
from tests.contract.suites.records_watch import RecordsWatchContract
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

OpenDatabase = Callable[..., Database]


@pytest.fixture
def open_database(tmp_path: Path) -> Iterator[OpenDatabase]:
    """Open connections, each like another process, to one file."""
    opened: list[Database] = []

    def open_(name: str = "sunsift.sqlite") -> Database:
        opened.append(Database(tmp_path / name))
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_store(open_database: OpenDatabase, clock: ManualClock) -> Callable[[int | None], SqliteStore]:
    return lambda longest_step_ms: SqliteStore(open_database(), clock, longest_step_ms)


@pytest.fixture
def store(open_store: Callable[[int | None], SqliteStore]) -> SqliteStore:
    return open_store(None)


@pytest.fixture
def other(open_store: Callable[[int | None], SqliteStore]) -> SqliteStore:
    return open_store(None)


@pytest.fixture
def records(open_database: OpenDatabase) -> SqliteRecords:
    return SqliteRecords(open_database())


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


class TestRecords(RecordsContract):
    @pytest.fixture
    def empty(self, open_database: OpenDatabase) -> SqliteRecords:
        return SqliteRecords(open_database("empty.sqlite"))


class TestRecordsWatch(RecordsWatchContract):
    pass


class TestRecordsPages(RecordsPagesContract):
    pass


class TestRecordsActivity(RecordsActivityContract):
    pass


class TestCoordinator(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, open_database: OpenDatabase) -> SqliteCoordinator:
        return SqliteCoordinator(open_database())

    @pytest.fixture
    def other(self, open_database: OpenDatabase) -> SqliteCoordinator:
        return SqliteCoordinator(open_database())
