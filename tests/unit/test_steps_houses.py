"""Registrations by message, in the step that takes them in: with packets, before them, after them, twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sunsift.ports import Coordinator
from sunsift.settings import read_settings
from sunsift.steps.ingest import REDRIVE_BATCH, ingest
from sunsift.wiring import Sunsift, embedded
from tests.support.breaking import BoomError
from tests.support.build import FIRST_DAY, a_house, a_house_message, a_packet, days_of, message_of
from tests.support.clock import ManualClock
from tests.support.pile import Pile

SAID = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def parts(tmp_path: Path, clock: ManualClock) -> Iterator[Sunsift]:
    parts = embedded(read_settings({}, tmp_path), clock=clock)
    yield parts
    parts.close()


def codes(parts: Sunsift) -> list[str]:
    """Return what is in quarantine."""
    return sorted(q.code for q in parts.records.quarantine())


def test_a_house_may_come_behind_its_packets_in_one_batch(parts: Sunsift) -> None:
    bodies = [*map(message_of, days_of("a", FIRST_DAY, 3)), a_house_message(a_house("a"), SAID)]
    done = parts.ingest(Pile(bodies))
    assert (done.taken, done.saved.accepted, done.saved.houses, done.saved.redriven) == (4, 3, 1, 0)
    assert codes(parts) == []
    assert list(parts.records.houses()) == [a_house("a")]


def test_packets_that_waited_are_taken_in_with_the_house(parts: Sunsift) -> None:
    first = FIRST_DAY - 300
    waiting = [message_of(p) for name in "abcd" for p in days_of(name, first, 300, interval_minutes=60)]
    assert len(waiting) > REDRIVE_BATCH
    parts.ingest(Pile([*waiting, message_of(a_packet("stranger"))], batch=2000))
    words = [a_house_message(a_house(name), SAID) for name in "abcd"]
    done = parts.ingest(Pile(words))
    assert (done.saved.houses, done.saved.accepted, done.saved.redriven) == (4, 0, len(waiting))
    assert codes(parts) == ["unknown_house"]
    assert parts.coordinator.waiting() == 4
    again = parts.ingest(Pile(words)).saved
    assert (again.houses, again.houses_superseded, again.redriven) == (0, 0, 0)


def test_packets_wait_for_the_clock_of_their_house(parts: Sunsift) -> None:
    parts.store.register([a_house("a", utc_offset_hours=10.0)], [0])
    cut = [message_of(p, utc_offset_hours=9.5) for p in days_of("a", FIRST_DAY, 3)]
    agreed = message_of(a_packet("a", FIRST_DAY + 9), utc_offset_hours=10)
    done = parts.ingest(Pile([*cut, agreed]))
    assert (done.saved.accepted, done.saved.quarantined) == (1, 3)
    reasons = {(q.code, q.reason, q.house_id) for q in parts.records.quarantine()}
    reason = "cut by UTC+9.5, registered with UTC+10: register the house with the clock its meter data is in"
    assert reasons == {("clock", reason, "a")}
    assert parts.redrive(list(parts.records.quarantine())).saved.accepted == 0
    assert parts.sweep() == 1, "the house, and no packet"
    word = a_house_message(a_house("a", utc_offset_hours=9.5), SAID)
    assert parts.ingest(Pile([word])).saved.redriven == 3
    assert codes(parts) == []


def test_the_sweep_finds_packets_whose_registration_came_otherwise(parts: Sunsift) -> None:
    parts.store.register([a_house("a")])
    parts.ingest(Pile([message_of(a_packet("a"), utc_offset_hours=9.5), message_of(a_packet("b"))]))
    assert codes(parts) == ["clock", "unknown_house"]
    parts.store.register([a_house("a", utc_offset_hours=9.5), a_house("b")])
    assert parts.sweep() == 2
    assert codes(parts) == []


def test_a_stranger_with_the_wrong_clock_waits_twice(parts: Sunsift) -> None:
    parts.ingest(Pile([message_of(a_packet("a"), utc_offset_hours=9.5)]))
    assert codes(parts) == ["unknown_house"]
    assert parts.ingest(Pile([a_house_message(a_house("a"), SAID)])).saved.redriven == 0
    assert codes(parts) == ["clock"]
    _, redriven = parts.register([a_house("a", utc_offset_hours=9.5)])
    assert redriven.accepted == 1
    assert codes(parts) == []


def test_older_words_do_nothing_and_are_counted(parts: Sunsift) -> None:
    parts.register([a_house("a")])
    words = [a_house_message(a_house("a", tilt=9.0), SAID), a_house_message(a_house("b"), SAID)]
    saved = parts.ingest(Pile([words[0], words[1], words[0]])).saved
    assert (saved.houses, saved.houses_superseded) == (1, 2)
    assert parts.store.houses(["a"])["a"] == a_house("a")


def test_a_house_in_quarantine_brings_its_packets_along(parts: Sunsift, clock: ManualClock) -> None:
    early = a_house_message(a_house("a"), datetime(2026, 1, 3, tzinfo=UTC))
    parts.ingest(Pile([message_of(a_packet("a")), early]))
    assert codes(parts) == ["future", "unknown_house"]
    clock.turn(days=2)
    (future,) = [q for q in parts.records.quarantine() if q.code == "future"]
    saved = parts.redrive([future]).saved
    assert (saved.houses, saved.redriven, saved.quarantined) == (1, 1, 0)
    assert codes(parts) == []


class Dying:
    """A coordinator before whose first hint the machine stops."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator
        self.lives = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coordinator, name)

    def touch(self, arrived: dict[str, int]) -> None:
        if not self.lives:
            raise BoomError
        self._coordinator.touch(arrived)


def test_whoever_died_before_a_clock_was_started_delays_no_house(parts: Sunsift, clock: ManualClock) -> None:
    parts.store.register([a_house("a")], [0])
    parts.ingest(Pile(map(message_of, days_of("a", FIRST_DAY, 30))))
    clock.turn(hours=1)
    parts.settle()
    assert parts.predict(["a"]).houses == 1
    dying = Dying(parts.coordinator)
    shaken = replace(parts, coordinator=dying)
    inbox = Pile([a_house_message(a_house("a", tilt=20.0), SAID)])
    with pytest.raises(BoomError):
        shaken.ingest(inbox)
    assert list(parts.store.unsettled(10)) == ["a"]
    dying.lives = True
    assert ingest(inbox, parts.store, parts.coordinator, clock).saved.houses == 0
    clock.turn(hours=1)
    assert parts.settle() == 1
    assert parts.predict(["a"]).houses == 1
