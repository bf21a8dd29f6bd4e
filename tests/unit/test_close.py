"""Region days on SQLite: when they close, with what, and who waits for them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sunsift.domain.evidence import GEOMETRY, stack_evidence
from sunsift.domain.sunlight import NO_SENSOR, feed_profile, measure_profiles
from sunsift.ports import PREDICT
from sunsift.settings import read_settings
from sunsift.steps import close as step
from sunsift.wiring import Sunsift, embedded
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.clock import ManualClock
from tests.support.models import ExportModel

HOUSES = tuple("abcdef")
REGION = a_house().weather_region
DAYS = 30


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def parts(tmp_path: Path, clock: ManualClock) -> Iterator[Sunsift]:
    parts = replace(embedded(read_settings({}, tmp_path), clock=clock), model=ExportModel())
    parts.store.register([a_house(house_id) for house_id in HOUSES])
    yield parts
    parts.close()


def arrive(parts: Sunsift, house_id: str, days: int = DAYS, revision: int = 0) -> None:
    """Let the packets of a house arrive."""
    saved = parts.store.save(days_of(house_id, FIRST_DAY, days, revision=revision), [])
    parts.coordinator.touch(saved.arrived)


def closed(parts: Sunsift) -> dict[int, bytes]:
    """Return the closed profiles of the region."""
    return {r.day: r.profile for r in parts.records.region_days() if r.profile is not None}


def settled(parts: Sunsift) -> int:
    """Settle what is due; return how many houses were predicted."""
    parts.settle()
    return parts.predict(parts.topic.take(PREDICT, 100)).houses


def test_a_region_day_closes_some_time_after_its_first_packet(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a", days=1)
    clock.turn(minutes=40)
    arrive(parts, "b", days=2)
    clock.turn(minutes=4)
    assert parts.close_days() == 0
    clock.turn(minutes=1)
    assert parts.close_days() == 1
    assert list(closed(parts)) == [FIRST_DAY]
    clock.turn(minutes=40)
    assert parts.close_days() == 1
    assert parts.close_days() == 0


def test_a_profile_is_measured_from_all_that_has_come_by_then(parts: Sunsift, clock: ManualClock) -> None:
    packets = [a_packet(house_id) for house_id in HOUSES]
    for packet in packets:
        parts.store.save([packet], [])
        clock.turn(minutes=5)
    clock.turn(minutes=15)
    parts.close_days()
    assert closed(parts) == measure_profiles([a_house(house_id) for house_id in HOUSES], packets)


def test_a_day_of_which_nobody_exported_closes_too(parts: Sunsift, clock: ManualClock) -> None:
    parts.store.save([a_packet("a", nulls=48)], [])
    clock.turn(hours=1)
    assert parts.close_days() == 1
    assert closed(parts) == {FIRST_DAY: NO_SENSOR}


def test_a_day_whose_houses_moved_away_closes_too(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a", days=1)
    parts.store.register([a_house("a", region="elsewhere")])
    clock.turn(hours=1)
    assert parts.close_days() == 2
    profiles = {r.region: r.profile for r in parts.records.region_days()}
    assert profiles[REGION] == NO_SENSOR != profiles["elsewhere"]


def test_what_was_imported_is_taken_instead_of_the_fleet(parts: Sunsift, clock: ManualClock) -> None:
    grey = feed_profile(np.full(24, 0.3))
    assert parts.store.import_feed([(REGION, FIRST_DAY + 1, grey), ("elsewhere", FIRST_DAY, grey)]) == 2
    arrive(parts, "a", days=2)
    clock.turn(hours=1)
    assert parts.close_days() == 2
    profiles = closed(parts)
    assert profiles[FIRST_DAY + 1] == grey
    assert profiles[FIRST_DAY] == measure_profiles([a_house("a")], [a_packet("a")])[FIRST_DAY]


def test_any_number_of_days_closes(parts: Sunsift, clock: ManualClock) -> None:
    days = 2 * step.BATCH + 3
    arrive(parts, "a", days=days)
    clock.turn(hours=1)
    assert parts.close_days() == days
    assert closed(parts) == measure_profiles([a_house("a")], days_of("a", FIRST_DAY, days))


def test_what_comes_after_the_closing_changes_no_profile(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a")
    clock.turn(hours=1)
    assert settled(parts) == 1
    before = closed(parts)
    arrive(parts, "a", revision=1)
    arrive(parts, "b")
    clock.turn(hours=1)
    assert settled(parts) == 2
    assert closed(parts) == before


def test_settle_closes_before_it_looks_for_quiet_houses(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a")
    clock.turn(minutes=45)
    assert parts.settle() == 1
    done = parts.predict(["a"])
    assert (done.houses, done.waiting) == (1, 0)


def test_a_quiet_house_waits_for_its_region_days(parts: Sunsift, clock: ManualClock) -> None:
    parts = replace(parts, rules=replace(parts.rules, close_minutes=90))
    arrive(parts, "a", days=DAYS - 1)
    clock.turn(minutes=10)
    parts.store.save([a_packet("b", FIRST_DAY + DAYS - 1)], [])
    arrive(parts, "a")
    clock.turn(minutes=45)
    assert parts.settle() == 1
    done = parts.predict(parts.topic.take(PREDICT, 10))
    assert (done.houses, done.waiting) == (0, 1)
    for _ in range(11):
        clock.turn(minutes=4)
        assert parts.settle() == 0, "its last region day is not due yet"
    clock.turn(minutes=1)
    assert settled(parts) == 1
    clock.turn(hours=3)
    settled(parts)
    assert parts.coordinator.waiting() == 0, "no clock is left behind"


def test_a_hint_that_comes_before_the_closing_loses_no_house(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a")
    clock.turn(minutes=45)
    assert parts.predict(["a"]).waiting == 1
    assert settled(parts) == 1


def test_houses_see_the_sun_of_their_neighbours(parts: Sunsift, clock: ManualClock) -> None:
    for house_id in HOUSES:
        arrive(parts, house_id, days=1)
    clock.turn(hours=1)
    parts.close_days()
    model = ExportModel()
    assert replace(parts, model=model).predict(["a"]).houses == 1
    parts.store.save([a_packet("a", FIRST_DAY + 1)], [])
    (work,) = parts.store.open(["a"], DAYS, 10)
    evidence = stack_evidence(work.evidence)
    assert not evidence.flag(GEOMETRY).any()
    assert evidence.column("light_noon")[0] < 1.0
