"""A house whose truth is known: what its net meter shows, and what its panels really made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.house import House
from sunsift.domain.readings import MISSING, FloatArray, IntArray, Packet, WattHours

# Called with (work done, work in all); either may count houses or packets.
Progress = Callable[[int, int], None]

NO_FAULT: Final = ""
OUTAGE: Final = "outage"
# The retailer's night run ends some twelve hours after the site's midnight: 02:10 UTC in eastern Australia.
UPDATED_AFTER_MIDNIGHT_HOURS: Final = 12
UPDATED_AFTER_MIDNIGHT_MINUTES: Final = 10


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Consecutive days of one house, with the truth that a net meter does not show.

    day: shape (n,), consecutive [days since 1970-01-01].
    watt_hours: shape (n, 2, intervals), imports and exports as the meter shows them [Wh], 65535 if missing.
    quality: one letter a day, as in `Packet`.
    generation_kwh: shape (n,), what the panels made [kWh a day], NaN where nobody knows.
    healthy_kwh: shape (n,), what they would have made without the fault, in the same weather [kWh a day].
    fault: one word a day, empty where there is none.
    """

    house: House
    interval_minutes: int
    day: IntArray
    watt_hours: WattHours
    quality: str
    generation_kwh: FloatArray
    healthy_kwh: FloatArray
    fault: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.day)

    def performance(self) -> FloatArray:
        """Return made over healthy energy, shape (n,), NaN where nobody knows or a healthy day is dark."""
        healthy = np.where(self.healthy_kwh > 0.0, self.healthy_kwh, np.nan)
        share: FloatArray = self.generation_kwh / healthy
        return share

    def updated_at(self) -> IntArray:
        """Return when the retailer had each day's readings, shape (n,) [microseconds since 1970, UTC]."""
        end_hours = (self.day + 1) * 24 - self.house.utc_offset_hours + UPDATED_AFTER_MIDNIGHT_HOURS
        minutes: IntArray = np.rint(end_hours * 60.0).astype(np.int64)
        return (minutes + UPDATED_AFTER_MIDNIGHT_MINUTES) * 60_000_000

    def packets(self) -> list[Packet]:
        """Return the days as packets, oldest first, just as ingest would store them."""
        readings = np.ascontiguousarray(self.watt_hours, "<u2")
        return [
            Packet(self.house.house_id, day, self.interval_minutes, quality, updated_at, rows.tobytes())
            for day, quality, updated_at, rows in zip(
                self.day.tolist(), self.quality, self.updated_at().tolist(), readings, strict=True
            )
        ]


def net_watt_hours(load_kwh: FloatArray, generation_kwh: FloatArray) -> WattHours:
    """Return what a net meter shows of a load and a generation behind it.

    load_kwh, generation_kwh: shape (n, intervals) [kWh per interval], NaN where missing; where either is
    missing, so is the reading. Result: shape (n, 2, intervals) [Wh]. Both are rounded to whole
    watt-hours first, so that exports minus imports equal generation minus load exactly.
    Errors: SunsiftError if an interval holds more than a reading can (65.534 kWh).
    """
    net = np.rint(load_kwh * 1000.0) - np.rint(generation_kwh * 1000.0)
    both = np.stack((np.maximum(net, 0.0), np.maximum(-net, 0.0)), axis=1)
    if (both >= MISSING).any():
        raise SunsiftError(
            f"an interval of {np.nanmax(both) / 1000.0:.1f} kWh is more than a reading can hold"
        )
    return np.where(np.isnan(both), MISSING, both).astype("<u2")


def day_sums(kwh: FloatArray) -> FloatArray:
    """Return the known energy of each day [kWh], NaN where all of it is missing.

    kwh: shape (n, intervals) [kWh per interval], NaN where missing. Result: shape (n,).
    """
    known = ~np.isnan(kwh)
    sums = np.where(known, np.rint(kwh * 1000.0), 0.0).sum(axis=1) / 1000.0
    return np.where(known.any(axis=1), sums, np.nan)


def limited(load_kwh: FloatArray, generation_kwh: FloatArray, house: House, hours: float) -> FloatArray:
    """Return the generation that the house's export limit lets through.

    load_kwh, generation_kwh: shape (n, intervals) [kWh per interval]; hours: length of an interval [h].
    """
    if house.export_limit_kw is None:
        return generation_kwh
    return np.minimum(generation_kwh, load_kwh + house.export_limit_kw * hours)
