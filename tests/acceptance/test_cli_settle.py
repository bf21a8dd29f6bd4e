"""`sunsift settle` and `sunsift deliver`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.cli_command import Command, houses_csv, process
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, lines_of
from tests.support.receiver import Receiver

pytest_plugins = ["tests.acceptance.cli_fixtures"]


@pytest.fixture
def waiting(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with two houses whose 40 days wait to be judged: one alive, one dead."""
    shell(
        "houses",
        "add",
        houses_csv(tmp_path / "houses.csv", [a_house("alive", capacity_kwp=2.5), a_house("dead")]),
    )
    packets = [*days_of("alive", FIRST_DAY, 40), *days_of("dead", FIRST_DAY, 40, alive=False)]
    (tmp_path / "packets.jsonl").write_bytes(lines_of(packets))
    shell("ingest", tmp_path / "packets.jsonl")
    return shell


def test_houses_wait_until_they_have_been_quiet(waiting: Command) -> None:
    assert waiting.json("settle") == {"houses": 0, "predictions": 0, "reports": 0, "waiting": 2}
    assert "not due yet: 2 houses, until no packet came for 45 minutes" in waiting("settle").stdout
    assert waiting.json("settle", "--quiet-minutes", "0") == {
        "houses": 2, "predictions": 32, "reports": 2, "waiting": 0,
    }  # fmt: skip
    assert waiting.json("settle", "--quiet-minutes", "0")["houses"] == 0


@pytest.mark.parametrize(("minutes", "houses"), [(44, 0), (46, 2)])
@pytest.mark.parametrize("zone", ["Z", "", "+05:30"])
def test_the_time_can_be_given(waiting: Command, minutes: int, houses: int, zone: str) -> None:
    offset = timedelta(hours=5.5) if zone == "+05:30" else timedelta()
    moment = datetime.now(UTC) + timedelta(minutes=minutes) + offset
    now = moment.replace(tzinfo=None).isoformat(timespec="seconds") + zone
    assert waiting.json("settle", "--now", now)["houses"] == houses


def test_a_past_time_leaves_no_trace(waiting: Command) -> None:
    # Otherwise the way back to the present would count as years of quiet.
    assert waiting.json("settle", "--now", "2013-05-01T00:00:00Z")["houses"] == 0
    assert waiting.json("settle")["houses"] == 0


def test_settling_waits_for_another_process_that_settles(waiting: Command) -> None:
    parts = embedded(read_settings({}, waiting.data))
    try:
        with parts.settling(wait=True):
            running = process(waiting.data, "settle", "--quiet-minutes", "0", "--json")
            other = running.__enter__()
            assert other.stderr is not None
            said = other.stderr.readline()
            assert b"Another process is settling" in said
            assert other.poll() is None
        out, _ = other.communicate()
        running.__exit__(None, None, None)
    finally:
        parts.close()
    assert json.loads(out)["houses"] == 2


def test_reports_go_to_the_file_once(waiting: Command) -> None:
    waiting("settle", "--quiet-minutes", "0")
    nothing = {"sent": 0, "failed": 0, "given_up": 0, "undelivered": 0, "gone": False}
    assert waiting.json("deliver") == nothing | {"sent": 2}
    assert waiting.json("deliver") == nothing
    lines = (waiting.data / "reports.jsonl").read_text().splitlines()
    reports = {row["house_id"]: row for row in (json.loads(line)["data"] for line in lines)}
    assert len(lines) == 2
    assert reports["dead"]["status"] == "poor"
    assert reports["alive"]["status"] == "well"
    assert {row["key"] for row in reports.values()} == {row["key"] for row in waiting.exported("reports")}


def test_reports_go_to_a_web_server_which_may_refuse_them(waiting: Command, tmp_path: Path) -> None:
    waiting("settle", "--quiet-minutes", "0")
    receiver = Receiver()
    with receiver.running():
        receiver.answer = 500
        result = waiting("deliver", "--to", receiver.url, exits=1)
        assert "Error: not acknowledged: 2 reports (the receiver answered 500)" in result.stderr
        assert len(result.stderr.splitlines()) == 1
        # Failed reports rest for a while; new ones do not.
        receiver.answer = 200
        told = waiting.json("deliver", "--to", receiver.url)
    assert (told["sent"], told["failed"], told["undelivered"]) == (0, 0, 2)
    assert receiver.received == []
    assert all(row["delivered_at"] is None for row in waiting.exported("reports"))


def test_a_wrong_address_is_refused(waiting: Command) -> None:
    assert "http" in waiting.error("deliver", "--to", "ftp://example.org/x")


def test_a_correction_changes_what_was_said(waiting: Command, tmp_path: Path) -> None:
    waiting("settle", "--quiet-minutes", "0")
    before = waiting.exported("statuses")
    dead_after_all = [a_packet("alive", FIRST_DAY + d, alive=False, revision=1) for d in range(40)]
    (tmp_path / "revised.jsonl").write_bytes(lines_of(dead_after_all))
    assert waiting.json("ingest", tmp_path / "revised.jsonl")["revised"] == 40
    assert waiting.json("settle", "--quiet-minutes", "0")["houses"] == 1
    after = waiting.exported("statuses")
    assert [row["status"] for row in before if row["house_id"] == "alive"][-1] == "well"
    assert [row["status"] for row in after if row["house_id"] == "alive"][-1] == "poor"
