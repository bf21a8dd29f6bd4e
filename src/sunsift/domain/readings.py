"""A packet: one house's import and export readings for one local standard-time day."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
WattHours = npt.NDArray[np.uint16]

INTERVALS: Final = (5, 15, 30, 60)
QUALITIES: Final = "ASFEN"
MEASURED: Final = "ASF"
# Readings are kept in whole watt-hours, the resolution of a revenue meter's register. 16 bits hold any
# interval below 60 kW; the largest value stands for a missing reading.
MISSING: Final = 0xFFFF
SLOTS: Final = 48
# A day with more of its readings missing than this says too little to be judged.
LARGEST_MISSING_SHARE: Final = 0.1

EPOCH: Final = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


def day_date(number: int) -> date:
    """Return the date that lies `number` days after 1970-01-01."""
    return EPOCH + timedelta(days=number)


class Packet(NamedTuple):
    """One house's readings of one day, in the form that is compared, stored and hashed.

    day: days since 1970-01-01, of the site's local standard time.
    quality: A actual, S substituted, F final substituted, E estimated, N null.
    updated_at: when the retailer last changed the readings [microseconds since 1970, UTC].
    readings: little-endian 16-bit watt-hours, all imports of the day and then all exports.
    """

    house_id: str
    day: int
    interval_minutes: int
    quality: str
    updated_at: int
    readings: bytes

    def digest(self) -> bytes:
        """Return 16 bytes that name the content, whatever message carried it."""
        head = f"{self.interval_minutes}{self.quality}".encode()
        return hashlib.blake2b(head + self.readings, digest_size=16).digest()

    def beats(self, other: "Packet") -> bool:
        """Say whether this revision wins over another of the same house and day.

        The greatest (updated_at, digest) wins, so that the winner does not depend on arrival order.
        """
        if self.updated_at != other.updated_at:
            return self.updated_at > other.updated_at
        return self.digest() > other.digest()

    def same_as(self, other: "Packet") -> bool:
        """Say whether the other packet brings nothing new."""
        return self[1:] == other[1:]


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive stored days of one house, oldest first, on a common grid of 48 half-hours.

    day: shape (n,), days since 1970-01-01, strictly rising, gaps possible.
    import_kwh, export_kwh: shape (n, 48), NaN where missing [kWh per half-hour].
    usable: shape (n,), measured (not estimated) and nearly complete.
    has_data: shape (n,), at least one reading present.
    """

    day: IntArray
    import_kwh: FloatArray
    export_kwh: FloatArray
    usable: BoolArray
    has_data: BoolArray

    def __len__(self) -> int:
        return len(self.day)


def _to_half_hours(watt_hours: WattHours) -> FloatArray:
    """Turn shape (n, 2, intervals) of watt-hours into shape (n, 2, 48) of kWh.

    A half-hour with any part missing is NaN; an hourly reading is split evenly over its two halves.
    """
    kwh: FloatArray = np.where(watt_hours == MISSING, np.nan, watt_hours / 1000.0)
    count, _, intervals = kwh.shape
    if intervals >= SLOTS:
        grouped: FloatArray = kwh.reshape(count, 2, SLOTS, intervals // SLOTS).sum(axis=3)
        return grouped
    spread = SLOTS // intervals
    halves: FloatArray = np.repeat(kwh / spread, spread, axis=2)
    return halves


def alike(packets: Sequence[Packet]) -> Iterator[tuple[list[int], WattHours]]:
    """Gather packets of equal interval, so that each kind is worked on at once.

    Result: for each interval, the positions of its n packets and their readings, shape (n, 2, intervals).
    """
    by_interval: dict[int, list[int]] = {}
    for row, packet in enumerate(packets):
        by_interval.setdefault(packet.interval_minutes, []).append(row)
    for minutes, rows in by_interval.items():
        joined = b"".join(packets[row].readings for row in rows)
        yield rows, np.frombuffer(joined, "<u2").reshape(len(rows), 2, 1440 // minutes)


def stack_days(packets: Sequence[Packet]) -> Days:
    """Line the packets of one house up by day.

    packets: of one house, one a day, oldest first. Errors: ValueError if the days do not rise.
    """
    count = len(packets)
    day = np.fromiter((p.day for p in packets), np.int64, count)
    if count > 1 and not (np.diff(day) > 0).all():
        raise ValueError("the days of a house must rise, one packet a day")
    values = np.empty((count, 2, SLOTS))
    missing = np.empty(count)
    for rows, watt_hours in alike(packets):
        values[rows] = _to_half_hours(watt_hours)
        missing[rows] = (watt_hours == MISSING).mean(axis=(1, 2))
    measured = np.fromiter((p.quality in MEASURED for p in packets), np.bool_, count)
    return Days(
        day=day,
        import_kwh=np.ascontiguousarray(values[:, 0]),
        export_kwh=np.ascontiguousarray(values[:, 1]),
        usable=measured & (missing <= LARGEST_MISSING_SHARE),
        has_data=missing < 1.0,
    )


def largest_exports_wh(packets: Sequence[Packet]) -> list[int]:
    """Return the largest export within one interval of each packet [Wh], 0 where all are missing."""
    result = [0] * len(packets)
    for rows, watt_hours in alike(packets):
        exports = watt_hours[:, 1]
        largest = np.where(exports == MISSING, 0, exports).max(axis=1)
        for row, value in zip(rows, largest.tolist(), strict=True):
            result[row] = value
    return result
