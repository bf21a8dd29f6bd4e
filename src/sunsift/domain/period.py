"""Which 30-day periods can be judged, and what exactly each of them rests on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray, Days, IntArray, Packet
from sunsift.domain.rules import Rules


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods that are ready, oldest first, as row ranges into the `Days` they were found in.

    end: shape (p,), last day of each period [days since 1970-01-01].
    first_row, last_row: shape (p,), its first and last stored day (both included).
    usable_days: shape (p,).
    """

    end: IntArray
    first_row: IntArray
    last_row: IntArray
    usable_days: IntArray

    def __len__(self) -> int:
        return len(self.end)

    def take(self, wanted: BoolArray) -> "Periods":
        """Return only the periods where `wanted`, shape (p,), is true."""
        return Periods(
            self.end[wanted], self.first_row[wanted], self.last_row[wanted], self.usable_days[wanted]
        )


def ready_periods(days: Days, rules: Rules, first_end: int, last_end: int) -> Periods:
    """Find the ready periods that end on a day with data within first_end to last_end, both included.

    A period sees nothing later than its last day, so later days cannot change it.
    """
    wanted = days.has_data & (days.day >= first_end) & (days.day <= last_end)
    last_row = np.flatnonzero(wanted)
    first_row = np.searchsorted(days.day, days.day[last_row] - (rules.period_days - 1))
    usable_before = np.concatenate(([0], np.cumsum(days.usable)))
    usable_days = usable_before[last_row + 1] - usable_before[first_row]
    ready = usable_days >= rules.ready_days
    return Periods(days.day[last_row][ready], first_row[ready], last_row[ready], usable_days[ready])


def input_digests(house: House, packets: Sequence[Packet], periods: Periods) -> list[str]:
    """Name everything that each period's prediction rests on: the registration and the period's days.

    packets: the rows that `periods` points into. Result: 32 hexadecimal digits a period.
    """
    registration = house.digest()
    rows = [p.day.to_bytes(4, "little") + p.digest() for p in packets]
    return [
        hashlib.blake2b(registration + b"".join(rows[first : last + 1]), digest_size=16).hexdigest()
        for first, last in zip(periods.first_row.tolist(), periods.last_row.tolist(), strict=True)
    ]
