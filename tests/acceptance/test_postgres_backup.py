"""Back up and restore PostgreSQL as docs/operations.md says."""

import subprocess
from pathlib import Path

import psycopg

from tests.acceptance.cli_command import houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.process import SunsiftHere
from tests.support.servers.postgres import Postgres, fresh_database, programs


def test_a_copy_goes_on_where_the_backup_was(tmp_path: Path, postgres: Postgres) -> None:
    sunsift = SunsiftHere(tmp_path / "unused")
    sunsift.environment["SUNSIFT_STORE"] = fresh_database(postgres)
    sunsift.do("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house(capacity_kwp=2.5)]))
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_bytes(lines_of(days_of("house-1", FIRST_DAY, 35)))
    second.write_bytes(lines_of(days_of("house-1", FIRST_DAY + 35, 10)))
    sunsift.do("ingest", first)

    # Taken between two steps, with a house that waits to be judged.
    dump = tmp_path / "sunsift.dump"
    binaries = programs()[postgres.version]
    copy = [binaries / "pg_dump", "--format=custom", f"--file={dump}", sunsift.environment["SUNSIFT_STORE"]]
    subprocess.run(list(map(str, copy)), check=True)

    sunsift.do("ingest", second)
    sunsift.do("settle", "--quiet-minutes", 0)
    expected = sunsift.result()
    assert expected["predictions"]

    name = f"restored_{sunsift.environment['SUNSIFT_STORE'].rpartition('/')[2]}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    sunsift.environment["SUNSIFT_STORE"] = postgres.url(name)
    restore = [binaries / "pg_restore", "--exit-on-error", f"--dbname={postgres.url(name)}", dump]
    subprocess.run(list(map(str, restore)), check=True)
    # What came since is sent again.
    sunsift.do("ingest", second)
    sunsift.do("settle", "--quiet-minutes", 0)
    assert sunsift.result() == expected
