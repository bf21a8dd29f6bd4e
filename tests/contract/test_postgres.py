"""PostgreSQL behind the doors Coordinator and Records, on every server that is here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from sunsift.adapters.postgres.coordinator import PostgresCoordinator
from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.listing import PAGE
from sunsift.adapters.postgres.records import PostgresRecords
from sunsift.adapters.postgres.store import PostgresStore
from tests.contract.suites.coordinator import CoordinatorContract
from tests.contract.suites.coordinator_spare import SpareCoordinatorContract
from tests.contract.suites.records import RecordsContract
from tests.contract.suites.records_pages import RecordsActivityContract, RecordsPagesContract
from tests.contract.suites.records_watch import RecordsWatchContract
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.clock import ManualClock
from tests.support.servers.postgres import Postgres, emptied, fresh_database
from tests.support.verdicts import a_prediction, settle

OpenDatabase = Callable[[], Database]


@pytest.fixture(scope="module")
def _used_again(any_postgres: Postgres) -> str:
    return fresh_database(any_postgres)


@pytest.fixture
def url(_used_again: str) -> str:
    return emptied(_used_again)


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
def coordinator(open_database: OpenDatabase) -> PostgresCoordinator:
    return PostgresCoordinator(open_database())


class TestCoordinator(CoordinatorContract):
    @pytest.fixture
    def other(self, open_database: OpenDatabase) -> PostgresCoordinator:
        return PostgresCoordinator(open_database())


class TestSpareCoordinator(SpareCoordinatorContract):
    @pytest.fixture
    def spare(self, coordinator: PostgresCoordinator) -> PostgresCoordinator:
        return coordinator

    @pytest.fixture
    def other_spare(self, open_database: OpenDatabase) -> PostgresCoordinator:
        return PostgresCoordinator(open_database())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(open_database: OpenDatabase, clock: ManualClock) -> PostgresStore:
    return PostgresStore(open_database(), clock, None)


@pytest.fixture
def records(open_database: OpenDatabase) -> PostgresRecords:
    return PostgresRecords(open_database())


class TestRecords(RecordsContract):
    @pytest.fixture
    def other(self, open_database: OpenDatabase) -> PostgresStore:
        return PostgresStore(open_database(), ManualClock(), None)

    @pytest.fixture
    def empty(self, any_postgres: Postgres) -> Iterator[PostgresRecords]:
        with closing(Database(fresh_database(any_postgres))) as database:
            yield PostgresRecords(database)


class TestRecordsWatch(RecordsWatchContract):
    pass


class TestRecordsPages(RecordsPagesContract):
    pass


class TestRecordsActivity(RecordsActivityContract):
    pass


def test_text_goes_by_its_bytes(store: PostgresStore, records: PostgresRecords) -> None:
    names = ["b", "B", "a", "A", "_", "ä", "Z 1", "z-1", "é", "\N{SUN BEHIND CLOUD}", "house's"]
    store.register([a_house(name, region=name) for name in names])
    store.save([a_packet(name) for name in names], [])
    assert [house.house_id for house in records.houses()] == sorted(names)
    assert [s.house.house_id for s in records.standings()] == sorted(names)
    assert [row.region for row in records.region_days()] == sorted(names)


def test_years_without_a_partition_are_kept_and_shown(store: PostgresStore, records: PostgresRecords) -> None:
    store.register([a_house("a"), a_house("b")])
    long_ago, far_off = 3 * 365, 65_000
    for first in (long_ago, FIRST_DAY, far_off):
        store.save(days_of("a", first, 2), [])
    settle(store, "a", [a_prediction(long_ago), a_prediction(FIRST_DAY), a_prediction(far_off)])
    assert [p.day for p in records.days("a")] == [
        first + n for first in (long_ago, FIRST_DAY, far_off) for n in (0, 1)
    ]
    assert [p.period_end for _, p, _ in records.predictions()] == [long_ago, FIRST_DAY, far_off]
    (a, _) = records.standings()
    assert a.prediction == a_prediction(far_off)
    assert records.counts().days == 6


def test_a_listing_longer_than_a_page_is_whole(store: PostgresStore, records: PostgresRecords) -> None:
    names = [f"house-{n:04}" for n in range(PAGE + 7)]
    store.register([a_house(name) for name in names])
    assert [house.house_id for house in records.houses()] == names
    assert [s.house.house_id for s in records.standings()] == names


def test_a_listing_may_be_left_in_the_middle(store: PostgresStore, records: PostgresRecords) -> None:
    store.register([a_house(name) for name in ("a", "b", "c")])
    listing = records.houses()
    assert next(listing).house_id == "a"
    del listing
    assert records.counts().houses == 3


def test_many_rows_are_estimated(
    url: str, store: PostgresStore, records: PostgresRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.register([a_house("a")])
    store.save(days_of("a", FIRST_DAY, 200), [])
    monkeypatch.setattr("sunsift.adapters.postgres.summary.EXACT_UP_TO", 100)
    assert records.counts().days == 200, "no statistics yet: counted"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE day")
    store.save(days_of("a", FIRST_DAY + 200, 1), [])
    assert records.counts().days == 200, "the estimate of before"


class TestManyWorkers:
    """What only shows when several are at it at the same moment."""

    HOUSES = 60
    ROUNDS = 25

    def all_at_once(self, work: Callable[[int], None], workers: int = 6) -> None:
        """Run `work` in threads, each given its number; fail if one of them fails."""
        failures: list[BaseException] = []

        def guarded(number: int) -> None:
            try:
                work(number)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=guarded, args=(n,)) for n in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []

    def test_two_never_claim_the_same_house(
        self, coordinator: PostgresCoordinator, open_database: OpenDatabase
    ) -> None:
        coordinator.touch({f"house-{n}": n for n in range(300)})
        claimed: list[str] = []
        workers = [PostgresCoordinator(open_database()) for _ in range(6)]

        def claim(number: int) -> None:
            while taken := workers[number].claim_quiet(1000, 5000, 9000, 7):
                claimed.extend(taken)

        self.all_at_once(claim)
        assert sorted(claimed) == sorted({f"house-{n}" for n in range(300)})

    def test_the_order_of_houses_blocks_nobody_for_good(self, open_database: OpenDatabase) -> None:
        workers = [PostgresCoordinator(open_database()) for _ in range(6)]

        def work(number: int) -> None:
            worker, token = workers[number], f"worker-{number}"
            names = [f"{'aB'[n % 2]}-{n}" for n in range(self.HOUSES)]
            names = names[number * 7 :] + names[: number * 7]
            for turn in range(self.ROUNDS):
                names.reverse()
                worker.touch(dict.fromkeys(names, turn * 10))
                held = worker.acquire(names, token, turn, turn + 1)
                worker.claim_quiet(turn * 10, turn * 10, turn * 10 + 5, 9)
                worker.forget(dict.fromkeys(held, turn * 10))
                worker.release(names, token)

        self.all_at_once(work)

    def test_a_house_may_be_named_twice(self, coordinator: PostgresCoordinator) -> None:
        assert coordinator.acquire(["a", "b", "a"], "me", 1000, 2000) == ["a", "b", "a"]


def test_what_is_committed_survives_a_kill_but_hints_need_not(postgres_to_kill: Postgres) -> None:
    url = fresh_database(postgres_to_kill)
    with closing(Database(url)) as database:
        coordinator = PostgresCoordinator(database)
        coordinator.touch({"a": 1000})
        with database.write() as connection:
            connection.execute("INSERT INTO word (text) VALUES ('kept')")
        postgres_to_kill.kill()
        postgres_to_kill.start()
        # The same object goes on, with another connection below it.
        with database.read() as connection:
            assert connection.execute("SELECT text FROM word").fetchall() == [("kept",)]
        assert coordinator.waiting() == 0
        coordinator.touch({"a": 1000})
        assert coordinator.drain(10) == {"a": 1000}
