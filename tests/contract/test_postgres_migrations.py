"""The tables of PostgreSQL: as the page describes them, and brought up with everything that was in them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sunsift.adapters.postgres import migrate
from sunsift.adapters.postgres.database import Database
from sunsift.adapters.postgres.migrations import HEAD
from sunsift.adapters.postgres.records import PostgresRecords
from sunsift.adapters.postgres.store import PostgresStore
from sunsift.domain.errors import StoreError
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.readings import day_number
from sunsift.domain.status import Change, Status
from sunsift.parcels import Refused
from sunsift.records import Records, Wanted
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.clock import ManualClock
from tests.support.servers.postgres import Postgres, empty_database, fresh_database
from tests.support.verdicts import a_prediction, an_outcome, open_one

SCHEMA = Path(__file__).parents[2] / "src/sunsift/adapters/postgres/schema.sql"
COLUMNS = """
SELECT table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, column_default,
    identity_generation
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position
"""
INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
RULES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
TABLES = """
SELECT c.relname, c.relkind, c.relpersistence, c.reloptions, pg_get_partkeydef(c.oid)
FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""


def day_number_of(year: int) -> int:
    """Return the first day of a year."""
    return day_number(date(year, 1, 1))


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def partitions_of(url: str, table: str) -> dict[str, str]:
    """Return the partitions of a table, each with its bounds."""
    query = (
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits JOIN pg_class AS c "
        f"ON c.oid = inhrelid WHERE inhparent = '{table}'::regclass"
    )
    return dict(rows(url, query))


def described(url: str, query: str) -> list[tuple[Any, ...]]:
    """Return what a query tells of the tables that schema.sql describes: all but partitions and Alembic's."""
    aside = {"alembic_version", *partitions_of(url, "day"), *partitions_of(url, "prediction")}
    return [row for row in rows(url, query) if row[0] not in aside]


@pytest.fixture(scope="module")
def migrated(any_postgres: Postgres) -> str:
    """The address of a database that was brought up from nothing."""
    url = empty_database(any_postgres)
    assert migrate.current(url) is None
    migrate.upgrade(url)
    return url


class TestUpFromNothing:
    @pytest.mark.parametrize(
        "query", [TABLES, COLUMNS, INDEXES, RULES], ids=["tables", "columns", "indexes", "rules"]
    )
    def test_the_tables_are_those_of_the_page(
        self, any_postgres: Postgres, migrated: str, query: str
    ) -> None:
        page = empty_database(any_postgres)
        with psycopg.connect(page) as connection:
            connection.execute(SCHEMA.read_text())
        expected = described(page, query)
        assert len(expected) > 10
        assert described(migrated, query) == expected

    def test_the_revision_is_the_one_that_the_code_knows(self, migrated: str) -> None:
        assert migrate.current(migrated) == HEAD

    def test_each_year_has_its_partition_and_nothing_is_without(self, migrated: str) -> None:
        for table in ("day", "prediction"):
            partitions = partitions_of(migrated, table)
            assert len(partitions) == 37
            assert partitions.pop(f"{table}_rest") == "DEFAULT"
            first, end = day_number_of(2024), day_number_of(2025)
            assert end - first == 366
            assert partitions[f"{table}_2024"] == f"FOR VALUES FROM ({first}) TO ({end})"

    def test_going_up_again_changes_nothing(self, migrated: str) -> None:
        before = rows(migrated, INDEXES)
        migrate.upgrade(migrated)
        assert rows(migrated, INDEXES) == before


def test_several_at_a_time_go_one_after_the_other(any_postgres: Postgres) -> None:
    url = empty_database(any_postgres)
    program = "import sys; from sunsift.adapters.postgres.migrate import upgrade; upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[1] for process in processes] == ["", "", ""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert migrate.current(url) == HEAD


def test_the_script_does_the_same(any_postgres: Postgres) -> None:
    by_script, by_command = empty_database(any_postgres), empty_database(any_postgres)
    migrate.upgrade(by_command)
    with psycopg.connect(by_script, autocommit=True) as connection:
        connection.execute(migrate.script(None))
    for query in (TABLES, COLUMNS, INDEXES, RULES):
        assert rows(by_script, query) == rows(by_command, query)
    assert migrate.current(by_script) == HEAD
    assert "trace" in migrate.script("0001")
    assert "CREATE TABLE house" not in migrate.script("0001")


def fill(store: PostgresStore) -> None:
    """Put at least one row into every table."""
    store.register([a_house("a", region="north"), a_house("b", battery=True), a_house("c")])
    store.import_feed([("north", FIRST_DAY, b"fed")])
    refused = [Refused(b"{", "line 1", "not_json", "no JSON", "a")]
    store.save([*days_of("a", FIRST_DAY, 40), *days_of("b", FIRST_DAY, 3)], refused)
    store.close("north", {FIRST_DAY: b"profile"})
    change = Change(FIRST_DAY + 30, Status.POOR, Status.UNKNOWN)
    outcome = an_outcome(
        open_one(store, "a"),
        [a_prediction(FIRST_DAY + n) for n in range(29, 35)],
        change=change,
        report=change,
        evidence=[(FIRST_DAY + n, bytes([1, n]) + bytes(26)) for n in range(40)],
    )
    assert store.commit([outcome]) == []
    store.note([Feedback("a", FIRST_DAY, FIRST_DAY + 3, Found.FAULT, "inverter")])


def exported(records: Records) -> list[list[object]]:
    """Return everything that can be read."""
    return [
        [records.counts()],
        list(records.houses()),
        list(records.standings()),
        list(records.predictions()),
        [day for house in "abc" for day in records.days(house)],
        list(records.region_days()),
        list(records.reports()),
        list(records.evidence(0)),
        list(records.feedback()),
        list(records.quarantine()),
        list(records.verdicts(0)),
        [*records.league(Wanted(), None, 9).rows, *records.tallies(), *records.changes(0)],
    ]


@pytest.fixture(scope="module")
def filled(any_postgres: Postgres) -> str:
    """The address of a database of the newest version with at least one row in every table."""
    url = fresh_database(any_postgres)
    with closing(Database(url)) as database:
        fill(PostgresStore(database, ManualClock(), None))
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO quiet (house_id, arrived) VALUES ('b', 1)")
        connection.execute("INSERT INTO lease VALUES ('a', 'me', 1)")
    return url


class TestUpFromTheFirstVersion:
    """With data in every table, which no later version may lose or change."""

    @pytest.fixture
    def url(self, any_postgres: Postgres, filled: str) -> str:
        """The address of a database of the first version with the rows of `filled`."""
        url = empty_database(any_postgres)
        migrate.upgrade(url, "0001")
        columns = rows(url, COLUMNS)
        with psycopg.connect(url) as new, psycopg.connect(filled) as old:
            tables = [row[0] for row in described(url, TABLES)]
            for table in sorted(tables, key=lambda name: name != "house"):
                names = [row[2] for row in columns if row[0] == table]
                listed, marks = ", ".join(names), ", ".join(["%s"] * len(names))
                found = old.execute(f"SELECT {listed} FROM {table}").fetchall()
                assert found, f"nothing in {table}"
                insert = f"INSERT INTO {table} ({listed}) OVERRIDING SYSTEM VALUE VALUES ({marks})"
                new.cursor().executemany(insert, found)
        return url

    @pytest.fixture
    def expected(self, filled: str) -> list[list[object]]:
        with closing(Database(filled)) as database:
            return exported(PostgresRecords(database))

    def test_everything_is_kept(self, url: str, expected: list[list[object]]) -> None:
        migrate.upgrade(url)
        with closing(Database(url)) as database:
            assert exported(PostgresRecords(database)) == expected
        for table in ("sunlight_feed", "steady", "quiet", "lease", "word"):
            assert rows(url, f"SELECT 1 FROM {table} LIMIT 1") == [(1,)], table
        assert rows(url, "SELECT DISTINCT trace FROM progress") == [("",)]

    def test_work_goes_on_afterwards(self, url: str) -> None:
        migrate.upgrade(url)
        with closing(Database(url)) as database:
            store = PostgresStore(database, ManualClock(), None)
            (report,) = store.claim_reports(1 << 60, 1 << 61, 10)
            assert report.trace == ""
            saved = store.save([a_packet("a", FIRST_DAY + 40)], [], trace="12" * 16)
            assert saved.accepted == 1
            assert open_one(store, "a").trace == "12" * 16


class TestOtherVersions:
    """Code and tables of different versions never meet."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[PostgresStore]:
        with closing(Database(url)) as database:
            yield PostgresStore(database, ManualClock(), None)

    @pytest.fixture
    def url(self, postgres: Postgres) -> str:
        return empty_database(postgres)

    def test_without_tables_the_store_says_what_to_do(self, store: PostgresStore) -> None:
        with pytest.raises(StoreError, match="store migrate"):
            store.houses(["a"])

    def test_older_tables_are_refused(self, url: str, store: PostgresStore) -> None:
        migrate.upgrade(url, "0001")
        with pytest.raises(StoreError, match=r"older than this Sunsift; run: .*store migrate"):
            store.houses(["a"])
        migrate.upgrade(url)
        assert store.houses(["a"]) == {}

    def test_newer_tables_are_refused(self, url: str, store: PostgresStore) -> None:
        migrate.upgrade(url)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="newer Sunsift"):
            store.houses(["a"])
        with pytest.raises(StoreError, match=r"newer Sunsift \(9999\); upgrade this one"):
            migrate.upgrade(url)

    def test_a_reader_in_the_way_is_not_waited_for_long(self, url: str) -> None:
        migrate.upgrade(url, "0001")
        with psycopg.connect(url) as reader:
            reader.execute("SELECT count(*) FROM progress")
            with pytest.raises(StoreError, match="somebody else uses the tables or migrates them"):
                migrate.upgrade(url)
            assert migrate.current(url) == "0001"
        migrate.upgrade(url)
        assert migrate.current(url) == HEAD

    def test_there_is_no_revision_of_another_name(self, url: str) -> None:
        with pytest.raises(StoreError, match="Can't locate revision"):
            migrate.upgrade(url, "7777")
        assert migrate.current(url) is None


def test_years_can_be_added_when_its_packets_are_there_already(any_postgres: Postgres) -> None:
    url = fresh_database(any_postgres)
    first = day_number_of(2046)
    with closing(Database(url)) as database:
        store, records = PostgresStore(database, ManualClock(), None), PostgresRecords(database)
        store.register([a_house("a")])
        store.save(days_of("a", first - 1, 3), [])
        before = exported(records)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(migrate.further_years(url, 2047))
        assert migrate.further_years(url, 2047) == ""
        assert exported(records) == before
        assert store.save(days_of("a", first, 3), []).accepted == 1
    assert "prediction_2047" in partitions_of(url, "prediction")
    assert rows(url, "SELECT count(*) FROM day_2046") == [(3,)]
    assert rows(url, "SELECT count(*) FROM day_rest") == [(0,)]
    same = [
        definition.replace("2046", "2045") for _, definition in rows(url, INDEXES) if "_2046" in definition
    ]
    assert same == [definition for _, definition in rows(url, INDEXES) if "_2045" in definition]


def test_the_password_is_never_shown(postgres: Postgres) -> None:
    with pytest.raises(StoreError) as raised:
        migrate.upgrade(f"postgresql://nobody:hidden-secret@127.0.0.1:{postgres.port}/nowhere")
    assert "hidden-secret" not in json.dumps([str(raised.value), repr(raised.value)])
