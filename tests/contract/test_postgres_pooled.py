"""PostgreSQL behind a PgBouncer that pools by transactions: nothing may lean on the session below."""

import threading
from collections.abc import Callable, Iterator

import pytest

from sunsift.adapters.postgres.coordinator import PostgresCoordinator
from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.records import PostgresRecords
from sunsift.adapters.postgres.store import PostgresStore
from tests.contract.suites.coordinator import CoordinatorContract
from tests.contract.suites.records import RecordsContract
from tests.contract.suites.store_packets import StorePacketsContract
from tests.contract.suites.store_reports import StoreReportsContract
from tests.contract.suites.store_verdicts import StoreVerdictsContract
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.clock import ManualClock
from tests.support.servers.pgbouncer import PROGRAM, PgBouncer
from tests.support.servers.postgres import Postgres, emptied, fresh_database

if PROGRAM is None:
    pytest.skip("no PgBouncer on this machine; Debian's package is named pgbouncer", allow_module_level=True)

OpenDatabase = Callable[[], Database]


@pytest.fixture(scope="module")
def pgbouncer(postgres: Postgres) -> Iterator[PgBouncer]:
    server = PgBouncer(postgres, postgres.folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def direct(pgbouncer: PgBouncer, postgres: Postgres) -> str:
    return fresh_database(postgres)


@pytest.fixture
def open_database(pgbouncer: PgBouncer, direct: str) -> Iterator[OpenDatabase]:
    """Open connections through the pool."""
    emptied(direct)
    opened: list[Database] = []

    def open_() -> Database:
        opened.append(Database(pgbouncer.url(direct)))
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(open_database: OpenDatabase, clock: ManualClock) -> PostgresStore:
    return PostgresStore(open_database(), clock, None)


@pytest.fixture
def other(open_database: OpenDatabase, clock: ManualClock) -> PostgresStore:
    return PostgresStore(open_database(), clock, None)


@pytest.fixture
def records(open_database: OpenDatabase) -> PostgresRecords:
    return PostgresRecords(open_database())


class TestPooledStorePackets(StorePacketsContract):
    pass


class TestPooledStoreVerdicts(StoreVerdictsContract):
    pass


class TestPooledStoreReports(StoreReportsContract):
    pass


class TestPooledRecords(RecordsContract):
    @pytest.fixture
    def empty(self, pgbouncer: PgBouncer, postgres: Postgres) -> Iterator[PostgresRecords]:
        database = Database(pgbouncer.url(fresh_database(postgres)))
        yield PostgresRecords(database)
        database.close()


class TestPooledCoordinator(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, open_database: OpenDatabase) -> PostgresCoordinator:
        return PostgresCoordinator(open_database())

    @pytest.fixture
    def other(self, open_database: OpenDatabase) -> PostgresCoordinator:
        return PostgresCoordinator(open_database())


def test_many_workers_share_two_connections(open_database: OpenDatabase, records: PostgresRecords) -> None:
    workers = [PostgresStore(open_database(), None, None) for _ in range(12)]
    coordinators = [PostgresCoordinator(open_database()) for _ in range(12)]
    workers[0].register([a_house(f"house-{n}") for n in range(12)])
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for day in range(8):
                saved = workers[number].save(days_of(f"house-{number}", FIRST_DAY + day, 3), [])
                coordinators[number].touch(saved.arrived)
                assert workers[number].steady() > 0
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert records.counts().days == 12 * 10
    assert coordinators[0].waiting() == 12
