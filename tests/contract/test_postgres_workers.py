"""Many workers on one PostgreSQL: nobody waits for ever, nothing is half-written, errors say what to do."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
import pytest

from sunsift.adapters.postgres import houses, openings, packets, progress, verdicts
from sunsift.adapters.postgres.database import Database, Link
from sunsift.adapters.postgres.store import PostgresStore
from sunsift.domain.errors import StoreError
from sunsift.domain.status import Change, Status
from sunsift.domain.verdict import Reason, Score
from sunsift.parcels import Registered
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.kill import wait_until
from tests.support.servers.postgres import Postgres, fresh_database
from tests.support.verdicts import a_prediction, an_outcome, open_one, tell

pytest_plugins = ["tests.contract.postgres_fixtures"]
T = TypeVar("T")
WORKERS = 8
WELL = Change(FIRST_DAY, Status.WELL, Status.UNKNOWN)


def at_once(url: str, work: Callable[[PostgresStore, int], T], workers: int = WORKERS) -> list[T]:
    """Run the work with so many workers that begin together; return what each of them returned.

    None of them may end in a deadlock, even though it would be solved.
    """
    ready = threading.Barrier(workers)
    before = deadlocks(url)

    def run(number: int) -> T:
        database = Database(url)
        try:
            database.check_schema()
            ready.wait()
            return work(PostgresStore(database, None, None), number)
        finally:
            database.close()

    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(run, range(workers)))
    assert deadlocks(url) == before
    return results


def deadlocks(url: str) -> int:
    """Return how many deadlocks the database has seen."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        assert row is not None
        return int(row[0])


def everything(url: str, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of tables."""
    with psycopg.connect(url) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}


def waits_for_a_lock(url: str) -> bool:
    """Say whether any connection to the database waits for another."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row is not None and row[0] > 0


def end_all_others(url: str) -> None:
    """Have the server end every other connection to the database."""
    query = (
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with psycopg.connect(url) as connection:
        assert connection.execute(query).rowcount > 0


class Ending(list[Any]):
    """A list at whose end the server ends every connection."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def __iter__(self) -> Iterator[Any]:
        end_all_others(self._url)
        return super().__iter__()


class TestAtOnce:
    def test_any_mix_of_revisions_leaves_what_one_worker_leaves(self, url: str, postgres: Postgres) -> None:
        registered = [a_house(f"h{n:02}", region=f"r{n % 3}") for n in range(50)]
        sent = [
            a_packet(house.house_id, FIRST_DAY + day, revision=revision)
            for house in registered for day in range(3) for revision in range(4)
        ]  # fmt: skip
        random.Random(1).shuffle(sent)
        alone = fresh_database(postgres)
        for place in (url, alone):
            at_once(place, lambda store, _: store.register(registered), workers=1)

        def work(store: PostgresStore, number: int) -> None:
            mine = [*sent[number::WORKERS], *sent[number :: 5 * WORKERS]]
            for begin in range(0, len(mine), 15):
                store.save(mine[begin : begin + 15], [])

        at_once(url, work)
        for number in range(WORKERS):
            at_once(alone, lambda store, _, number=number: work(store, number), workers=1)  # type: ignore[misc]
        both = [everything(place, "day") for place in (url, alone)]
        assert both[0] == both[1]
        opened = [
            [row[:2] for row in everything(place, "region_day")["region_day"]] for place in (url, alone)
        ]
        assert opened[0] == opened[1]
        changed = [
            [(row[0], *row[4:6]) for row in everything(place, "progress")["progress"]]
            for place in (url, alone)
        ]
        assert changed[0] == changed[1]

    def test_a_house_is_registered_once(self, url: str, store: PostgresStore) -> None:
        registered = [a_house(f"h{n}") for n in range(200)]

        def work(store: PostgresStore, number: int) -> Registered:
            mine = registered[:]
            random.Random(number).shuffle(mine)
            return store.register(mine)

        counted = at_once(url, work)
        assert (sum(done.added for done in counted), sum(done.changed for done in counted)) == (200, 0)
        assert len(store.houses(h.house_id for h in registered)) == 200

    def test_the_newest_word_on_a_house_holds_whoever_says_it(self, url: str, store: PostgresStore) -> None:
        words = [(a_house(f"h{n}", tilt=float(at)), at) for n in range(40) for at in range(1, 9)]

        def work(store: PostgresStore, number: int) -> list[Registered]:
            mine = words[number::WORKERS]
            random.Random(number).shuffle(mine)
            parts = [mine[first : first + 10] for first in range(0, len(mine), 10)]
            return [store.register([house for house, _ in part], [at for _, at in part]) for part in parts]

        counted = [done for one in at_once(url, work) for done in one]
        assert sum(done.added for done in counted) == 40
        assert sum(done.added + done.changed + done.superseded for done in counted) == len(words)
        held = store.houses(f"h{n}" for n in range(40))
        assert {house.tilt for house in held.values()} == {8.0}
        assert len(held) == 40

    def test_a_report_is_claimed_by_one(self, url: str, store: PostgresStore) -> None:
        store.register([a_house(f"h{n}") for n in range(60)])
        for n in range(60):
            tell(store, f"h{n}", WELL)

        def work(store: PostgresStore, number: int) -> list[str]:
            claimed: list[str] = []
            while keys := [r.key for r in store.claim_reports(0, 1, 5)]:
                claimed += keys
            return claimed

        keys = [key for claimed in at_once(url, work) for key in claimed]
        assert len(keys) == len(set(keys))
        keys += [r.key for r in store.claim_reports(0, 1, 100)]
        assert len(set(keys)) == len(keys) == 60

    def test_new_words_are_numbered_without_gaps(self, url: str, store: PostgresStore) -> None:
        store.register([a_house(f"h{n}") for n in range(WORKERS)])
        store.save([a_packet(f"h{n}") for n in range(WORKERS)], [])

        def work(store: PostgresStore, number: int) -> list[str]:
            reasons = tuple(Reason(f"reason-{(number + n) % 6}", n) for n in range(3))
            score = Score(0.5, 1.0, 0.1, 0.0, Status.WELL, reasons)
            return store.commit([an_outcome(open_one(store, f"h{number}"), [a_prediction(FIRST_DAY, score)])])

        assert at_once(url, work) == [[]] * WORKERS
        words = everything(url, "word")["word"]
        assert [number for number, _ in words] == list(range(1, 8))
        assert len({text for _, text in words}) == 7

    def test_a_day_is_closed_by_one(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a", region="north")])
        store.save(days_of("a", FIRST_DAY, 40), [])

        def work(store: PostgresStore, number: int) -> int:
            days = list(range(FIRST_DAY, FIRST_DAY + 40))
            random.Random(number).shuffle(days)
            return store.close("north", dict.fromkeys(days, b"%d" % number))

        assert sum(at_once(url, work)) == 40
        assert len({profile for _, _, _, profile in everything(url, "region_day")["region_day"]}) == 1

    def test_one_of_many_openings_may_write(self, url: str, store: PostgresStore) -> None:
        names = [f"h{n}" for n in range(20)]
        store.register([a_house(name) for name in names])
        store.save([a_packet(name) for name in names], [])

        def work(store: PostgresStore, number: int) -> int:
            mine = names[:]
            random.Random(number).shuffle(mine)
            works = store.open(mine, 30, 10)
            return len(works) - len(store.commit([an_outcome(w, report=WELL) for w in works]))

        assert sum(at_once(url, work)) == 20
        assert len(everything(url, "report")["report"]) == 20

    def test_a_deadlock_is_solved(self, url: str, database: Database, store: PostgresStore) -> None:
        store.register([a_house("a"), a_house("b")])
        met = threading.Barrier(2)
        attempts = []

        def crosswise(order: Sequence[str]) -> None:
            own = Database(url)

            def work(connection: Link) -> None:
                attempts.append(order)
                progress.lock(connection, order[:1])
                if len(attempts) <= 2:
                    met.wait()
                progress.lock(connection, order[1:])
                connection.execute("UPDATE progress SET arrived = arrived + 1")

            own.writing(work)
            own.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(crosswise, (["a", "b"], ["b", "a"])))
        assert len(attempts) == 3
        assert [row[6] for row in everything(url, "progress")["progress"]] == [2, 2]


class TestWaiting:
    """What a worker decides after it waited for another."""

    def behind(self, url: str, first: Callable[[Link], object], then: Callable[[PostgresStore], T]) -> T:
        """Do `first` and, before it is committed, begin `then`, which has to wait for it."""
        leader, follower = Database(url), Database(url)
        with ThreadPoolExecutor(1) as pool:
            with leader.write() as connection:
                first(connection)
                waiting = pool.submit(then, PostgresStore(follower, None, None))
                wait_until(lambda: waits_for_a_lock(url) or waiting.done())
                assert not waiting.done()
            result = waiting.result()
        leader.close()
        follower.close()
        return result

    def test_a_packet_belongs_to_the_region_to_which_its_house_just_moved(
        self, url: str, store: PostgresStore
    ) -> None:
        store.register([a_house("a", region="north")])
        store.save([a_packet("a", FIRST_DAY)], [])
        moved = a_house("a", region="south")
        self.behind(
            url,
            lambda connection: houses.register(connection, [moved], None, 0, 1),
            lambda other: other.save([a_packet("a", FIRST_DAY + 1)], []),
        )
        days = {row[:2] for row in everything(url, "region_day")["region_day"]}
        assert days == {("north", FIRST_DAY), ("south", FIRST_DAY), ("south", FIRST_DAY + 1)}

    def test_work_shows_the_registration_that_just_changed(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        store.save([a_packet("a")], [])
        changed = a_house("a", tilt=40.0)
        [work] = self.behind(
            url,
            lambda connection: houses.register(connection, [changed], None, 0, 1),
            lambda other: other.open(["a"], 30, 10),
        )
        assert work.house == changed

    def test_a_rival_that_just_won_stays(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        older, newer = a_packet("a"), a_packet("a", revision=1)
        saved = self.behind(
            url,
            lambda connection: packets.save(connection, [newer], 1, ""),
            lambda other: other.save([older], []),
        )
        assert (saved.accepted, saved.superseded) == (0, 1)
        assert open_one(store, "a").packets == [newer]

    def test_work_that_was_just_opened_elsewhere_is_void(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        store.save([a_packet("a")], [])
        work = open_one(store, "a")
        refused = self.behind(
            url,
            lambda connection: openings.open_houses(connection, ["a"], 30, 10),
            lambda other: other.commit([an_outcome(work, report=WELL)]),
        )
        assert refused == ["a"]

    def test_work_that_was_just_written_is_not_written_again(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        store.save([a_packet("a")], [])
        outcome = an_outcome(open_one(store, "a"), report=WELL)
        refused = self.behind(
            url,
            lambda connection: verdicts.commit(connection, [outcome], None),
            lambda other: other.commit([outcome]),
        )
        assert refused == ["a"]
        assert len(everything(url, "report")["report"]) == 1

    def test_work_stays_valid_if_nobody_changed_what_it_rests_on(
        self, url: str, store: PostgresStore
    ) -> None:
        store.register([a_house("a"), a_house("b")])
        store.save([a_packet("a"), a_packet("b")], [])
        works = store.open(["a", "b"], 30, 10)
        refused = self.behind(
            url,
            lambda connection: connection.execute("UPDATE progress SET changed_to = changed_to"),
            lambda other: other.commit([an_outcome(work, report=WELL) for work in works]),
        )
        assert refused == []
        assert store.unsettled(2) == {}


class TestBroken:
    """What a worker does whose connection was ended."""

    def test_the_next_step_opens_another_connection(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        end_all_others(url)
        assert store.houses(["a"]) == {"a": a_house("a")}
        end_all_others(url)
        assert store.save([a_packet("a")], []).accepted == 1
        end_all_others(url)
        assert len(store.open(["a"], 30, 10)) == 1

    def test_a_step_that_was_cut_short_left_nothing(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        tables = ("day", "progress", "region_day", "evidence", "quarantine")
        before = everything(url, *tables)
        with pytest.raises(StoreError, match="ended the connection"):
            store.save([a_packet("a")], Ending(url))
        assert everything(url, *tables) == before
        assert store.save([a_packet("a")], []).accepted == 1

    def test_a_connection_lost_at_the_commit_is_told(self, url: str, database: Database) -> None:
        def work(connection: Link) -> None:
            connection.execute("INSERT INTO sunlight_feed VALUES ('north', 1, '')")
            end_all_others(url)

        with pytest.raises(StoreError, match="ended the connection"):
            database.writing(work)
        assert everything(url, "sunlight_feed")["sunlight_feed"] == []

    @pytest.mark.parametrize("unnoticed", [True, False])
    def test_a_statement_that_fails_takes_all_of_it_back(
        self, url: str, database: Database, unnoticed: bool
    ) -> None:
        def work(connection: Link) -> None:
            connection.execute("INSERT INTO sunlight_feed VALUES ('north', 1, '')")
            with suppress(*([psycopg.Error] if unnoticed else [])):
                connection.execute("SELECT 1 / 0")

        with pytest.raises(StoreError, match="taken back" if unnoticed else "the store refused"):
            database.writing(work)
        assert everything(url, "sunlight_feed")["sunlight_feed"] == []

    def test_a_worker_that_stands_still_does_not_keep_its_locks(self, url: str, database: Database) -> None:
        with database.write() as connection:
            row = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
            assert row == ("1min",)
        with database.read() as connection:
            assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("0",)
