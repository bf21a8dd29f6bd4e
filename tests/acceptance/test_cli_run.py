"""`sunsift run`: the service."""

import json
import signal
from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv, process, stop, wait_until
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.receiver import Receiver

pytest_plugins = ["tests.acceptance.cli_fixtures"]

AT_ONCE = (
    "--poll-seconds 0.05 --settle-seconds 0.05 --deliver-seconds 0.05 --sweep-seconds 0.2 --whole-after 0.05"
)
SWIFT = ("run", "--quiet-minutes", "0", *AT_ONCE.split())


@pytest.fixture
def ready(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with one registered house."""
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house(capacity_kwp=2.5)]))
    return shell


def drop(inbox: Path, name: str, text: bytes) -> None:
    """Hand a file over at once."""
    inbox.mkdir(exist_ok=True)
    (inbox / ".incoming").write_bytes(text)
    (inbox / ".incoming").replace(inbox / name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_packets_become_reports_and_a_signal_stops_it(
    ready: Command, tmp_path: Path, number: signal.Signals
) -> None:
    inbox, reports = tmp_path / "in", tmp_path / "out" / "reports.jsonl"
    with process(ready.data, *SWIFT, "--inbox", inbox, "--to", reports) as running:
        wait_until(inbox.is_dir, running)
        drop(inbox, "days.jsonl", lines_of(days_of("house-1", FIRST_DAY, 40)))
        wait_until(reports.exists, running)
        wait_until(lambda: b"\n" in reports.read_bytes(), running)
        wait_until((inbox / "done" / "days.jsonl").exists, running)
        code, out, err = stop(running, number)
    assert (code, out) == (0, "")
    for said in (
        str(inbox),
        str(reports),
        "stop with Ctrl-C",
        "ingested 40",
        "settled 1",
        number.name,
        "stopped",
    ):
        assert said in err
    assert "Traceback" not in err
    [report] = map(json.loads, reports.read_text().splitlines())
    assert (report["data"]["house_id"], report["data"]["status"]) == ("house-1", "well")


def test_it_goes_on_where_it_was(ready: Command) -> None:
    inbox = ready.data / "inbox"
    drop(inbox, "first.jsonl", lines_of(days_of("house-1", FIRST_DAY, 20)))
    with process(ready.data, *SWIFT) as running:
        wait_until((inbox / "done" / "first.jsonl").exists, running)
        running.kill()
        running.wait()
    drop(inbox, "second.jsonl", lines_of(days_of("house-1", FIRST_DAY + 20, 20)))
    with process(ready.data, *SWIFT) as running:
        wait_until((ready.data / "reports.jsonl").exists, running)
        wait_until((inbox / "done" / "second.jsonl").exists, running)
        assert stop(running, signal.SIGTERM)[0] == 0
    assert len(ready.exported("predictions")) == 16
    assert ready.json("settle", "--quiet-minutes", "0")["houses"] == 0


def test_houses_wait_for_quiet_in_the_service_too(ready: Command) -> None:
    drop(ready.data / "inbox", "days.jsonl", lines_of(days_of("house-1", FIRST_DAY, 40)))
    with process(ready.data, "run", *AT_ONCE.split()) as running:
        wait_until((ready.data / "inbox" / "done" / "days.jsonl").exists, running)
        assert stop(running, signal.SIGTERM)[0] == 0
    assert ready.exported("predictions") == []
    assert ready.json("settle", "--quiet-minutes", "0")["houses"] == 1


def test_many_small_files_are_taken_together(ready: Command) -> None:
    inbox = ready.data / "inbox"
    for day in range(300):
        drop(inbox, f"day-{day:03d}.jsonl", lines_of(days_of("house-1", FIRST_DAY + day, 1)))
    with process(ready.data, *SWIFT) as running:
        wait_until(lambda: len(list(inbox.glob("done/*"))) == 300, running)
        _, _, err = stop(running, signal.SIGTERM)
    assert sum("ingested" in line for line in err.splitlines()) < 30


def test_reports_go_to_a_web_server(ready: Command) -> None:
    drop(ready.data / "inbox", "days.jsonl", lines_of(days_of("house-1", FIRST_DAY, 40)))
    receiver = Receiver()
    with receiver.running(), process(ready.data, *SWIFT, "--to", receiver.url) as running:
        wait_until(lambda: bool(receiver.received), running)
        assert stop(running, signal.SIGTERM)[0] == 0
    assert [row["data"]["house_id"] for row in receiver.received] == ["house-1"]
    [report] = ready.exported("reports")
    assert report["key"] == receiver.received[0]["data"]["key"] == receiver.ids[0]
    assert report["delivered_at"] is not None


def test_an_inbox_that_cannot_be_made(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with process(ready.data, "run", "--inbox", tmp_path / "file" / "inbox") as running:
        _, err = running.communicate()
    assert running.returncode == 1
    assert (
        err.decode().splitlines()[-1].startswith(f"Error: {tmp_path / 'file' / 'inbox'}: cannot be created")
    )


def test_files_of_other_kinds_are_left_alone(ready: Command) -> None:
    inbox = ready.data / "inbox"
    drop(inbox, "notes.txt", b"not for Sunsift")
    drop(inbox, "days.ndjson", lines_of(days_of("house-1", FIRST_DAY, 1)))
    with process(ready.data, *SWIFT) as running:
        wait_until((inbox / "done" / "days.ndjson").exists, running)
        stop(running, signal.SIGTERM)
    assert (inbox / "notes.txt").exists()
