"""What the roles that are granted may do, and what the doctor says of a server."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from sunsift.adapters.postgres import health, migrate, roles
from sunsift.adapters.postgres.coordinator import PostgresCoordinator
from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.records import PostgresRecords
from sunsift.adapters.postgres.sizes import sizes
from sunsift.adapters.postgres.store import PostgresStore
from sunsift.domain.errors import StoreError
from tests.contract.suites.coordinator import CoordinatorContract
from tests.contract.suites.records import RecordsContract
from tests.contract.suites.store_erasure import StoreErasureContract
from tests.contract.suites.store_packets import StorePacketsContract
from tests.contract.suites.store_quarantine import StoreQuarantineContract
from tests.contract.suites.store_regions import StoreRegionsContract
from tests.contract.suites.store_reports import StoreReportsContract
from tests.contract.suites.store_rescore import StoreRescoreContract
from tests.contract.suites.store_verdicts import StoreVerdictsContract
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.clock import ManualClock
from tests.support.servers.postgres import (
    NEEDS_PASSWORD,
    Postgres,
    emptied,
    empty_database,
    fresh_database,
)

OpenDatabase = Callable[[], Database]
PASSWORD = "sun-and-rain"


@pytest.fixture(scope="module")
def owned(any_postgres: Postgres) -> str:
    """The address of a migrated database, as its owner; the roles `worker` and `reader` have their rights."""
    with psycopg.connect(any_postgres.url(), autocommit=True) as connection:
        for role in ("worker", "reader"):
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' IN ROLE {NEEDS_PASSWORD}")
    url = fresh_database(any_postgres)
    with psycopg.connect(url) as connection:
        name = connection.info.dbname
        # Nobody has more than was granted by name.
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM public")
        connection.execute("REVOKE ALL ON SCHEMA public FROM public")
    roles.grant(url, "worker")
    roles.grant(url, "reader")
    roles.grant(url, "reader", read_only=True)
    return url


def as_role(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}:{PASSWORD}@")


@pytest.fixture
def open_database(owned: str) -> Iterator[OpenDatabase]:
    """Open connections of workers."""
    emptied(owned)
    opened: list[Database] = []

    def open_() -> Database:
        opened.append(Database(as_role(owned, "worker")))
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_store(open_database: OpenDatabase, clock: ManualClock) -> Callable[[int | None], PostgresStore]:
    return lambda longest_step_ms: PostgresStore(open_database(), clock, longest_step_ms)


@pytest.fixture
def store(open_store: Callable[[int | None], PostgresStore]) -> PostgresStore:
    return open_store(None)


@pytest.fixture
def other(open_store: Callable[[int | None], PostgresStore]) -> PostgresStore:
    return open_store(None)


@pytest.fixture
def records(open_database: OpenDatabase) -> PostgresRecords:
    return PostgresRecords(open_database())


class TestWorkersStorePackets(StorePacketsContract):
    pass


class TestWorkersStoreVerdicts(StoreVerdictsContract):
    pass


class TestWorkersStoreRegions(StoreRegionsContract):
    pass


class TestWorkersStoreReports(StoreReportsContract):
    pass


class TestWorkersStoreErasure(StoreErasureContract):
    pass


class TestWorkersStoreRescore(StoreRescoreContract):
    pass


class TestWorkersStoreQuarantine(StoreQuarantineContract):
    pass


class TestWorkersRecords(RecordsContract):
    @pytest.fixture
    def empty(self, any_postgres: Postgres, owned: str) -> Iterator[PostgresRecords]:
        url = fresh_database(any_postgres)
        roles.grant(url, "reader", read_only=True)
        with closing(Database(as_role(url, "reader"))) as database:
            yield PostgresRecords(database)


class TestWorkersCoordinator(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, open_database: OpenDatabase) -> PostgresCoordinator:
        return PostgresCoordinator(open_database())

    @pytest.fixture
    def other(self, open_database: OpenDatabase) -> PostgresCoordinator:
        return PostgresCoordinator(open_database())


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE day",
        "TRUNCATE report",
        "DROP TABLE quiet",
        "ALTER TABLE house ADD COLUMN more text",
        "CREATE TABLE more (one integer)",
        "CREATE INDEX more ON house (battery)",
        "UPDATE alembic_version SET version_num = '9999'",
        "ALTER TABLE house OWNER TO worker",
        "SELECT setval('house_id_seq', 1)",
    ],
)
def test_a_worker_cannot_change_or_empty_tables(owned: str, statement: str) -> None:
    with (
        psycopg.connect(as_role(owned, "worker")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_reader_reads_and_writes_nothing(owned: str) -> None:
    with closing(Database(owned)) as database:
        store = PostgresStore(database, ManualClock(), None)
        store.register([a_house("seen")])
    with closing(Database(as_role(owned, "reader"))) as database:
        assert a_house("seen") in list(PostgresRecords(database).houses())
        store = PostgresStore(database, ManualClock(), None)
        with pytest.raises(StoreError, match="the user lacks rights"):
            store.register([a_house("new")])
    with psycopg.connect(as_role(owned, "reader"), autocommit=True) as connection:
        for table in roles.TABLES:
            connection.execute(f"SELECT count(*) FROM {table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"DELETE FROM {table}")


def test_every_table_has_its_rights(owned: str) -> None:
    with psycopg.connect(owned) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition"
        ).fetchall()
    assert sorted(name for (name,) in rows) == sorted([*roles.TABLES, roles.REVISION])


def test_a_role_that_is_not_there_is_named(owned: str) -> None:
    with pytest.raises(StoreError, match="there is no role Nobody; make it with: CREATE ROLE Nobody"):
        roles.grant(owned, "Nobody")


def test_a_role_is_only_a_name(owned: str) -> None:
    with pytest.raises(StoreError, match="there is no role"):
        roles.grant(owned, 'worker"; DROP TABLE lease; --')


def test_a_worker_cannot_grant(owned: str) -> None:
    with pytest.raises(StoreError, match="only the owner of the tables can grant"):
        roles.grant(as_role(owned, "worker"), "reader")


class TestDoctor:
    def found(self, url: str) -> dict[str, health.Finding]:
        """Return the findings by what they are about."""
        return {finding.what: finding for finding in health.check(url)}

    def test_all_is_well(self, any_postgres: Postgres, owned: str) -> None:
        found = self.found(as_role(owned, "worker"))
        assert [f for f in found.values() if not f.ok or f.advice] == []
        assert found["server"].found.startswith(f"PostgreSQL {any_postgres.version}.")
        assert found["tables"].found.startswith("revision ")
        assert found["years"].found == "partitions up to 2045"

    def test_tables_that_are_missing_or_old_are_to_be_migrated(self, any_postgres: Postgres) -> None:
        url = empty_database(any_postgres)
        assert not self.found(url)["tables"].ok
        migrate.upgrade(url, "0001")
        found = self.found(url)["tables"]
        assert not found.ok
        assert "store migrate" in found.advice

    def test_a_reader_lacks_the_rights_of_a_worker(self, owned: str) -> None:
        found = self.found(as_role(owned, "reader"))["rights"]
        assert not found.ok
        assert found.found == "reader lacks INSERT on house, UPDATE on house, DELETE on house and more"
        assert found.advice.endswith("store grant reader")

    def test_a_server_that_does_not_answer_is_said(self, any_postgres: Postgres) -> None:
        (found,) = health.check("postgresql://worker:sun-and-rain@127.0.0.1:1/none")
        assert not found.ok
        assert "cannot be reached" in found.found
        assert PASSWORD not in repr(found)

    def test_a_wrong_password_is_said_and_not_shown(self, owned: str) -> None:
        (found,) = health.check(owned.replace("postgres@", "worker:wrong-secret@"))
        assert not found.ok
        assert "password" in found.found
        assert "wrong-secret" not in repr(found)

    def test_a_clock_that_differs_is_said(self, owned: str, monkeypatch: pytest.MonkeyPatch) -> None:
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 90.0)
        found = self.found(owned)["clock"]
        assert found.ok
        assert found.found == "90 s ahead of this machine's"
        assert found.advice

    def test_years_that_run_out_are_said(self, any_postgres: Postgres) -> None:
        url = fresh_database(any_postgres)
        with psycopg.connect(url) as connection:
            for year in range(2020, 2046):
                connection.execute(f"DROP TABLE prediction_{year}")
        found = self.found(url)["years"]
        assert (found.ok, found.found) == (True, "partitions up to 2019")
        assert "store years" in found.advice


def test_sizes_are_those_of_all_partitions(any_postgres: Postgres) -> None:
    url = fresh_database(any_postgres)
    with closing(Database(url)) as database:
        store = PostgresStore(database, ManualClock(), None)
        store.register([a_house("a")])
        store.save(days_of("a", FIRST_DAY, 300), [])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE day")
        found = {size.table: size for size in sizes(connection)}
        ((whole,),) = connection.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('day') WHERE isleaf"
        ).fetchall()
    assert list(found) == list(roles.TABLES)
    assert found["day"].rows == 300
    assert found["day"].bytes == whole
