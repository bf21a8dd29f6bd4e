"""`sunsift store`: tables made and brought up, rights granted, sizes told; and no password ever shown."""

from pathlib import Path

import psycopg
import pytest

from sunsift.adapters.postgres import migrate
from sunsift.adapters.postgres.migrations import HEAD
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.servers.postgres import NEEDS_PASSWORD, Postgres, empty_database

PASSWORD = "s3cret-of-the-sun"


class StoreCommand(Command):
    """`sunsift --store URL`, which remembers everything that it printed."""

    def __init__(self, data: Path, url: str) -> None:
        super().__init__(data)
        self.url = url

    def on(self, *arguments: object, exits: int = 0) -> str:
        """Run a command on the store and return what it printed, on one line."""
        result = self("--store", self.url, *arguments, exits=exits)
        assert PASSWORD not in result.output
        return " ".join(result.output.split())


@pytest.fixture(scope="module")
def owner(postgres: Postgres) -> str:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(
            f"CREATE ROLE store_owner LOGIN CREATEDB PASSWORD '{PASSWORD}' IN ROLE {NEEDS_PASSWORD}"
        )
        connection.execute(f"CREATE ROLE store_worker LOGIN PASSWORD '{PASSWORD}' IN ROLE {NEEDS_PASSWORD}")
    return "store_owner"


@pytest.fixture
def command(postgres: Postgres, owner: str, tmp_path: Path) -> StoreCommand:
    """The command as the owner of an empty database."""
    url = empty_database(postgres)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} OWNER TO {owner}")
        connection.execute(f"GRANT ALL ON SCHEMA public TO {owner}")
    return StoreCommand(tmp_path, url.replace("postgres@", f"{owner}:{PASSWORD}@"))


def test_tables_are_made_once(command: StoreCommand) -> None:
    said = command.on("store", "migrate")
    assert f"Migrating from no tables to revision {HEAD}" in said
    assert "store grant ROLE" in said
    assert command.on("store", "migrate") == f"The tables have revision {HEAD}."


def test_older_tables_are_brought_up(command: StoreCommand) -> None:
    migrate.upgrade(command.url, "0001")
    assert "older than this Sunsift" in command.on("status", exits=1)
    assert f"Migrating from revision 0001 to revision {HEAD}" in command.on("store", "migrate")
    assert "No house is registered yet" in command.on("status")


def test_a_dry_run_changes_nothing(command: StoreCommand) -> None:
    migrate.upgrade(command.url, "0001")
    script = command("--store", command.url, "store", "migrate", "--dry-run").stdout
    assert migrate.current(command.url) == "0001"
    with psycopg.connect(command.url, autocommit=True) as connection:
        connection.execute(script)
    assert migrate.current(command.url) == HEAD


def test_a_granted_role_runs_the_flow(command: StoreCommand, tmp_path: Path) -> None:
    command.on("store", "migrate")
    assert "store_worker may read and write" in command.on("store", "grant", "store_worker")
    worker = StoreCommand(tmp_path, command.url.replace("store_owner", "store_worker"))
    houses = houses_csv(tmp_path / "houses.csv", [a_house("a"), a_house("b")])
    packets = tmp_path / "packets.jsonl"
    packets.write_bytes(lines_of([*days_of("a", FIRST_DAY, 40), *days_of("b", FIRST_DAY, 40)]))
    worker.on("houses", "add", houses)
    worker.on("ingest", packets)
    worker.on("settle", "--quiet-minutes", "0")
    assert "2 of 2 houses" in worker.on("status")
    assert "only the owner" in worker.on("store", "grant", "store_worker", exits=1)


def test_a_reader_changes_nothing(command: StoreCommand, tmp_path: Path) -> None:
    command.on("store", "migrate")
    assert "store_worker may read the rows" in command.on("store", "grant", "store_worker", "--read-only")
    reader = StoreCommand(tmp_path, command.url.replace("store_owner", "store_worker"))
    assert "No house is registered yet" in reader.on("status")
    houses = houses_csv(tmp_path / "houses.csv", [a_house("a")])
    assert "lacks rights" in reader.on("houses", "add", houses, exits=1)


def test_the_size_is_told(command: StoreCommand, tmp_path: Path) -> None:
    assert "Its tables are not those of this Sunsift" in command.on("store", "status")
    command.on("store", "migrate")
    command.on("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house("a")]))
    packets = tmp_path / "packets.jsonl"
    packets.write_bytes(lines_of(days_of("a", FIRST_DAY, 40)))
    command.on("ingest", packets)
    told = command.json("--store", command.url, "store", "status")
    assert (told["revision"], told["current"], told["house_days"]) == (HEAD, True, 40)
    assert PASSWORD not in str(told)
    assert told["bytes"] == sum(t["table_bytes"] + t["index_bytes"] for t in told["tables"])
    assert told["bytes_a_house_day"] == round(told["bytes"] / 40, 1)
    assert "40 house-days" in command.on("store", "status")


def test_years_are_added_by_the_printed_sql(command: StoreCommand) -> None:
    command.on("store", "migrate")
    script = command("--store", command.url, "store", "years", "2048").stdout
    with psycopg.connect(command.url, autocommit=True) as connection:
        connection.execute(script)
        there = connection.execute(
            "SELECT to_regclass('day_2048'), to_regclass('prediction_2046')"
        ).fetchone()
    assert there == ("day_2048", "prediction_2046")
    assert "there already" in command.on("store", "years", "2048")


def test_the_file_needs_no_migration(tmp_path: Path) -> None:
    command = Command(tmp_path)
    assert "nothing to do" in command("store", "migrate").stdout
    assert "name a PostgreSQL" in command.error("store", "grant", "worker")
    command("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house("a")]))
    told = command.json("store", "status")
    assert told["store"] == str(tmp_path / "sunsift.sqlite")
    assert told["bytes"] >= Path(told["store"]).stat().st_size
    assert told["bytes_a_house_day"] is None


def test_another_kind_of_address_is_refused(tmp_path: Path) -> None:
    said = Command(tmp_path).error("--store", f"mysql://u:{PASSWORD}@host/db", "store", "migrate")
    assert "name a PostgreSQL" in said
    assert PASSWORD not in said
