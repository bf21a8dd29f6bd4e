"""Sums, maxima and memories over days: each is what a slow loop over the days would find."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sunsift.domain.evidence import COLUMNS, FLAT, GEOMETRY, LAYOUT, MISSING, USABLE, WIDTH, Evidence
from sunsift.domain.ratio import over
from sunsift.domain.readings import FloatArray
from sunsift.model.calendar import (
    AS_BRIGHT,
    BLOCK_DAYS,
    EMPTY_DAYS,
    FEWEST_BLOCK_DAYS,
    FEWEST_BLOCKS,
    FEWEST_DIMMER,
    MEMORY_DAYS,
    PERIOD_DAYS,
    Calendar,
    running,
    running_max,
    running_mean,
    running_ratio,
    unlikely,
)
from tests.support.build import FIRST_DAY

NAN = float("nan")
# Values as evidence has them: few digits, often none.
numbers = st.one_of(st.just(NAN), st.integers(-3000, 3000).map(lambda n: n / 1000))
days = st.integers(1, 40)


def rows_of(least: int = 1, most: int = 60) -> Any:
    return arrays(np.float64, st.integers(least, most), elements=numbers)


def known_of(values: FloatArray, last: int, count: int) -> list[float]:
    """Return the known ones among the last `count` entries up to `last`."""
    return [v for v in values[max(0, last - count + 1) : last + 1].tolist() if v == v]


@given(values=rows_of(), count=days)
def test_running_sum_and_mean(values: FloatArray, count: int) -> None:
    known = [known_of(values, last, count) for last in range(len(values))]
    np.testing.assert_allclose(running(values, count), [sum(k) for k in known], atol=1e-9)
    expected = [sum(k) / len(k) if k else NAN for k in known]
    np.testing.assert_allclose(running_mean(values, count), expected, atol=1e-9)


@given(values=rows_of(), count=days)
def test_running_max(values: FloatArray, count: int) -> None:
    expected = [max(known_of(values, last, count), default=NAN) for last in range(len(values))]
    np.testing.assert_array_equal(running_max(values, count), expected)


@given(both=arrays(np.float64, st.tuples(st.just(2), st.integers(1, 60)), elements=numbers), count=days)
def test_running_ratio_takes_days_on_which_both_are_known(both: FloatArray, count: int) -> None:
    top, under = both
    found = running_ratio(top, under, count)
    for last in range(len(top)):
        span = slice(max(0, last - count + 1), last + 1)
        pairs = [(a, b) for a, b in zip(top[span], under[span], strict=True) if a == a and b == b]
        below = round(sum(b for _, b in pairs), 6)
        expected = sum(a for a, _ in pairs) / below if below > 0.0 else NAN
        np.testing.assert_allclose(found[last], expected, rtol=1e-9, atol=1e-9)


@given(values=rows_of(2), count=days, stop=st.integers(1, 59))
def test_what_came_long_before_leaves_no_trace(values: FloatArray, count: int, stop: int) -> None:
    changed = values.copy()
    changed[: max(0, len(values) - count)] = 7.0 / 3.0
    for what in (running, running_max, running_mean):
        assert what(values, count)[-1:].tobytes() == what(changed, count)[-1:].tobytes()
    later = values.copy()
    later[stop:] = 0.1
    for what in (running, running_max, running_mean):
        assert what(values, count)[:stop].tobytes() == what(later, count)[:stop].tobytes()


def test_stacked_columns_are_each_by_itself() -> None:
    rng = np.random.default_rng(1)
    table = np.where(rng.random((3, 80)) < 0.2, np.nan, rng.normal(size=(3, 80)))
    for what in (running, running_max, running_mean):
        for row in range(3):
            np.testing.assert_array_equal(what(table, 10)[row], what(table[row], 10))


def test_a_ratio_to_nothing_is_unknown() -> None:
    found = over(np.array([1.0, 1.0, 1.0, NAN]), np.array([2.0, 0.0, -1.0, 1.0]))
    np.testing.assert_array_equal(found, [0.5, NAN, NAN, NAN])


def evidence_at(day: list[int], usable: list[bool], values: dict[str, list[int]], flags: int = 0) -> Evidence:
    """Return evidence whose columns hold the given bytes, the others nothing."""
    rows = np.full((len(day), WIDTH), MISSING, np.uint8)
    rows[:, 0] = LAYOUT
    rows[:, 1] = np.where(usable, USABLE, 0) | flags
    for place, name in enumerate(COLUMNS, start=2):
        if name in values:
            rows[:, place] = values[name]
    return Evidence(np.array(day, np.int64), rows)


def test_gaps_and_unusable_days_are_missing_not_zero() -> None:
    evidence = evidence_at(
        [FIRST_DAY, FIRST_DAY + 1, FIRST_DAY + 4], [True, False, True], {"exporting": [0, 250, 125]}, FLAT
    )
    calendar = Calendar(evidence, evidence.day)
    assert (calendar.start, calendar.length) == (FIRST_DAY - EMPTY_DAYS, EMPTY_DAYS + 5)
    expected = [0.0, NAN, NAN, NAN, 0.5]
    np.testing.assert_allclose(calendar.columns("exporting")[0, EMPTY_DAYS:], expected)
    assert np.isnan(calendar.columns("exporting")[0, :EMPTY_DAYS]).all()
    assert np.isnan(calendar.columns("best")).all()
    flat, geometry = calendar.flags(FLAT, GEOMETRY)[:, EMPTY_DAYS:]
    np.testing.assert_array_equal(flat, [1.0, NAN, NAN, NAN, 1.0])
    np.testing.assert_array_equal(geometry, [0.0, NAN, NAN, NAN, 0.0])
    assert calendar.usable.sum() == 2


def slow_past(evidence: Evidence, tens: FloatArray, end: int, quantile: float) -> float:
    """Return what `Calendar.past` should, from days and loops alone."""
    start = int(evidence.day[0]) - EMPTY_DAYS
    usable = {int(day) for day, good in zip(evidence.day, evidence.usable, strict=True) if good}
    values = []
    for last in range(end - MEMORY_DAYS, end - PERIOD_DAYS + 1):
        whole_ten = (last + 1) % BLOCK_DAYS == 0 and last - BLOCK_DAYS >= end - MEMORY_DAYS
        if whole_ten and sum(last - back in usable for back in range(BLOCK_DAYS)) >= FEWEST_BLOCK_DAYS:
            values.append(float(tens[last - start]))
    known = sorted(value for value in values if value == value)
    return known[round(quantile * (len(known) - 1))] if len(known) >= FEWEST_BLOCKS else NAN


@given(
    seed=st.integers(0, 2**32),
    first=st.integers(FIRST_DAY, FIRST_DAY + 9),
    length=st.integers(1, 450),
    share=st.sampled_from([0.2, 0.45, 0.9, 1.0]),
    quantile=st.sampled_from([0.0, 0.1, 0.5, 0.8, 1.0]),
)
def test_the_past_is_what_a_slow_loop_finds(
    seed: int, first: int, length: int, share: float, quantile: float
) -> None:
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero(rng.random(length) < 0.95) if length > 1 else np.array([0])
    kept = kept if len(kept) else np.array([0])
    usable = (rng.random(len(kept)) < share).tolist()
    levels = rng.integers(0, 250, len(kept)).tolist()
    evidence = evidence_at((first + kept).tolist(), usable, {"rise": levels})
    ends = evidence.day
    calendar = Calendar(evidence, ends)
    tens = running_max(calendar.columns("rise"), BLOCK_DAYS)
    found = calendar.past(tens, quantile)
    expected = [slow_past(evidence, tens[0], end, quantile) for end in ends.tolist()]
    np.testing.assert_array_equal(found, [expected])


def test_three_blocks_are_a_past_and_two_are_none() -> None:
    first = FIRST_DAY - FIRST_DAY % BLOCK_DAYS
    evidence = evidence_at(
        list(range(first, first + 61)), [True] * 61, {"rise": [180] * 10 + [100] * 20 + [80] * 31}
    )
    calendar = Calendar(evidence, first + np.array([58, 59, 60]))
    tens = running_max(calendar.columns("rise"), BLOCK_DAYS)
    found = calendar.past(tens, 1.0)
    np.testing.assert_allclose(found, [[NAN, 1.0, 1.0]])


def slow_unlikely(values: FloatArray, light: FloatArray, at: int) -> float:
    """Return what `unlikely` should say of one date, from loops alone."""
    earlier = [
        values[place]
        for place in range(max(0, at - MEMORY_DAYS + 1), at)
        if values[place] == values[place] and light[place] <= light[at] + AS_BRIGHT
    ]
    if np.isnan(values[at] + light[at]) or len(earlier) < FEWEST_DIMMER:
        return NAN
    as_low = sum(value <= values[at] for value in earlier)
    return float(-np.log((as_low + 0.5) / (len(earlier) + 1)))


@given(seed=st.integers(0, 2**32), length=st.integers(1, 420))
def test_unlikely_is_what_a_slow_loop_finds(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((2, length)) < 0.1, np.nan, rng.integers(0, 12, (2, length)) / 10)
    light = np.where(rng.random(length) < 0.1, np.nan, rng.integers(0, 20, length) / 16)
    wanted = rng.random(length) < 0.3
    found = unlikely(values, light, wanted)
    assert np.isnan(found[:, ~wanted]).all()
    for at in np.flatnonzero(wanted).tolist():
        expected = [slow_unlikely(row, light, at) for row in values]
        np.testing.assert_allclose(found[:, at], expected)


def test_never_so_little_before_is_more_unlikely_the_longer_the_past() -> None:
    told = []
    for past in (FEWEST_DIMMER, 100, 300):
        values = np.r_[np.full(past, 0.8), 0.0]
        told.append(unlikely(values[np.newaxis], np.ones(past + 1), np.arange(past + 1) == past)[0, -1])
    assert told == pytest.approx([-np.log(0.5 / (past + 1)) for past in (FEWEST_DIMMER, 100, 300)])
