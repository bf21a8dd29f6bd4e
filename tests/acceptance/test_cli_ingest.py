"""`sunsift ingest`."""

import gzip
from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv, process
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, lines_of, message_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]


@pytest.fixture
def ready(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with one registered house."""
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house()]))
    return shell


def test_every_packet_is_counted_for_what_it_was(ready: Command, tmp_path: Path) -> None:
    first = tmp_path / "first.jsonl"
    first.write_bytes(lines_of([a_packet(revision=1), a_packet(day=FIRST_DAY + 1)]))
    ready("ingest", first)
    second = tmp_path / "second.jsonl.gz"
    lines = [
        message_of(a_packet(revision=2)),
        message_of(a_packet(revision=0)),
        message_of(a_packet(day=FIRST_DAY + 1)),
        message_of(a_packet(day=FIRST_DAY + 2)),
        b"nonsense",
        message_of(a_packet("stranger")),
    ]
    second.write_bytes(gzip.compress(b"\n".join(lines)))
    result = ready("ingest", second)
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["accepted", "2"], ["duplicate", "1"], ["superseded", "1"], ["quarantined", "2"],
    ]  # fmt: skip
    assert "1 revise" in result.stdout
    assert "quarantine list" in result.stderr


def test_json_and_several_files(ready: Command, tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.gz"
    plain.write_bytes(lines_of(days_of("house-1", FIRST_DAY, 3)))
    packed.write_bytes(gzip.compress(lines_of(days_of("house-1", FIRST_DAY + 2, 3))))
    assert ready.json("ingest", plain, packed) == {
        "accepted": 5, "revised": 0, "duplicate": 1, "superseded": 0, "quarantined": 0, "houses": 0,
        "redriven": 0, "erased": 0,
    }  # fmt: skip
    assert ready.json("ingest", packed, plain)["duplicate"] == 6


def test_standard_input(ready: Command) -> None:
    with process(ready.data, "ingest", "-", "--json") as running:
        out, err = running.communicate(lines_of(days_of("house-1", FIRST_DAY, 7)))
    assert (running.returncode, err) == (0, b"")
    assert b'"accepted": 7' in out
    with process(ready.data, "ingest", "-") as running:
        out, err = running.communicate(gzip.compress(lines_of(days_of("house-1", FIRST_DAY, 7))))
    assert running.returncode == 0
    assert b"quarantined" in out


def test_a_missing_file_is_wrong_usage_and_nothing_is_ingested(ready: Command, tmp_path: Path) -> None:
    good = tmp_path / "good.jsonl"
    good.write_bytes(lines_of([a_packet()]))
    error = ready.error("ingest", good, tmp_path / "missing.jsonl", exits=2)
    assert "missing.jsonl" in error
    assert ready.json("ingest", good)["accepted"] == 1


def test_a_folder_is_no_file(ready: Command, tmp_path: Path) -> None:
    assert "directory" in ready.error("ingest", tmp_path, exits=2)


def test_files_that_break_off_or_are_empty_go_to_quarantine(ready: Command, tmp_path: Path) -> None:
    whole = gzip.compress(lines_of(days_of("house-1", FIRST_DAY, 30)))
    cut, empty = tmp_path / "cut.jsonl.gz", tmp_path / "empty.jsonl"
    cut.write_bytes(whole[:-200])
    empty.write_bytes(b"")
    counts = ready.json("ingest", cut, empty)
    assert counts["quarantined"] == 2
    reasons = " ".join(row["reason"] for row in ready.exported("quarantine"))
    assert "breaks off" in reasons
    assert "empty" in reasons
