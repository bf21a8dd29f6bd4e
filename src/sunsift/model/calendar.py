"""Evidence laid out by date, and sums, maxima and memories over its days."""

from typing import Final

import numpy as np

from sunsift.domain.evidence import Evidence
from sunsift.domain.ratio import over
from sunsift.domain.readings import BoolArray, FloatArray, IntArray

HISTORY_DAYS: Final = 395
PERIOD_DAYS: Final = 30
# As far as a period looks back date by date; memory reaches further, but only where there are days.
EMPTY_DAYS: Final = PERIOD_DAYS + 10
# How far memory reaches; a day that is remembered is itself seen beside the month before it.
MEMORY_DAYS: Final = HISTORY_DAYS - PERIOD_DAYS - 10
# The past is remembered in blocks of ten days; the period itself is not yet past.
BLOCK_DAYS: Final = 10
FEWEST_BLOCK_DAYS: Final = 4
FEWEST_BLOCKS: Final = 3
# Days no brighter than a given one that are needed to call its output unusual.
FEWEST_DIMMER: Final = 15
# Light that differs by less than this is as bright.
AS_BRIGHT: Final = 0.05


class Calendar:
    """n days of evidence on consecutive dates, with EMPTY_DAYS empty ones before the first.

    length: dates in all. usable: shape (length,). at: shape (p,), the dates on which the periods end that
    are asked for. Columns are stacked, so that k of them cost as many calls as one.
    """

    def __init__(self, evidence: Evidence, end: IntArray) -> None:
        self.start = int(evidence.day[0]) - EMPTY_DAYS
        self.length = int(evidence.day[-1]) + 1 - self.start
        self._place = evidence.day - self.start
        self._evidence = evidence
        self._usable_rows = evidence.usable
        self.usable = np.zeros(self.length, np.bool_)
        self.usable[self._place] = self._usable_rows
        self._ends = np.arange((-self.start - 1) % BLOCK_DAYS, self.length, BLOCK_DAYS)
        count = running(self.usable.astype(np.float64), BLOCK_DAYS)
        self._full = count[self._ends] >= FEWEST_BLOCK_DAYS
        self.at = end - self.start
        newest = np.searchsorted(self._ends, self.at - PERIOD_DAYS, side="right") - 1
        oldest = np.searchsorted(self._ends, self.at - MEMORY_DAYS + BLOCK_DAYS)
        # Periods of neighbouring days remember the same blocks, which are ranked once for all of them.
        _, kind, self._kind = np.unique(
            newest * (len(self._ends) + 1) + oldest, return_index=True, return_inverse=True
        )
        block = newest[kind, np.newaxis] - np.arange(MEMORY_DAYS // BLOCK_DAYS)
        self._inside, self._block = block >= oldest[kind, np.newaxis], np.maximum(block, 0)

    def columns(self, *names: str) -> FloatArray:
        """Return columns by date, shape (k, length), NaN on dates without usable evidence."""
        values = np.full((len(names), self.length), np.nan)
        found = self._evidence.columns(names)
        found[:, ~self._usable_rows] = np.nan
        values[:, self._place] = found
        return values

    def flags(self, *bits: int) -> FloatArray:
        """Return flags by date, shape (k, length), 1.0 or 0.0, NaN on dates without usable evidence."""
        values = np.full((len(bits), self.length), np.nan)
        values[:, self._place] = np.stack([self._evidence.flag(bit) for bit in bits])
        values[:, ~self.usable] = np.nan
        return values

    def past(self, tens: FloatArray, quantile: float) -> FloatArray:
        """Return a quantile over the ten-day blocks of each period's past, shape (k, p), NaN if too few.

        tens: shape (k, length), the value of the ten days that end on each date. A block is past when it
        ended before the period began. Blocks end on whole multiples of ten days, so that those of one period
        are those of the next. A quantile above the middle remembers what healthy panels did, even after a
        fault that lasted months.
        """
        values = np.where(self._full, tens[:, self._ends], np.inf)
        values[np.isnan(values)] = np.inf
        table = np.where(self._inside, values[:, self._block], np.inf)
        table.sort(axis=2)
        known = np.isfinite(table).sum(axis=2)
        place = np.rint(quantile * np.maximum(known - 1, 0)).astype(np.int64)
        chosen = np.take_along_axis(table, place[:, :, np.newaxis], axis=2)[:, :, 0]
        found: FloatArray = np.where(known >= FEWEST_BLOCKS, chosen, np.nan)[:, self._kind]
        return found


def running(values: FloatArray, days: int) -> FloatArray:
    """Return the sum of the known entries among the last `days` dates; dates are the last axis."""
    # Whole steps of a millionth add up exactly, whatever comes before them.
    known = np.where(np.isnan(values), 0.0, values)
    total = np.cumsum(np.rint(known * 1e6).astype(np.int64), axis=-1)
    earlier = np.zeros_like(total)
    earlier[..., days:] = total[..., :-days]
    sums: FloatArray = (total - earlier) / 1e6
    return sums


def running_max(values: FloatArray, days: int) -> FloatArray:
    """Return the largest known entry among the last `days` dates, NaN where none is known."""
    largest, reach = values, 1
    while reach < days:
        further = min(reach, days - reach)
        before = np.full_like(largest, np.nan)
        before[..., further:] = largest[..., :-further]
        largest, reach = np.fmax(largest, before), reach + further
    return largest


def running_ratio(top: FloatArray, under: FloatArray, days: int) -> FloatArray:
    """Return the ratio of two sums over the last `days` dates on which both are known, NaN where none."""
    both = np.stack((top, under))
    both[:, np.isnan(both).any(axis=0)] = np.nan
    return over(*running(both, days))


def running_mean(values: FloatArray, days: int) -> FloatArray:
    """Return the mean of the known entries among the last `days` dates, NaN where none is known."""
    return over(*running(np.stack((values, ~np.isnan(values))), days))


def unlikely(values: FloatArray, light: FloatArray, wanted: BoolArray) -> FloatArray:
    """Return how unusual each wanted date's value is among the house's earlier days that were no brighter.

    values: shape (k, length). light, wanted: shape (length,). Result: minus the logarithm of the share of
    such days with a value as low, shape (k, length); NaN on other dates, and where fewer than FEWEST_DIMMER
    days are known.
    """
    lit = ~np.isnan(light)
    place, asked = np.flatnonzero(lit), np.flatnonzero(lit & wanted)
    # Every asked date is held against every known one, so small numbers save time.
    date, row = place.astype(np.int32), asked.astype(np.int32)[:, np.newaxis]
    dimmer = (date < row) & (date > row - MEMORY_DAYS)
    dimmer &= light[place] <= light[asked][:, np.newaxis] + AS_BRIGHT
    result = np.full(values.shape, np.nan)
    for value, told in zip(values, result, strict=True):
        count = _count(dimmer & ~np.isnan(value[place]))
        as_low = _count(dimmer & (value[place] <= value[asked][:, np.newaxis]))
        share = (as_low + 0.5) / (count + 1.0)
        known = (count >= FEWEST_DIMMER) & ~np.isnan(value[asked])
        told[asked] = np.where(known, -np.log(share), np.nan)
    return result


def _count(table: BoolArray) -> IntArray:
    """Return how many of each row are true, shape (r,); a row is at most MEMORY_DAYS true."""
    number: IntArray = table.view(np.uint8).sum(axis=1, dtype=np.uint16).astype(np.int64)
    return number
