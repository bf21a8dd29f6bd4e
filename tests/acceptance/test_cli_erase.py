"""`sunsift houses erase`: after it, no byte in the data folder names the house."""

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from sunsift.settings import DATABASE_NAME
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]


def named_in(folder: Path, house_id: str) -> list[str]:
    """Return the files whose bytes, unpacked, name a house."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        if house_id.encode() in content:
            found.append(str(path.relative_to(folder)))
    return found


@pytest.fixture
def poor(busy_shell: Command) -> str:
    """A poor house of which there is something everywhere."""
    [row] = busy_shell.json("status", "--only", "poor", "--limit", 1)
    house_id: str = row["house_id"]
    busy_shell("feedback", house_id, "fault", "--from", "2025-11-01", "--to", "2025-11-03")
    done = busy_shell.data / "inbox" / "done"
    done.mkdir(parents=True)
    mail = busy_shell("export", "quarantine").stdout.encode()
    lines = mail + b'{"house_id": "%s"}\n{"house_id": "other"}\n' % house_id.encode()
    (done / "mail.jsonl").write_bytes(lines)
    with gzip.open(done / "more.jsonl.gz", "wb") as file:
        file.write(lines)
    return house_id


def test_nothing_in_the_folder_names_it_any_more(busy_shell: Command, poor: str) -> None:
    before = named_in(busy_shell.data, poor)
    assert {DATABASE_NAME, "reports.jsonl", "inbox/done/mail.jsonl", "inbox/done/more.jsonl.gz"} <= set(
        before
    )
    others = [row for row in busy_shell.exported("statuses") if row["house_id"] != poor]
    told = busy_shell.json("houses", "erase", poor, "--yes")
    assert named_in(busy_shell.data, poor) == []
    assert told["left"] == []
    assert told["removed"]["day"] == 45
    assert sorted(Path(name).name for name in told["files"]) == [
        "mail.jsonl",
        "more.jsonl.gz",
        "reports.jsonl",
    ]
    assert busy_shell.exported("statuses") == others
    kept = (busy_shell.data / "inbox/done/mail.jsonl").read_text()
    assert '{"house_id": "other"}' in kept
    assert "not registered" in busy_shell.error("status", poor)


def test_it_is_known_to_have_been_erased(busy_shell: Command, poor: str) -> None:
    assert "never erased" in busy_shell.error("houses", "erased", poor)
    told = busy_shell.json("houses", "erase", poor, "--yes")
    known = busy_shell.json("houses", "erased", poor)
    assert known == {"erased_at": told["erased_at"], "removed": told["removed"]}


def test_what_an_older_version_left_in_free_room_goes_too(busy_shell: Command, poor: str) -> None:
    with closing(sqlite3.connect(busy_shell.data / DATABASE_NAME)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE old (text)")
        connection.executemany("INSERT INTO old VALUES (?)", [(f"{poor} {n}",) for n in range(2000)])
        connection.commit()
        connection.execute("DROP TABLE old")
        connection.commit()
    assert busy_shell.json("houses", "erase", poor, "--yes")["left"] == []
    assert named_in(busy_shell.data, poor) == []


def test_files_that_are_not_ours_to_cut_are_listed(busy_shell: Command, poor: str) -> None:
    path = busy_shell.data / "inbox/done/meter.nem12"
    path.write_text(f"100,NEM12,x,x,x\n200,{poor},E1\n900\n")
    ran = busy_shell("houses", "erase", poor, "--yes", exits=1)
    assert f"{path}: names the house" in " ".join(ran.stderr.split())
    assert named_in(busy_shell.data, poor) == ["inbox/done/meter.nem12"]


def test_it_asks_first(busy_shell: Command, poor: str) -> None:
    ran = busy_shell("houses", "erase", poor, exits=1)
    assert "cannot be undone" in ran.stderr
    assert poor in busy_shell("status", poor).stdout


def test_what_still_comes_of_it_is_dropped_until_it_is_registered_again(
    shell: Command, tmp_path: Path
) -> None:
    registration = houses_csv(tmp_path / "houses.csv", [a_house()])
    head = {"schema": 1, "type": "house", "id": "1", "updated_at": "2026-11-01T00:00:00Z"}
    said = head | {"house": asdict(a_house())}
    mail = tmp_path / "mail.jsonl"
    mail.write_bytes(lines_of(days_of("house-1", FIRST_DAY, 3)) + json.dumps(said).encode() + b"\n")
    shell("ingest", mail)
    assert len(shell.json("houses", "list")) == 1
    shell("houses", "erase", "house-1", "--yes")
    again = shell.json("ingest", mail)
    assert again.pop("erased") == 4
    assert not any(again.values()), again
    assert named_in(shell.data, "house-1") == []
    shell("houses", "add", registration)
    assert shell.json("ingest", mail)["accepted"] == 3
