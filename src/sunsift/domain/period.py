"""Which 30-day periods can be judged, and what exactly each of them rests on."""

import hashlib
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

import numpy as np

from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray, IntArray
from sunsift.domain.rules import Rules

_DIGEST_BYTES: Final = 16
_MODULUS: Final = 1 << 8 * _DIGEST_BYTES


class Dated(Protocol):
    """Days of one house, oldest first, of which it is known whether each can be used.

    day: shape (n,) [days since 1970-01-01], strictly rising, gaps possible. usable, has_data: shape (n,).
    """

    @property
    def day(self) -> IntArray:
        """Days since 1970-01-01."""
        ...

    @property
    def usable(self) -> BoolArray:
        """Whether each says enough."""
        ...

    @property
    def has_data(self) -> BoolArray:
        """Whether each says anything."""
        ...


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods that are ready, oldest first, as row ranges into the days they were found in.

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


def ready_periods(days: Dated, rules: Rules, first_end: int, last_end: int) -> Periods:
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


def input_digests(house: House, evidence: Evidence, periods: Periods, history_days: int) -> list[str]:
    """Name everything that each period's prediction rests on: the registration and the days it may see.

    evidence: the rows that `periods` points into. history_days: how far back a period sees, its last day
    included. Result: 32 hexadecimal digits a period.

    Periods share nearly all of their days, so each day is hashed once, and the hashes of a stretch are
    added up modulo 2**128: two running totals give any stretch.
    """
    registration = house.digest()
    totals = list(accumulate(_row_hashes(evidence), lambda total, row: (total + row) % _MODULUS, initial=0))
    first = np.searchsorted(evidence.day, periods.end - (history_days - 1)).tolist()
    after = np.searchsorted(evidence.day, periods.end, side="right").tolist()
    return [
        _hash(
            registration
            + (end - begin).to_bytes(4, "little")
            + ((totals[end] - totals[begin]) % _MODULUS).to_bytes(_DIGEST_BYTES, "little")
        ).hex()
        for begin, end in zip(first, after, strict=True)
    ]


def _row_hashes(evidence: Evidence) -> list[int]:
    days = evidence.day.astype("<u4")[:, np.newaxis].view(np.uint8)
    dated = np.concatenate((days, evidence.rows), axis=1)
    content, width = dated.tobytes(), dated.shape[1]
    rows = (content[at : at + width] for at in range(0, len(content), width))
    return [int.from_bytes(_hash(row), "little") for row in rows]


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
