"""What steps did is written down, minute by minute, and never in their way."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sunsift.activity import ActivityObserver
from sunsift.local import Schedule, Service
from sunsift.parcels import Activity
from sunsift.settings import read_settings
from sunsift.telemetry import Counts
from sunsift.wiring import Sunsift, embedded, inbox_at, sender_to
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.clock import ManualClock
from tests.support.kill import wait_until

NOW = 1_767_225_600 // 60  # the minute at which the clock of tests stands


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float, Counts]] = []
        self.levels: list[tuple[str, int]] = []

    def step(self, name: str, seconds: float, counts: Counts) -> None:
        self.steps.append((name, seconds, counts))

    def level(self, name: str, value: int) -> None:
        self.levels.append((name, value))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def parts(tmp_path: Path, clock: ManualClock) -> Iterator[Sunsift]:
    with closing(embedded(read_settings({}, tmp_path), clock=clock)) as parts:
        yield parts


def test_runs_add_up_and_are_written_now_and_then(parts: Sunsift, clock: ManualClock) -> None:
    heard = Heard()
    observer = ActivityObserver(parts.store, clock, heard, write_seconds=3600.0)
    observer.step("ingest", 0.25, {"MessagesTaken": 32, "MessagesQuarantined": 2})
    assert parts.records.activity(0) == [Activity(NOW, "ingest", 1, 250, 32, 2)], "the first at once"
    observer.step("ingest", 0.1, {"MessagesTaken": 5})
    observer.step("ingest", 0.1, {"MessagesTaken": 5})
    clock.turn(minutes=1)
    observer.step("deliver", 0.002, {"ReportsSent": 3, "ReportsFailed": 1})
    observer.level("InboxDepth", 7)
    assert len(parts.records.activity(0)) == 1, "the others wait"
    observer.write()
    observer.write()
    assert parts.records.activity(0) == [
        Activity(NOW, "ingest", 3, 450, 42, 2),
        Activity(NOW + 1, "deliver", 1, 2, 3, 1),
    ]
    assert [name for name, _, _ in heard.steps] == ["ingest", "ingest", "ingest", "deliver"]
    assert heard.levels == [("InboxDepth", 7)]


def test_trouble_of_the_store_ends_no_step(
    parts: Sunsift, clock: ManualClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = embedded(read_settings({}, tmp_path / "other"), clock=clock)
    elsewhere.close()
    noted = replace(parts, observer=ActivityObserver(elsewhere.store, clock, write_seconds=0.0))
    with caplog.at_level(logging.INFO, "sunsift"):
        assert noted.sweep() == 0
    assert "not noted" in caplog.text


def test_the_service_notes_what_its_steps_did(tmp_path: Path) -> None:
    settings = read_settings({"SUNSIFT_QUIET_MINUTES": "0"}, tmp_path)
    with closing(embedded(settings)) as parts:
        parts.store.register([a_house()])
        settings.inbox.mkdir()
        (settings.inbox / "packets.jsonl").write_bytes(lines_of(days_of("house-1", FIRST_DAY, 40)))
        heard = Heard()
        service = Service(
            replace(parts, observer=heard),
            inbox_at(None, settings, whole_after=0.0),
            sender_to(str(settings.outbox), settings),
            Schedule(poll_seconds=0.02, settle_seconds=0.02, deliver_seconds=0.02),
        )
        thread = threading.Thread(target=service.run)
        thread.start()
        wait_until(lambda: any(name == "deliver" and c["ReportsSent"] for name, _, c in heard.steps))
        service.stop()
        thread.join()
        rows = parts.records.activity(0)
        assert {row.step for row in rows} == {"poll", "ingest", "settle", "predict", "deliver", "sweep"}
        for step, done in (("ingest", 40), ("predict", 1), ("deliver", 1)):
            assert sum(row.done for row in rows if row.step == step) == done
        for step in ("poll", "deliver"):
            told = sum(name == step for name, _, _ in heard.steps)
            assert sum(row.runs for row in rows if row.step == step) == told
