"""`sunsift ingest` and the watched folder, given the meter files of the Australian market."""

import gzip
import shutil
import signal
from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv, process, stop, wait_until
from tests.acceptance.test_cli_run import SWIFT, drop
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.nem12 import EXAMPLES, NMI, block, day, file_of, nem12_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]

SIMPLE = EXAMPLES / "nem12_simple.csv"
HOUSES = [NMI, *(f"610200001{n}" for n in range(1, 6)), "6102000021", "6102000031"]
CDR_HOUSE = "c1c1e2a0-5d50-4b0e-9f2e-6102000051aa"


@pytest.fixture
def ready(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with the houses of all examples."""
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house(h) for h in [*HOUSES, CDR_HOUSE]]))
    return shell


def counts(printed: dict[str, int]) -> tuple[int, int, int]:
    return printed["accepted"], printed["duplicate"], printed["quarantined"]


def test_every_example_is_recognised_and_ingested_once(ready: Command) -> None:
    for name, packets in [("simple", 3), ("many", 8), ("quality", 9), ("revised", 3)]:
        path = EXAMPLES / f"nem12_{name}.csv"
        assert counts(ready.json("ingest", path)) == (packets, 0, 0)
        assert counts(ready.json("ingest", path)) == (0, packets, 0)
    assert counts(ready.json("ingest", EXAMPLES / "cdr_usage.json")) == (4, 0, 1)


def test_packed_piped_and_mixed_with_packets(ready: Command, tmp_path: Path) -> None:
    packed, lines = tmp_path / "meter.gz", tmp_path / "lines.jsonl"
    packed.write_bytes(gzip.compress(SIMPLE.read_bytes()))
    lines.write_bytes(lines_of(days_of(NMI, FIRST_DAY, 2)))
    assert counts(ready.json("ingest", packed, lines, SIMPLE)) == (5, 3, 0)
    for text in (SIMPLE.read_bytes(), packed.read_bytes()):
        with process(ready.data, "ingest", "-", "--json") as running:
            out, _ = running.communicate(text)
        assert b'"duplicate": 3' in out


def test_a_later_file_revises_the_days_that_it_changes(ready: Command, tmp_path: Path) -> None:
    ready("ingest", SIMPLE)
    later = tmp_path / "later.csv"
    later.write_bytes(
        SIMPLE.read_bytes().replace(b"20251103021500,20251103031122", b"20251120021500,20251120031122")
    )
    printed = ready.json("ingest", later)
    assert (printed["accepted"], printed["revised"], printed["duplicate"]) == (1, 1, 2)
    assert counts(ready.json("ingest", SIMPLE)) == (0, 2, 0)


def test_half_a_day_wipes_nothing_and_says_why(ready: Command, tmp_path: Path) -> None:
    ready("ingest", SIMPLE)
    half = tmp_path / "half.csv"
    half.write_bytes(file_of(block("E1"), day(updated="20251201000000")))
    assert counts(ready.json("ingest", half)) == (0, 0, 1)
    [row] = ready.exported("quarantine")
    assert (row["code"], row["house_id"], row["source"]) == ("half_a_day", NMI, f"{half} line 3")
    assert "E1 came without B1" in row["reason"]
    assert row["body"].splitlines() == [block("E1"), day(updated="20251201000000")]


def test_a_redrive_keeps_the_reason_of_what_never_was_a_message(ready: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(file_of(block("E1", configuration="E1"), day(["1"] * 47)))
    ready("ingest", bad, EXAMPLES / "nem13.csv", EXAMPLES / "cdr_usage.json")
    before = ready.exported("quarantine")
    assert sorted(row["code"] for row in before) == ["no_intervals", "no_intervals", "wrong_length"]
    ready("quarantine", "redrive", "--all")
    assert ready.exported("quarantine") == before


def test_a_house_with_another_clock_waits_in_quarantine(shell: Command, tmp_path: Path) -> None:
    """Market time is UTC+10 in Adelaide too; registered with UTC+9.5 its days would be cut elsewhere."""
    adelaide = a_house(NMI, utc_offset_hours=9.5)
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [adelaide]))
    assert counts(shell.json("ingest", SIMPLE)) == (0, 0, 3)
    assert {row["code"] for row in shell.exported("quarantine")} == {"clock"}
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house(NMI)]))
    assert shell.exported("quarantine") == []


def test_the_format_can_be_said(ready: Command, tmp_path: Path) -> None:
    as_lines = ready.json("ingest", SIMPLE, "--format", "jsonl")
    assert as_lines["quarantined"] == len(SIMPLE.read_bytes().splitlines())
    assert counts(ready.json("ingest", SIMPLE, "--format", "nem12")) == (3, 0, 0)
    assert "nem12" in ready.error("ingest", SIMPLE, "--format", "nem14", exits=2)


def test_wrong_words_about_tables_are_wrong_usage(ready: Command, tmp_path: Path) -> None:
    broken = tmp_path / "columns.toml"
    broken.write_text("columns = [")
    assert "no TOML" in ready.error("ingest", SIMPLE, "--columns", broken, exits=2)
    assert "cannot be read" in ready.error("ingest", SIMPLE, "--columns", tmp_path / "missing", exits=2)
    broken.write_text("colour = 'blue'")
    assert "colour" in ready.error("ingest", SIMPLE, "--columns", broken, exits=2)
    assert "Mars" in ready.error("ingest", SIMPLE, "--timezone", "Mars/Olympus", exits=2)


def test_the_folder_takes_meter_files(ready: Command) -> None:
    inbox = ready.data / "inbox"
    inbox.mkdir()
    shutil.copy(SIMPLE, inbox / "MDFF.CSV")
    drop(inbox, "usage.json", (EXAMPLES / "cdr_usage.json").read_bytes())
    drop(inbox, "old.csv.gz", gzip.compress(nem12_of(days_of("6102000011", FIRST_DAY, 3))))
    drop(inbox, "empty.nem12", file_of())
    with process(ready.data, *SWIFT) as running:
        wait_until(lambda: len(list((inbox / "done").glob("*"))) == 3, running)
        wait_until((inbox / "failed" / "empty.nem12").exists, running)
        stop(running, signal.SIGTERM)
    assert sorted(p.name for p in (inbox / "done").iterdir()) == ["MDFF.CSV", "old.csv.gz", "usage.json"]
    codes = sorted(row["code"] for row in ready.exported("quarantine"))
    assert codes == ["no_intervals", "unreadable"]
    assert counts(ready.json("ingest", SIMPLE)) == (0, 3, 0)
