"""Stands beside the store during a run and follows each report from its first try to its end."""

from collections.abc import Callable, Sequence
from typing import Any

from sunsift.domain.rules import Rules
from sunsift.parcels import Report
from sunsift.records import Records
from sunsift.settings import LONGEST_STEP_MS
from tests.simulation.ports import Around, SimulatedClock


class Postman:
    """Knows what was claimed, given back, given up and asked for again, and when by real time.

    given_up: keys that were given up at any time. again: keys that somebody asked for again while nobody was
    sending, each with how much the retailer had heard by then.
    """

    def __init__(
        self,
        records: Records,
        clock: SimulatedClock,
        rules: Rules,
        say: Callable[[str, str], None],
        heard: Callable[[], Sequence[Report] | None],
    ) -> None:
        """say: is told of a broken guarantee. heard: what the retailer heard; None while somebody sends."""
        self.given_up: set[str] = set()
        self.again: dict[str, int] = {}
        self._records = records
        self._clock = clock
        self._trying_ms = rules.trying_ms
        self._say = say
        self._heard = heard
        # When steady time was first seen to be so late, in real time.
        self._steady_at: dict[int, int] = {}
        # For when a key was claimed first, in real and in steady time.
        self._first: dict[str, tuple[int, int]] = {}

    def around(self) -> dict[str, Around]:
        """Return what goes around the methods of the store."""
        return {
            "steady": self._steady,
            "claim_reports": self._claim,
            "release": self._release,
            "give_up": self._give_up,
            "replay": self._replay,
            "enable": self._enable,
        }

    def _steady(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        steady = call(*arguments)
        self._steady_at.setdefault(steady, self._clock.real)
        return steady

    def _claim(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        reports: list[Report] = call(*arguments)
        for report in reports:
            self._first.setdefault(report.key, (self._steady_at[arguments[0]], arguments[0]))
        return reports

    def _release(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        keys, claimed = arguments
        for key in keys:
            if self._first.get(key, (0, -1))[1] == claimed:
                del self._first[key]
        return call(*arguments)

    def _give_up(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        key = arguments[0]
        since, _ = self._first.get(key, (self._clock.real, 0))
        # Steady time may run ahead of real time by one longest step for each leap of the clock.
        leaps = sum(min(by, LONGEST_STEP_MS) for when, by in self._clock.jumps if by > 0 and when >= since)
        if self._clock.real - since + leaps < self._trying_ms:
            self._say("too soon", f"{key} was given up after {self._clock.real - since} ms")
        self.given_up.add(key)
        return call(*arguments)

    def _replay(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        heard = self._heard()
        before = {row.key: row for row in self._records.reports()}
        count = call(*arguments)
        ended = {key for key, row in before.items() if row.delivered_at or row.given_up_at}
        due = {row.key for row in self._records.reports() if not (row.delivered_at or row.given_up_at)}
        for key in ended & due:
            self._first.pop(key, None)
            if heard is not None:
                self.again[key] = len(heard)
        which = arguments[0]
        for row in before.values():
            if which.house_id == row.house_id:
                self._first.pop(row.key, None)
        return count

    def _enable(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        back = call(*arguments)
        if back:
            self._first.clear()
        return back
