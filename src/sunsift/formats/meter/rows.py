"""Rows of a table on their way to days: repeated hours are told apart, intervals measured, units applied."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from sunsift.domain.errors import SunsiftError, UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.domain.house import LARGEST_IMPORT_KW
from sunsift.domain.readings import INTERVALS
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter.clocks import Clock, Instants
from sunsift.formats.meter.days import Channel, DayCutter, Reading

# Rows of a house that are looked at to learn how long its intervals are, and of all houses together.
_ROWS_TO_MEASURE: Final = 24
_ROWS_TO_HOLD: Final = 200_000
# Two hours of five-minute readings of a repeated hour; more is no change of clocks.
_LONGEST_RUN: Final = 1000


class Row(NamedTuple):
    """One row: the readings of one time.

    stream: rows of a house and stream are in the order of time. instants: of the interval's start, or end.
    says_offset: the time itself says its offset from UTC. minutes: length of the interval, 0 if the file does
    not say. numbers: in the file's unit, NaN where missing. updated_at: [microseconds since 1970, UTC].
    place: number of the row. raw: the row, whole.
    """

    house_id: str
    stream: str
    instants: Instants
    says_offset: bool
    minutes: int
    numbers: tuple[tuple[Channel, float], ...]
    quality: str
    updated_at: int
    place: int
    raw: bytes


class Unit(NamedTuple):
    """to_kwh: factor of an energy; of a mean power: factor that makes kW of it."""

    to_kwh: float
    is_power: bool


class RowCutter:
    """Turns the rows of a file into extracts, which gather in `out`."""

    def __init__(self, options: MeterOptions, clock: Clock, unit: Unit, marks_end: bool, word: str) -> None:
        self.out: list[Extract] = []
        self._offset_of = options.offset_of
        self._clock = clock
        self._unit = unit
        self._marks_end = marks_end
        self._word = word
        self._days = DayCutter(word)
        self._runs: dict[tuple[str, str], list[Row]] = {}
        self._minutes: dict[str, int] = {}
        self._usual_minutes = 0
        self._unmeasured: dict[str, list[Row]] = {}
        self._held = 0
        self._says_offset: dict[str, bool] = {}
        self._unknown: set[str] = set()

    def add(self, row: Row) -> None:
        """Take a row in."""
        key = row.house_id, row.stream
        if row.instants.first != row.instants.second:
            self._runs.setdefault(key, []).append(row)
            if len(self._runs[key]) > _LONGEST_RUN:
                self._tell_apart(self._runs.pop(key))
            return
        if self._runs and key in self._runs:
            self._tell_apart(self._runs.pop(key))
        self._measured(row)

    def finish(self) -> None:
        """Take the end of the file in."""
        for run in self._runs.values():
            self._tell_apart(run)
        self._measure_all()
        self.out.extend(self._days.rest())

    def refuse(self, code: str, reason: str, rows: Sequence[Row]) -> None:
        """Put rows aside, as one part of the file."""
        raw = b"\n".join(dict.fromkeys(row.raw for row in rows))
        place = f"{self._word} {rows[0].place}"
        if rows[-1].place != rows[0].place:
            place = f"{self._word}s {rows[0].place} to {rows[-1].place}"
        self.out.append(Extract(raw, place, code, reason))

    def _tell_apart(self, run: list[Row]) -> None:
        """Say which rows of an hour that the clock shows twice are its first, and which its second time.

        They come in the order of time, so the clock goes back once, from one row to the next.
        """
        back = [n for n in range(1, len(run)) if run[n].instants.first <= run[n - 1].instants.first]
        if len(back) != 1:
            reason = (
                "the clock shows this hour twice in autumn, and the file holds it only once"
                if not back
                else "the clock shows this hour twice in autumn, and its rows are not in the order of time"
            )
            self.refuse("repeated_hour", f"{reason}; write the offset from UTC with each time", run)
            return
        for n, row in enumerate(run):
            instant = row.instants.first if n < back[0] else row.instants.second
            self._measured(row._replace(instants=Instants(instant, instant)))

    def _measured(self, row: Row) -> None:
        minutes = row.minutes or self._minutes.get(row.house_id)
        if minutes:
            self._take(row, minutes)
            return
        waiting = self._unmeasured.setdefault(row.house_id, [])
        waiting.append(row)
        self._held += 1
        if len(waiting) >= _ROWS_TO_MEASURE:
            self._measure(row.house_id, waiting)
        elif self._held > _ROWS_TO_HOLD:
            if not self._usual_minutes and len(self._unmeasured) == self._held:
                raise SunsiftError(
                    f"no two of the first {_ROWS_TO_HOLD:,} rows are of the same house; say "
                    "interval_minutes, or which column names the house"
                )
            self._measure_all()

    def _measure_all(self) -> None:
        """Begin with houses of many rows, so that those of one row can have what is usual."""
        for house_id in sorted(self._unmeasured, key=lambda house_id: -len(self._unmeasured[house_id])):
            self._measure(house_id, self._unmeasured[house_id])

    def _measure(self, house_id: str, rows: list[Row]) -> None:
        """Learn how long a house's intervals are from what lies between its rows, in whatever order."""
        del self._unmeasured[house_id]
        self._held -= len(rows)
        times: dict[str, set[int]] = {}
        for row in rows:
            times.setdefault(row.stream, set()).add(row.instants.first)
        steps = [b - a for stream in times.values() for a, b in pairwise(sorted(stream))]
        minutes = _interval(steps) if steps else self._usual_minutes
        if not minutes:
            reason = "how long the interval is cannot be told from one row of a house; say interval_minutes"
            self.refuse("wrong_interval", reason, rows)
            return
        self._minutes[house_id] = self._usual_minutes = minutes
        for row in rows:
            self._take(row, self._minutes[house_id])

    def _take(self, row: Row, minutes: int) -> None:
        """Hand a row's readings to their day."""
        house_id = row.house_id
        if house_id in self._unknown:
            return
        start = row.instants.first - (60 * minutes if self._marks_end else 0)
        try:
            if not self._days.knows(house_id):
                self._meet(row, start)
            if self._says_offset[house_id] != row.says_offset:
                raise UnusableMessageError(
                    "wrong_time", "some times of this house say their offset from UTC and others do not"
                )
            for channel, kwh in self._in_kwh(row, minutes):
                reading = Reading(
                    house_id, channel, start, minutes, kwh, row.quality, row.updated_at, row.place
                )
                self._days.add(reading)
        except UnusableMessageError as error:
            self.refuse(error.code, error.reason, [row])
        if self._days.full:
            self.out.extend(self._days.due())

    def _meet(self, row: Row, start: int) -> None:
        try:
            shift = self._clock.shift(self._offset_of(row.house_id), start, row.says_offset)
        except UnusableMessageError:
            self._unknown.add(row.house_id)
            raise
        self._days.meet(row.house_id, shift)
        self._says_offset[row.house_id] = row.says_offset

    def _in_kwh(self, row: Row, minutes: int) -> list[tuple[Channel, float]]:
        """Apply the unit. Errors: UnusableMessageError for what no house draws, or less than nothing."""
        factor = self._unit.to_kwh * (minutes / 60.0 if self._unit.is_power else 1.0)
        largest = LARGEST_IMPORT_KW * minutes / 60.0
        result = []
        for channel, number in row.numbers:
            kwh = number * factor
            if abs(kwh) > largest or (kwh < 0.0 and channel.role != "net"):
                raise UnusableMessageError(
                    "impossible",
                    f"{kwh:g} kWh of {channel.role}; {minutes} minutes hold 0 to {largest:g} kWh",
                )
            result.append((channel, kwh))
        return result


def _interval(steps: Sequence[int]) -> int:
    """Return the longest interval [minutes] that nearly all steps [seconds] are multiples of.

    Gaps make steps longer, and a wrong time must not decide. If none fits, the shortest step.
    """
    for minutes in sorted(INTERVALS, reverse=True):
        if sum(step % (60 * minutes) == 0 for step in steps) >= 0.9 * len(steps):
            return minutes
    return max(min(steps) // 60, 1)
