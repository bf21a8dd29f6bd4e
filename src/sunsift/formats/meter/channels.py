"""Days of single channels, put together to the packets of their meters.

A market's meter has channels for what is drawn from the grid (E1, E2, ...) and for what is sent into it
(B1, ...). A file tells of one channel after the other, and a packet, which replaces the day, needs them all.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.formats.meter.packet_body import FLAGS, Contents, packet_body

MARKET_OFFSET_HOURS: Final = 10.0
MARKET: Final = timezone(timedelta(hours=MARKET_OFFSET_HOURS))
"""The clock of the Australian market: UTC+10 all year."""

IMPORT, EXPORT = "E", "B"
"""First letter of a channel: energy from the grid to the site, and from the site to the grid."""

LARGEST_HELD_BYTES: Final = 64 * 1024 * 1024
_ROLE: Final = {IMPORT: "import", EXPORT: "export"}
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ChannelDay:
    """One channel's readings of one day.

    channel: such as E1. needed: the channels of energy that the meter has on that day; None where the file
    does not say: then those that it holds of the meter, and at least one each way. kwh: one value an
    interval, NaN where missing. updated_at: aware of its offset. raw: the part of the file that it was read
    from. number: of its line.
    """

    meter: str
    channel: str
    day: date
    needed: frozenset[str] | None
    minutes: int
    kwh: "array[float]"
    quality: str
    updated_at: datetime
    raw: bytes
    number: int


@dataclass(slots=True)
class _Meter:
    """What is held of one meter. seen: its channels so far. touched: days with news since somebody looked."""

    days: dict[date, dict[str, ChannelDay]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    touched: set[date] = field(default_factory=set)


class Gathering:
    """Holds channel days until their packets are whole, and no more of them than fit into the memory."""

    def __init__(self, word: str = "line", largest_bytes: int = LARGEST_HELD_BYTES) -> None:
        """Hold about `largest_bytes` of what was read at most. word: what parts of the file are called."""
        self._word = word
        self._largest = largest_bytes
        self._held = 0
        self._meters: dict[str, _Meter] = {}

    def add(self, new: ChannelDay) -> Iterator[Extract]:
        """Take a day of a channel. Of two of the same day the one that was changed last counts.

        Result: what has to go now because too much is held; nothing as a rule.
        """
        meter = self._meters.setdefault(new.meter, _Meter())
        meter.seen.add(new.channel)
        meter.touched.add(new.day)
        day = meter.days.setdefault(new.day, {})
        old = day.get(new.channel)
        if old is None or (old.updated_at, old.raw) < (new.updated_at, new.raw):
            day[new.channel] = new
            self._held += _size(new) - (_size(old) if old else 0)
        while self._held > self._largest:
            # The meter at hand is the last to go: most of its channels are yet to come.
            oldest = next((name for name in self._meters if name != new.meter), new.meter)
            yield from self._give_out(oldest)

    def whole(self, meter_id: str) -> Iterator[Extract]:
        """Give out the days of a meter that are whole; the others wait for what may come later."""
        meter = self._meters.get(meter_id)
        if meter is None:
            return
        touched, meter.touched = sorted(meter.touched), set()
        for day in touched:
            channels = meter.days[day]
            if not _missing(channels, meter.seen):
                del meter.days[day]
                self._held -= sum(map(_size, channels.values()))
                yield _packet(channels, self._word)
        if not meter.days:
            del self._meters[meter_id]

    def rest(self) -> Iterator[Extract]:
        """Give out everything: the days that are whole as packets, each of the others with what it lacks."""
        for meter_id in list(self._meters):
            yield from self._give_out(meter_id)

    def _give_out(self, meter_id: str) -> Iterator[Extract]:
        meter = self._meters.pop(meter_id)
        for day in sorted(meter.days):
            channels = meter.days[day]
            self._held -= sum(map(_size, channels.values()))
            missing = _missing(channels, meter.seen)
            yield _half(channels, missing, self._word) if missing else _packet(channels, self._word)


def _size(day: ChannelDay) -> int:
    return len(day.raw) + 8 * len(day.kwh) + 500


def _missing(channels: dict[str, ChannelDay], seen: set[str]) -> set[str]:
    """Return the channels that the day still needs."""
    needed: set[str] = set()
    for channel in channels.values():
        needed |= _at_least(seen) if channel.needed is None else channel.needed
    return needed - channels.keys()


def _at_least(seen: set[str]) -> set[str]:
    """Return the channels of a meter whose configuration nobody said: a house with panels has both ways."""
    return seen | {f"{way}1" for way in (IMPORT, EXPORT) if not any(c.startswith(way) for c in seen)}


def _half(channels: dict[str, ChannelDay], missing: set[str], word: str) -> Extract:
    first = next(iter(channels.values()))
    error = UnusableMessageError(
        "half_a_day",
        f"meter {first.meter} on {first.day}: {_listed(channels)} came without {_listed(missing)}. A packet "
        "replaces the whole day, and would wipe what is stored of the others: send all channels in one file",
        first.meter,
    )
    return refused(error, b"\n".join(c.raw for c in channels.values()), _places(channels.values(), word))


def _listed(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def _places(days: Iterable[ChannelDay], word: str) -> str:
    """Return where the parts of a day stand, such as lines 3 and 40."""
    *others, last = map(str, sorted(day.number for day in days))
    return f"{word}s {', '.join(others)} and {last}" if others else f"{word} {last}"


def _packet(channels: dict[str, ChannelDay], word: str) -> Extract:
    days = [channels[name] for name in sorted(channels)]
    minutes = max(day.minutes for day in days)
    contents = Contents(
        house_id=days[0].meter,
        day=days[0].day,
        minutes=minutes,
        channels=[(_ROLE[day.channel[0]], _wider(day, minutes)) for day in days],
        lacking=frozenset(),
        quality=max((d.quality for d in days), key=FLAGS.index),
        updated_at=(max(d.updated_at for d in days) - _UNIX) // timedelta(microseconds=1),
        utc_offset_hours=MARKET_OFFSET_HOURS,
    )
    return Extract(packet_body(contents), _places(days, word))


def _wider(day: ChannelDay, minutes: int) -> Sequence[float]:
    """Return the readings in intervals of so many minutes; missing where any part is."""
    parts = minutes // day.minutes
    if parts == 1:
        return day.kwh
    return [math.fsum(day.kwh[start : start + parts]) for start in range(0, len(day.kwh), parts)]


def refused(error: UnusableMessageError, body: bytes, place: str) -> Extract:
    """Return a part of a file that cannot be used, with the reason."""
    return Extract(body, place, error.code, error.reason, error.house_id)
