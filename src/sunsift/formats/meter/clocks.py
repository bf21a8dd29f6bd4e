"""Clocks by which readings were written down, and the instants that they can mean."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sunsift.domain.errors import SunsiftError, UnusableMessageError

_UNIX: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - written times have no zone yet
_SECOND: Final = timedelta(seconds=1)


class Instants(NamedTuple):
    """When a written time was [seconds since 1970, UTC]: `second` differs where a clock shows it twice."""

    first: int
    second: int


class Shift(NamedTuple):
    """From instants to a house's local standard time [seconds]; utc_offset_hours: of a packet, if known."""

    seconds: int
    utc_offset_hours: float | None


def zone_named(name: str) -> ZoneInfo:
    """Return a zone of the time zone database. Errors: SunsiftError if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SunsiftError(f"time zone {name!r} is unknown; write it as in Australia/Sydney") from error


def standard_offset_hours(zone: ZoneInfo, instant: int) -> float:
    """Return the zone's offset without daylight saving, in the year of an instant [seconds since 1970]."""
    year = datetime.fromtimestamp(instant, UTC).year
    offsets = [zone.utcoffset(datetime(year, month, 1)) for month in (1, 7)]  # noqa: DTZ001
    return min(offset.total_seconds() for offset in offsets if offset is not None) / 3600.0


@dataclass(frozen=True)
class Clock:
    """The clock of a file whose times do not say their offset from UTC themselves.

    zone: with daylight saving. utc_offset_hours: the same all year. Neither: each house's standard time.
    """

    zone: ZoneInfo | None = None
    utc_offset_hours: float | None = None

    def instants(self, written: datetime, is_end: bool = False) -> Instants:
        """Say when a written time was. In each house's own standard time, UTC stands for that.

        is_end: the time is the end of an interval, which may lie where the clock jumps forward.
        Errors: UnusableMessageError if the clock never showed this time.
        """
        if written.tzinfo is not None:
            seconds = int(written.timestamp())
            return Instants(seconds, seconds)
        if self.zone is not None:
            return _in_zone(self.zone, written, is_end)
        seconds = (written - _UNIX) // _SECOND - round((self.utc_offset_hours or 0.0) * 3600)
        return Instants(seconds, seconds)

    def shift(self, registered_hours: float | None, instant: int, says_offset: bool) -> Shift:
        """Say how instants become the local standard time of a house.

        registered_hours: the house's offset, None if nobody registered it. says_offset: its times say their
        own offset from UTC. Errors: UnusableMessageError if the house's standard time cannot be known.
        """
        if not says_offset and self.zone is None and self.utc_offset_hours is None:
            return Shift(0, registered_hours)
        hours = registered_hours
        if hours is None and self.zone is not None:
            hours = standard_offset_hours(self.zone, instant)
        if hours is None:
            hours = self.utc_offset_hours
        if hours is None:
            raise UnusableMessageError(
                "no_clock",
                "the house's standard time is not known: register the house first, or say its time zone; "
                "all its readings in this file were left out",
            )
        return Shift(round(hours * 3600), hours)


@lru_cache(maxsize=100_000)
def _in_zone(zone: ZoneInfo, written: datetime, is_end: bool) -> Instants:
    before = zone.utcoffset(written.replace(fold=0)) or timedelta()
    after = zone.utcoffset(written.replace(fold=1)) or timedelta()
    first = (written - before - _UNIX) // _SECOND
    if before == after:
        return Instants(first, first)
    if before > after:
        return Instants(first, (written - after - _UNIX) // _SECOND)
    if is_end and datetime.fromtimestamp(first - 1, zone).replace(tzinfo=None) == written - _SECOND:
        return Instants(first, first)
    raise UnusableMessageError(
        "no_such_time",
        f"{written:%Y-%m-%d %H:%M} does not exist in {zone.key}, whose clocks went forward then; if the file "
        "is in standard time, say its offset from UTC instead",
    )
