"""A year of packets for a new house in one burst costs one settle and one predict."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sunsift.adapters.files import FilesInbox
from sunsift.domain.drift import Histogram
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.rules import Rules
from sunsift.domain.verdict import Reason, Score
from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from sunsift.local import ingest_all
from sunsift.model import load
from sunsift.ports import DELIVER, PREDICT
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.conftest import write_mail
from tests.support.build import FIRST_DAY, a_house, days_of, message_of
from tests.support.clock import ManualClock
from tests.support.process import Sunsift

DAYS = 365
# A period needs 25 usable days, so the first ends on the 25th day: 336 whole ones and 5 shorter.
READY = DAYS - Rules().ready_days + 1


class CountingModel:
    """The shipped model; it notes for how many periods it was asked each time."""

    def __init__(self) -> None:
        self._model = load()
        self.version = self._model.version
        self.history_days = self._model.history_days
        self.card = self._model.card
        self.asked: list[int] = []

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        self.asked.append(len(periods))
        return self._model.score(house, evidence, periods)

    def training_histograms(self) -> Mapping[str, Histogram]:
        return self._model.training_histograms()

    def explain(self, reason: Reason) -> str:
        return self._model.explain(reason)


@pytest.fixture
def burst(tmp_path: Path) -> Path:
    """Return a year of packets of one house, in no order."""
    packets = days_of("house-1", FIRST_DAY, DAYS)
    random.Random(5).shuffle(packets)
    return write_mail(tmp_path / "burst.jsonl", [message_of(p) for p in packets])


def test_every_step_runs_once(burst: Path, tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 10, 1, tzinfo=UTC))
    model = CountingModel()
    parts = replace(embedded(read_settings({}, tmp_path / "data"), clock=clock), model=model)
    parts.store.register([a_house()])
    inbox = FilesInbox([burst])
    inbox.batch = 32
    for _ in range(12):
        clock.turn(minutes=4)
        parts.ingest(inbox)
        assert parts.settle() == 0, "no house may be settled before it was quiet"
    assert ingest_all(parts, inbox).accepted == 0
    clock.turn(minutes=44)
    assert parts.settle() == 0
    clock.turn(minutes=1)
    assert [parts.settle() for _ in range(3)] == [1, 0, 0]
    hints = parts.topic.take(PREDICT, 100)
    assert hints == ["house-1"]

    done = parts.predict(hints)
    assert (done.houses, done.predictions, done.reports) == (1, READY, 1)
    assert model.asked == [READY]
    assert parts.topic.take(DELIVER, 100) == [""]

    clock.turn(days=2)
    assert (parts.settle(), parts.sweep(), parts.coordinator.waiting()) == (0, 0, 0)
    assert parts.predict(["house-1"]).houses == 0
    assert model.asked == [READY]
    parts.close()


def test_the_command_waits_until_the_house_is_quiet(burst: Path, sunsift: Sunsift, tmp_path: Path) -> None:
    houses = tmp_path / "houses.csv"
    houses.write_text(f"{HOUSE_COLUMNS}\n{house_line(a_house())}")
    sunsift.do("houses", "add", houses)
    before = datetime.now(UTC)
    sunsift.do("ingest", burst)
    after = datetime.now(UTC)

    def settle(moment: datetime) -> list[int]:
        done = sunsift.json("settle", "--now", moment.isoformat())
        return [done["houses"], done["predictions"], done["reports"]]

    assert settle(before + timedelta(minutes=44, seconds=59)) == [0, 0, 0]
    assert settle(after + timedelta(minutes=45, seconds=1)) == [1, READY, 1]
    assert settle(after + timedelta(days=9)) == [0, 0, 0]
