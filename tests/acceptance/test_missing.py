"""Missing is missing: never zero, never evidence of an outage."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sunsift.domain.readings import Packet
from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from tests.acceptance.conftest import write_mail
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, message_of
from tests.support.process import SunsiftHere

DAYS = 60


@pytest.fixture
def judged(here: SunsiftHere, tmp_path: Path) -> Any:
    """Return a function that judges the days of one house and returns its predictions and statuses."""
    houses = tmp_path / "houses.csv"
    houses.write_text(f"{HOUSE_COLUMNS}\n{house_line(a_house())}")

    def judge(packets: list[Packet]) -> tuple[list[Any], list[Any]]:
        here.do("houses", "add", houses)
        done = here.json("ingest", write_mail(tmp_path / "mail.jsonl", [message_of(p) for p in packets]))
        assert (done["accepted"], done["quarantined"]) == (len(packets), 0)
        here.do("settle", "--quiet-minutes", 0)
        return here.rows("predictions"), here.rows("statuses")

    return judge


def nulls(day: int, quality: str = "N") -> Packet:
    """Return a day without any reading."""
    return a_packet(day=day, nulls=48, quality=quality)


def verdicts(predictions: list[Any]) -> set[str]:
    """Return all verdicts."""
    return {row["verdict"] for row in predictions}


def test_the_panels_can_be_judged(judged: Any) -> None:
    """The tests below mean something: these panels look well, and dead ones look poor."""
    alive, dead = days_of("house-1", FIRST_DAY, DAYS), days_of("house-1", FIRST_DAY + DAYS, DAYS, alive=False)
    predictions, statuses = judged(alive + dead)
    assert verdicts(predictions[: DAYS - 24]) == {"well"}
    assert predictions[-1]["verdict"] == statuses[-1]["status"] == "poor"


@pytest.mark.parametrize("quality", ["N", "A"])
def test_days_of_nulls_are_no_outage(judged: Any, quality: str) -> None:
    packets = days_of("house-1", FIRST_DAY, DAYS)
    for day in (*range(DAYS - 5, DAYS), 30, 35):
        packets[day] = nulls(FIRST_DAY + day, quality)
    predictions, statuses = judged(packets)
    assert verdicts(predictions) == {"well"}
    assert {row["status"] for row in statuses} == {"well"}
    last = max(row["period_end"] for row in predictions)
    assert last == "2025-10-25", "no period may end on a day without data"
    assert predictions[-1]["usable_days"] == 28


def test_a_house_with_nulls_alone_is_not_judged(judged: Any) -> None:
    assert judged([nulls(FIRST_DAY + n) for n in range(DAYS)]) == ([], [])


def test_too_many_missing_days_are_not_judged(judged: Any) -> None:
    packets = [p if p.day % 3 else nulls(p.day) for p in days_of("house-1", FIRST_DAY, DAYS)]
    assert judged(packets) == ([], [])


def test_estimates_are_not_judged(judged: Any) -> None:
    assert judged(days_of("house-1", FIRST_DAY, DAYS, quality="E")) == ([], [])


def test_missing_noons_are_no_outage(judged: Any) -> None:
    """A few readings lost in the sunniest hour of every day look like nothing, not like no sun."""
    packets = []
    for packet in days_of("house-1", FIRST_DAY, DAYS):
        watt_hours = np.frombuffer(packet.readings, "<u2").reshape(2, 48).copy()
        watt_hours[:, 23:27] = 0xFFFF
        packets.append(packet._replace(readings=watt_hours.tobytes()))
    predictions, _ = judged(packets)
    assert len(predictions) == DAYS - 24
    assert "poor" not in verdicts(predictions)
