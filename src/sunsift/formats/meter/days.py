"""Readings with a time, cut into packets of local standard-time days; memory does not grow with the file."""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.domain.readings import INTERVALS, day_date
from sunsift.formats.meter.clocks import Shift
from sunsift.formats.meter.packet_body import FLAGS, Contents, day_body, packet_body

# Readings of all open days together. Their days wait for one another until then, so that a file may be in
# the order of house and time, of time, or of house, register and time.
OPEN_READINGS: Final = 5_000_000
# Parts of days that are left out: as many are kept whole, the others are counted.
_PARTS_KEPT: Final = 100
_SECONDS_A_DAY: Final = 86_400
_FIRST_DAY: Final = 10_957  # 2000-01-01, before which packets are refused
_UNSAID: Final = 255
_NULL: Final = FLAGS.index("N")


class Channel(NamedTuple):
    """What a row of numbers measures.

    role: `import`, `export`, `net` (import less export), or `generation` (to be taken from `net`).
    register: tells several registers of one role apart, which are added up.
    """

    role: str
    register: str = ""


class Reading(NamedTuple):
    """One number of a meter.

    start: of the interval [seconds since 1970, UTC]. minutes: its length. kwh: NaN where missing.
    updated_at: [microseconds since 1970, UTC]. place: number of the line or row it came from.
    """

    house_id: str
    channel: Channel
    start: int
    minutes: int
    kwh: float
    quality: str
    updated_at: int
    place: int


@dataclass(slots=True)
class _Numbers:
    """One channel of one day: for each interval kWh, revision time and flag."""

    kwh: "array[float]"
    updated_at: "array[int]"
    flags: bytearray

    def said(self) -> int:
        return len(self.flags) - self.flags.count(_UNSAID)


@dataclass(slots=True)
class _Day:
    number: int
    minutes: int
    first_place: int
    last_place: int
    channels: dict[Channel, _Numbers] = field(default_factory=dict)
    code: str = ""
    reason: str = ""

    def refuse(self, code: str, reason: str) -> None:
        if not self.code:
            self.code, self.reason = code, reason

    def lacks(self, slot: int) -> bool:
        """Say whether no channel has a reading for an interval."""
        return all(numbers.flags[slot] == _UNSAID for numbers in self.channels.values())

    def numbers(self, channel: Channel) -> _Numbers:
        count = 1440 // self.minutes
        numbers = _Numbers(
            array("d", [math.nan]) * count, array("q", [0]) * count, bytearray([_UNSAID]) * count
        )
        self.channels[channel] = numbers
        return numbers


@dataclass(slots=True)
class _House:
    """handed_on: one bit a day since `_FIRST_DAY`, for days that left already."""

    house_id: str
    shift: Shift
    days: dict[int, _Day] = field(default_factory=dict)
    channels: set[Channel] = field(default_factory=set)
    first: int = 1 << 40
    last: int = -(1 << 40)
    handed_on: int = 0


class DayCutter:
    """Gathers readings of many houses, and hands whole days on.

    word: what `Reading.place` counts, such as "line".
    """

    def __init__(self, word: str, open_readings: int = OPEN_READINGS) -> None:
        self._word = word
        self._limit = open_readings
        self._open_readings = 0
        self._houses: dict[str, _House] = {}
        # In the order in which they were opened.
        self._open: dict[tuple[str, int], _House] = {}
        self._parts: list[bytes] = []
        self._parts_count = 0
        self._part_of: tuple[str, str] = ("", "")

    def knows(self, house_id: str) -> bool:
        """Say whether `meet` was called for a house."""
        return house_id in self._houses

    def meet(self, house_id: str, shift: Shift) -> None:
        """Say how the instants of a house become its local standard time, before its first reading."""
        self._houses[house_id] = _House(house_id, shift)

    @property
    def full(self) -> bool:
        """Whether `due` has days to hand on."""
        return self._open_readings > self._limit

    def add(self, reading: Reading) -> None:
        """Take a reading in. What is wrong with it is told with its day."""
        house = self._houses[reading.house_id]
        minutes = reading.minutes
        number, second = divmod(reading.start + house.shift.seconds, _SECONDS_A_DAY)
        day = house.days.get(number) or self._begin(house, number, reading)
        day.last_place = reading.place
        slot, beside = divmod(second, minutes * 60)
        if beside or minutes != day.minutes:
            day.refuse("misaligned", self._misalignment(reading, second, day))
            return
        numbers = day.channels.get(reading.channel)
        if numbers is None:
            numbers = day.numbers(reading.channel)
            house.channels.add(reading.channel)
            self._open_readings += len(numbers.flags)
        if numbers.flags[slot] != _UNSAID and not self._revises(reading, numbers, slot, day):
            return
        numbers.kwh[slot] = reading.kwh if reading.quality != "N" else math.nan
        numbers.updated_at[slot] = reading.updated_at
        numbers.flags[slot] = FLAGS.index(reading.quality)

    def due(self) -> Iterator[Extract]:
        """Hand on the days that were opened first, until the others have room."""
        while self._open_readings > self._limit:
            yield from self._close(next(iter(self._open)))

    def rest(self) -> Iterator[Extract]:
        """Hand on every day that is left, at the end of the file, and say which parts were left out."""
        while self._open:
            yield from self._close(next(iter(self._open)))
        if self._parts_count:
            house_id, share = self._part_of
            count = self._parts_count
            error = UnusableMessageError(
                "part_of_a_day",
                f"{count} part{'s' if count > 1 else ''} of a day left out: the file has at most half of its "
                f"readings; such as {house_id} {share}",
            )
            yield Extract(b"\n".join(self._parts), "parts of days", error.code, error.reason)

    def _begin(self, house: _House, number: int, reading: Reading) -> _Day:
        minutes = reading.minutes if reading.minutes in INTERVALS else 60
        day = house.days[number] = _Day(number, minutes, reading.place, reading.place)
        house.first, house.last = min(house.first, number), max(house.last, number)
        self._open[house.house_id, number] = house
        return day

    def _misalignment(self, reading: Reading, second: int, day: _Day) -> str:
        what = f"{self._word} {reading.place}: an interval of {reading.minutes} minutes"
        if reading.minutes not in INTERVALS:
            return f"{what}, must be 5, 15, 30 or 60"
        if reading.minutes != day.minutes:
            return f"{what} in a day of {day.minutes}-minute intervals"
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        return f"{what} begins at {clock} standard time, and so lies across two intervals of the day"

    def _revises(self, reading: Reading, numbers: _Numbers, slot: int, day: _Day) -> bool:
        """Say whether a reading replaces what came for the same interval before."""
        if reading.updated_at != numbers.updated_at[slot]:
            return reading.updated_at > numbers.updated_at[slot]
        old, new = numbers.kwh[slot], reading.kwh if reading.quality != "N" else math.nan
        if old != new and not (math.isnan(old) and math.isnan(new)):
            minute = slot * day.minutes
            day.refuse(
                "conflict",
                f"two {reading.channel.role} readings for {minute // 60:02}:{minute % 60:02} standard time, "
                f"{old:g} and {new:g} kWh, the second in {self._word} {reading.place}; nothing says which is "
                "newer",
            )
        return False

    def _close(self, key: tuple[str, int]) -> Iterator[Extract]:
        house = self._open.pop(key)
        day = house.days.pop(key[1])
        self._open_readings -= sum(len(numbers.flags) for numbers in day.channels.values())
        there = sum(numbers.said() for numbers in day.channels.values())
        whole = max(len(house.channels), 1) * (1440 // day.minutes)
        contents = self._contents(house, day)
        place = f"{self._word} {day.first_place}"
        if day.last_place != day.first_place:
            place = f"{self._word}s {day.first_place} to {day.last_place}"
        bit = 1 << max(day.number - _FIRST_DAY, 0)
        if there < whole and house.handed_on & bit:
            day.refuse(
                "come_apart", "the day's other readings stand too far away; sort the file by house and time"
            )
        if day.code:
            yield Extract(day_body(contents), place, day.code, f"{contents.day}: {day.reason}")
        elif there * 2 <= whole:
            self._leave_out(contents, f"{contents.day} ({there} of {whole} readings)")
        else:
            house.handed_on |= bit
            yield Extract(packet_body(contents), place)

    def _leave_out(self, part: Contents, share: str) -> None:
        self._parts_count += 1
        if len(self._parts) < _PARTS_KEPT:
            self._parts.append(day_body(part))
        if self._parts_count == 1:
            self._part_of = (part.house_id, share)

    def _contents(self, house: _House, day: _Day) -> Contents:
        values = day.channels.values()
        updated_at = max((max(numbers.updated_at) for numbers in values), default=0)
        if (day.number == house.first and day.lacks(0)) or (day.number == house.last and day.lacks(-1)):
            # At the edge of a file, any whole day must win over this part, and a larger part over a smaller.
            end = (day.number + 1) * _SECONDS_A_DAY - house.shift.seconds
            missing = sum(numbers.flags.count(_UNSAID) for numbers in values)
            updated_at = min(updated_at, end * 1_000_000 - missing)
        flags = b"".join(bytes(numbers.flags) for numbers in values).translate(None, bytes([_UNSAID, _NULL]))
        return Contents(
            house.house_id,
            day_date(day.number),
            day.minutes,
            [(channel.role, numbers.kwh) for channel, numbers in sorted(day.channels.items())],
            # A register that the house has, and this day does not, leaves its sum unknown.
            {channel.role for channel in house.channels - day.channels.keys()},
            FLAGS[max(flags)] if flags else "N",
            updated_at,
            house.shift.utc_offset_hours,
        )
