"""What PostgreSQL makes different: its clock, its text, blocks of evidence, errors of a server far away."""

import time
import traceback
from dataclasses import replace

import psycopg
import pytest

from sunsift.adapters.postgres.columns import column
from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.evidence import pack, unpack
from sunsift.adapters.postgres.records import PostgresRecords
from sunsift.adapters.postgres.steady import LEAST_STEP_MS
from sunsift.adapters.postgres.store import PostgresStore
from sunsift.adapters.postgres.text import storable
from sunsift.domain.errors import StoreError, UnknownHouseError
from sunsift.domain.evidence import LAYOUT, WIDTH
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.status import Change, Status
from sunsift.parcels import OpenDays, Refused
from tests.contract.suites.store_regions import a_row
from tests.support.build import FIRST_DAY, a_house, a_packet
from tests.support.clock import ManualClock
from tests.support.servers.common import free_port
from tests.support.servers.postgres import NEEDS_PASSWORD, Postgres, empty_database, fresh_database
from tests.support.verdicts import a_prediction, an_outcome, open_one, settle, tell

pytest_plugins = ["tests.contract.postgres_fixtures"]
SECRET = "s3cr3t"
WELL = Change(FIRST_DAY, Status.WELL, Status.UNKNOWN)


class TestTime:
    """The server's clock, where no other was given."""

    def test_a_whole_fleet_writes_it_fifty_times_a_second(self, url: str, store: PostgresStore) -> None:
        databases = [Database(url) for _ in range(4)]
        others = [PostgresStore(database, None, 300_000) for database in databases]
        begin, start, looks = store.steady(), time.monotonic(), []
        while time.monotonic() - start < 1.0:
            looks += [other.steady() for other in others]
        took_ms = 1000 * (time.monotonic() - start)
        for database in databases:
            database.close()
        assert looks == sorted(looks)
        assert 500 <= looks[-1] - begin <= took_ms + LEAST_STEP_MS
        assert len(set(looks)) <= 2 + took_ms / LEAST_STEP_MS

    def test_times_for_people_are_the_servers(self, url: str, store: PostgresStore) -> None:
        store.register([a_house("a")])
        tell(store, "a", WELL)
        [report] = store.claim_reports(0, 1, 1)
        store.acknowledge([report.key])
        store.save([], [Refused(b"{", "a file", "not_json", "no JSON")])
        store.note([Feedback("a", FIRST_DAY, FIRST_DAY, Found.FAULT)])
        query = """
            SELECT extract(epoch FROM now()) * 1000 - t FROM (
                SELECT created_at AS t FROM report UNION ALL SELECT delivered_at FROM report
                UNION ALL SELECT received_at FROM quarantine UNION ALL SELECT noted_at FROM feedback) AS times
        """
        with psycopg.connect(url) as connection:
            ages = [float(age) for (age,) in connection.execute(query)]
        assert len(ages) == 4
        assert all(-1 <= age < 60_000 for age in ages)

    def test_a_clock_that_was_told_an_earlier_time_leaves_no_trace(
        self, database: Database, store: PostgresStore
    ) -> None:
        clock = ManualClock()
        told = PostgresStore(database, clock, None, told=True)
        start = told.steady()
        clock.turn(hours=-1)
        assert told.steady() == start
        clock.turn(hours=1, seconds=1)
        assert told.steady() == start + 1000


class TestText:
    """PostgreSQL cannot hold a character of number 0, nor half of one."""

    @pytest.mark.parametrize("odd", ["a\0b", "a\ud800b"])
    def test_odd_text_does_not_break_a_batch(self, store: PostgresStore, odd: str) -> None:
        store.register([a_house("a")])
        refused = Refused(b"\0", odd, "odd", odd, odd)
        saved = store.save([a_packet("a")], [refused, Refused(b"{", "a file", "not_json", "no JSON")])
        assert (saved.accepted, saved.quarantined) == (1, 2)
        with store._database.read() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM quarantine WHERE code = 'odd'")]
        [kept] = store.quarantined(ids)
        shown = storable(odd)
        assert (kept.body, kept.source, kept.reason, kept.house_id) == (b"\0", shown, shown, shown)
        assert shown in ("a␀b", "a?b")

    def test_odd_text_names_nobody(self, store: PostgresStore) -> None:
        store.register([a_house("a␀")])
        assert store.houses(["a\0"]) == {}
        with pytest.raises(UnknownHouseError):
            store.save([a_packet("a␀")._replace(house_id="a\0")], [])
        store.save([a_packet("a␀")], [])
        assert store.open(["a\0"], 30, 10) == []
        assert store.quarantined(["\0"]) == []
        assert store.feed(OpenDays("\0", (FIRST_DAY,))) == {}

    def test_odd_text_is_shown_where_it_is_kept(self, store: PostgresStore, database: Database) -> None:
        store.register([a_house("a")])
        tell(store, "a", WELL)
        [report] = store.claim_reports(0, 1, 1)
        store.postpone(report.key, 2, "answered \0")
        assert store.note([Feedback("a", FIRST_DAY, FIRST_DAY, Found.FAULT, "\0")]) == 1
        with database.read() as connection:
            said = connection.execute(
                "SELECT problem, note FROM report JOIN feedback USING (house)"
            ).fetchall()
        assert said == [("answered ␀", "␀")]


class TestEvidenceBlocks:
    def test_rows_come_back_by_day(self) -> None:
        rows = {32 * 7 + place: a_row(place) for place in (31, 0, 17)}
        assert list(unpack(7, pack(rows))) == sorted(rows.items())
        assert pack({}) == b""
        assert list(unpack(7, b"")) == []

    def test_only_the_present_layout_is_read_and_written(self) -> None:
        assert pack({0: b"\xfe" + a_row()[1:], 1: a_row()[:-1]}) == b""
        older = bytes([0, LAYOUT + 1]) + bytes(WIDTH - 1)
        assert list(unpack(0, older)) == []
        assert list(unpack(0, bytes([0, LAYOUT]) + bytes(WIDTH))) == []

    @pytest.mark.parametrize("away", [0, 1, 31, 32, 33, 63, 64, 99])
    def test_blocks_are_invisible(self, store: PostgresStore, away: int) -> None:
        """Evidence is added piece by piece, and one day is revised, wherever blocks begin and end."""
        store.register([a_house("a")])
        begin = FIRST_DAY - FIRST_DAY % 32
        rows = [(begin + n, a_row(n)) for n in range(100)]
        for part in (rows[40:70], rows[:40:2], rows[1:40:2], rows[70:]):
            store.save([a_packet("a", day) for day, _ in part], [])
            works = store.open(["a"], 200, 10)
            assert store.commit([an_outcome(work, evidence=part) for work in works]) == []
        revised = a_packet("a", begin + away, revision=1)
        store.save([revised], [])
        [work] = store.open(["a"], 200, 10)
        assert work.evidence == [row for row in rows if row[0] != revised.day]
        assert work.packets == [revised]
        [narrow] = store.open(["a"], 5, 10)
        assert narrow.evidence == [row for row in work.evidence if abs(row[0] - revised.day) <= 4]

    @pytest.mark.parametrize("since", [0, 1, 31, 32, 40, 64, 80])
    def test_sunlight_that_is_measured_anew_leaves_what_was_before(
        self, store: PostgresStore, since: int
    ) -> None:
        store.register([a_house("a", region="north")])
        begin = FIRST_DAY - FIRST_DAY % 32
        rows = [(begin + n, a_row(n)) for n in range(0, 80, 3)]
        store.save([a_packet("a", day) for day, _ in rows], [])
        predictions = [a_prediction(begin + 90)]
        store.commit([an_outcome(open_one(store, "a"), predictions, evidence=rows)])
        assert store.rescore("north", begin + since, sunlight=True) == 1
        [work] = store.open(["a"], 200, 10)
        assert work.evidence == [row for row in rows if row[0] < begin + since]


class TestColumns:
    """Integers are sent by code of our own."""

    @pytest.mark.parametrize(("kind", "bits"), [("smallint", 16), ("integer", 32), ("bigint", 64)])
    def test_integers_arrive_as_they_were(self, database: Database, kind: str, bits: int) -> None:
        values = [0, 1, -1, 258, 1 - (1 << (bits - 1)), -(1 << (bits - 1)), (1 << (bits - 1)) - 1]
        for given in (values, values[:1], [], [None, *values]):
            with database.read() as connection:
                row = connection.execute(f"SELECT %b::{kind}[]", [column(given, kind)]).fetchone()
            assert row == (given,)

    @pytest.mark.parametrize(("kind", "too_large"), [("smallint", 1 << 15), ("integer", 1 << 31)])
    def test_nothing_is_cut_to_fit(self, kind: str, too_large: int) -> None:
        with pytest.raises(OverflowError):
            column([0, too_large], kind)


def test_words_of_a_write_that_failed_are_forgotten(url: str, store: PostgresStore) -> None:
    """Their numbers go to other words, and whoever used them still would mix these up."""
    store.register([a_house("a")])
    store.save([a_packet("a")], [])
    work = open_one(store, "a")
    mine = replace(a_prediction(FIRST_DAY), model_version="mine")
    with pytest.raises(OverflowError):
        store.commit([an_outcome(work, [replace(mine, usable_days=1 << 20)])])
    database = Database(url)
    other = PostgresStore(database, None, None)
    other.register([a_house("b")])
    other.save([a_packet("b")], [])
    theirs = replace(a_prediction(FIRST_DAY), model_version="theirs")
    settle(other, "b", [theirs])
    assert store.commit([an_outcome(work, [mine])]) == []
    stored = PostgresRecords(database).predictions()
    assert [(house_id, prediction) for house_id, prediction, _ in stored] == [("a", mine), ("b", theirs)]
    database.close()


def test_a_fold_gets_its_predictions_however_long_ago(store: PostgresStore) -> None:
    """They may be spread over years, and houses that are opened together differ in it."""
    names = ["old", "new", "dense", "gap"]
    store.register([a_house(name) for name in names])
    days = {
        "old": [FIRST_DAY - 300 * n for n in range(14, -1, -1)],
        "new": [FIRST_DAY - 1],
        "dense": [*range(FIRST_DAY - 20, FIRST_DAY + 3)],
        "gap": [*range(FIRST_DAY - 412, FIRST_DAY - 400), *range(FIRST_DAY - 4, FIRST_DAY + 500)],
    }
    for name in names:
        store.save([a_packet(name)], [])
        settle(store, name, [a_prediction(day) for day in days[name]])
    store.save([a_packet(name, revision=1) for name in names], [])
    works = store.open([*names, "old"], 30, 10)
    assert [work.house.house_id for work in works] == names
    for name, work in zip(names, works, strict=True):
        before = [day for day in days[name] if day < FIRST_DAY][-10:]
        after = [day for day in days[name] if day >= FIRST_DAY]
        assert [p.folded.as_of for p in work.predictions] == before + after


class TestErrors:
    """What goes wrong says what to do, and never the password."""

    def told(self, url: str, sign: str) -> None:
        database = Database(url)
        for use in (database.check_schema, lambda: PostgresStore(database, None, None).steady()):
            with pytest.raises(StoreError, match=sign) as caught:
                use()
            said = f"{caught.value} {caught.value!r} {database.address} {database.address!r} {database!r}"
            said += "".join(traceback.format_exception(caught.value))
            assert SECRET not in said
        database.close()

    def with_password(self, url: str) -> str:
        return url.replace("postgres@", f"postgres:{SECRET}@")

    def test_an_unreachable_server(self) -> None:
        self.told(f"postgresql://u:{SECRET}@127.0.0.1:{free_port()}/x", "cannot be reached")
        self.told(f"postgresql://u:{SECRET}@nowhere.invalid/x", "cannot be reached")

    def test_a_database_that_is_not_there(self, postgres: Postgres) -> None:
        self.told(self.with_password(postgres.url("nowhere")), "no such database")

    def test_a_user_who_is_not_let_in(self, postgres: Postgres, url: str) -> None:
        self.told(url.replace("postgres@", f"stranger:{SECRET}@"), "user or the password was refused")
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS newcomer")
            connection.execute(f"CREATE ROLE newcomer LOGIN PASSWORD 'other' IN ROLE {NEEDS_PASSWORD}")
        self.told(url.replace("postgres@", f"newcomer:{SECRET}@"), "user or the password was refused")
        self.told(url.replace("postgres@", "newcomer@"), "PGPASSWORD")
        self.told(url.replace("postgres@", "newcomer:other@"), "store grant")

    def test_tables_that_are_missing_or_of_another_version(self, postgres: Postgres) -> None:
        empty = empty_database(postgres)
        self.told(self.with_password(empty), "store migrate")
        for revision, sign in (("0000", "older than this Sunsift"), ("9999", "upgrade this one")):
            other = fresh_database(postgres)
            with psycopg.connect(other) as connection:
                connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))
            self.told(self.with_password(other), sign)

    def test_a_server_that_takes_no_writes(self, url: str) -> None:
        database = Database(url + "?options=-cdefault_transaction_read_only%3Don")
        with pytest.raises(StoreError, match="takes no writes"):
            PostgresStore(database, None, None).steady()
        database.close()

    @pytest.mark.parametrize(
        "url",
        [
            f"postgresql://user:{SECRET}@x@host/db",
            f"postgresql://user:{SECRET}/x@host/db",
            f"postgresql://user:{SECRET}%zz@host/db",
            f"postgresql://user:x@{SECRET}?x@host/db",
            f"postgresql://user:{SECRET} x@host:port/d b?nonsense={SECRET}",
            f"nonsense {SECRET}",
        ],
    )
    def test_a_url_that_cannot_be_read_is_not_shown(self, url: str) -> None:
        with pytest.raises(StoreError, match="must read postgresql://") as caught:
            Database(url)
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_a_url_is_shown_without_its_password(self) -> None:
        address = Database(
            f"postgresql://user:{SECRET}@host:5433/db?sslmode=require&sslpassword={SECRET}"
        ).address
        assert str(address) == "postgresql://user@host:5433/db"
