"""Evidence laid out by date, and sums, maxima and memories over its days."""

from typing import Final

import numpy as np

from sunsift.domain.evidence import Evidence
from sunsift.domain.readings import FloatArray, IntArray

HISTORY_DAYS: Final = 395
PERIOD_DAYS: Final = 30
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
    """n days of evidence on consecutive dates, with HISTORY_DAYS empty ones before the first.

    length: dates in all. usable: shape (length,).
    """

    def __init__(self, evidence: Evidence) -> None:
        self.start = int(evidence.day[0]) - HISTORY_DAYS
        self.length = int(evidence.day[-1]) + 1 - self.start
        self._place = evidence.day - self.start
        self._evidence = evidence
        self.usable = np.zeros(self.length, np.bool_)
        self.usable[self._place] = evidence.usable
        self._counts = running(self.usable.astype(np.float64), BLOCK_DAYS)

    def column(self, name: str) -> FloatArray:
        """Return a column by date, shape (length,), NaN on dates without usable evidence."""
        values = np.full(self.length, np.nan)
        values[self._place] = self._evidence.column(name)
        return np.where(self.usable, values, np.nan)

    def flag(self, bit: int) -> FloatArray:
        """Return a flag by date, shape (length,), 1.0 or 0.0."""
        values = np.zeros(self.length)
        values[self._place] = self._evidence.flag(bit)
        return np.where(self.usable, values, 0.0)

    def past(self, tens: FloatArray, at: IntArray, quantile: float) -> FloatArray:
        """Return a quantile over the ten-day blocks of each period's past, shape (p,), NaN if too few.

        tens: shape (length,), the value of the ten days that end on each date. at: shape (p,), the date of
        each period's end. A block is past when it ended before the period began. Blocks end on whole
        multiples of ten days, so that those of one period are those of the next. A quantile above the middle
        remembers what healthy panels did, even after a fault that lasted months.
        """
        ends = np.arange((-self.start - 1) % BLOCK_DAYS, self.length, BLOCK_DAYS)
        values = np.where(self._counts[ends] >= FEWEST_BLOCK_DAYS, tens[ends], np.nan)
        inside = (ends <= at[:, np.newaxis] - PERIOD_DAYS) & (
            ends - BLOCK_DAYS >= at[:, np.newaxis] - MEMORY_DAYS
        )
        table = np.where(inside & ~np.isnan(values), values, np.inf)
        table.sort(axis=1)
        known = np.isfinite(table).sum(axis=1)
        place = np.rint(quantile * np.maximum(known - 1, 0)).astype(np.int64)
        return np.where(known >= FEWEST_BLOCKS, table[np.arange(len(at)), place], np.nan)


def running(values: FloatArray, days: int) -> FloatArray:
    """Return the sum of the known entries among the last `days` dates, shape as `values`."""
    # Whole steps of a millionth add up exactly, whatever comes before them.
    whole = np.rint(np.nan_to_num(values) * 1e6).astype(np.int64)
    total = np.concatenate((np.zeros(days, np.int64), np.cumsum(whole)))
    sums: FloatArray = (total[days:] - total[:-days]) / 1e6
    return sums


def running_max(values: FloatArray, days: int) -> FloatArray:
    """Return the largest known entry among the last `days` dates, NaN where none is known."""
    known = np.where(np.isnan(values), -np.inf, values)
    padded = np.concatenate((np.full(days - 1, -np.inf), known))
    largest = np.lib.stride_tricks.sliding_window_view(padded, days).max(axis=1)
    return np.where(np.isfinite(largest), largest, np.nan)


def running_ratio(top: FloatArray, under: FloatArray, days: int) -> FloatArray:
    """Return the ratio of two sums over the last `days` dates on which both are known, NaN where none."""
    both = ~(np.isnan(top) | np.isnan(under))
    return over(running(np.where(both, top, 0.0), days), running(np.where(both, under, 0.0), days))


def running_mean(values: FloatArray, days: int) -> FloatArray:
    """Return the mean of the known entries among the last `days` dates, NaN where none is known."""
    return running_ratio(values, np.ones(len(values)), days)


def over(top: FloatArray, under: FloatArray) -> FloatArray:
    """Return a ratio, NaN where the lower part is not positive."""
    ratio: FloatArray = np.where(under > 0.0, top / np.where(under > 0.0, under, 1.0), np.nan)
    return ratio


def unlikely(values: FloatArray, light: FloatArray) -> FloatArray:
    """Return how unusual each date's value is among the house's earlier days that were no brighter.

    values, light: shape (length,). Result: minus the logarithm of the share of such days with a value as
    low, shape (length,); NaN where fewer than FEWEST_DIMMER are known.
    """
    place = np.flatnonzero(~np.isnan(values) & ~np.isnan(light))
    result = np.full(len(values), np.nan)
    if not len(place):
        return result
    value, sun, row = values[place], light[place], place[:, np.newaxis]
    dimmer = (place < row) & (place > row - MEMORY_DAYS) & (sun <= sun[:, np.newaxis] + AS_BRIGHT)
    count = dimmer.sum(axis=1)
    as_low = (dimmer & (value <= value[:, np.newaxis])).sum(axis=1)
    share = (as_low + 0.5) / (count + 1.0)
    result[place] = np.where(count >= FEWEST_DIMMER, -np.log(share), np.nan)
    return result
