"""Counts that add up: the figures of any set of houses follow from the sum of their tallies.

A probability has 10,001 possible values, so that histograms hold everything that ROC curves, thresholds and
calibration need, exactly. Resampling houses for confidence intervals is then a weighted sum.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from sunsift.domain.readings import BoolArray, FloatArray
from sunsift.lab.evaluate.trace import NO_PREDICTION, Trace
from sunsift.lab.evaluate.truth import BETWEEN, POOR, WELL, Truth, needless_changes
from sunsift.lab.evaluate.virtual import VirtualHouse
from sunsift.lab.inject import FAULTS

BINS: Final = 10_001
LONGEST_DELAY: Final = 400
PAST_DAYS: Final = 90
BELOW: Final = 0.60

# Histograms over p_poor of predictions whose truth is poor or well, with a past of PAST_DAYS and without.
_P_POOR: Final = ("poor_past", "poor_new", "well_past", "well_new", "below60")
# Histograms over the rolling average: days that are well, and energy lost.
_AVERAGE: Final = ("well_days_by_average", "lost_by_average")
_COUNTS: Final = (
    "house_days",
    "days_told",
    "days_predicted",
    "verdicts",
    "well_days",
    "well_days_told_poor",
    "lost_kwh",
    "lost_told_poor",
    "never_faulty_days",
    "false_alarms",
    "needless_changes",
    "onsets_found",
    "onsets_missed",
    "lasting_found",
    "lasting_missed",
    "poor_before_onset",
    "too_small",
)
_SIZES: Final = {
    **dict.fromkeys(_P_POOR, BINS),
    **dict.fromkeys(_AVERAGE, BINS),
    "delay": LONGEST_DELAY + 1,
    **dict.fromkeys(_COUNTS, 1),
}
_STARTS: Final = dict(zip(_SIZES, np.cumsum([0, *_SIZES.values()]).tolist(), strict=False))
LENGTH: Final = sum(_SIZES.values())


def part(tally: FloatArray, name: str) -> FloatArray:
    """Return a histogram of a tally, as a view; tally: shape (LENGTH,) or (m, LENGTH)."""
    start = _STARTS[name]
    view: FloatArray = tally[..., start : start + _SIZES[name]]
    return view


def count(tally: FloatArray, name: str) -> float:
    """Return a single count of a tally, shape (LENGTH,)."""
    return float(tally[_STARTS[name]])


def tally_of(virtual: VirtualHouse, truth: Truth, trace: Trace) -> FloatArray:
    """Return the tally of one virtual house under one system, shape (LENGTH,)."""
    tally = np.zeros(LENGTH)

    def add(name: str, amount: float) -> None:
        tally[_STARTS[name]] += amount

    def fill(name: str, values: FloatArray, wanted: BoolArray, weights: FloatArray | None = None) -> None:
        bins = np.rint(values[wanted] * (BINS - 1)).astype(np.int64)
        of_each = None if weights is None else weights[wanted]
        part(tally, name)[:] += np.bincount(bins, of_each, BINS)

    said = ~np.isnan(trace.p_poor)
    past = np.arange(len(said)) >= PAST_DAYS + 29
    for state, name in ((POOR, "poor"), (WELL, "well")):
        fill(f"{name}_past", trace.p_poor, said & past & (truth.state == state))
        fill(f"{name}_new", trace.p_poor, said & ~past & (truth.state == state))
    with np.errstate(invalid="ignore"):
        fill("below60", trace.p_poor, said & (truth.performance < BELOW))

    average = _carried(trace.average)
    known = ~np.isnan(average)
    told_poor = trace.status == POOR
    well_days = truth.judged & (truth.state == WELL)
    lost = np.where(truth.judged, truth.lost_kwh, 0.0)
    fill("well_days_by_average", average, known & well_days)
    fill("lost_by_average", average, known & truth.judged, lost)
    add("house_days", truth.judged.sum())
    add("days_told", (truth.judged & (trace.status != BETWEEN)).sum())
    add("days_predicted", (trace.verdict != NO_PREDICTION).sum())
    add("verdicts", (trace.verdict > BETWEEN).sum())
    add("well_days", well_days.sum())
    add("well_days_told_poor", (well_days & told_poor).sum())
    add("lost_kwh", lost.sum())
    add("lost_told_poor", lost[told_poor].sum())
    add("needless_changes", sum(needless_changes(trace.reports, truth.state)))
    if virtual.scene.scenario in FAULTS:
        _count_onset(tally, virtual, truth, trace, add)
    else:
        add("never_faulty_days", truth.judged.sum())
        add("false_alarms", sum(code == POOR and truth.state[row] == WELL for row, code in trace.reports))
    return tally


def _count_onset(
    tally: FloatArray, virtual: VirtualHouse, truth: Truth, trace: Trace, add: Callable[[str, float], None]
) -> None:
    """Count whether and when the fault of a faulty house was reported."""
    first, last = span_of(virtual)
    delay = delay_of(virtual, trace)
    if not (truth.state[first : last + 1] == POOR).any():
        add("too_small", 1)
    elif first == 0:
        # Nobody can say how late a report is of what was there before the readings began.
        add("lasting_missed" if delay is None else "lasting_found", 1)
    elif trace.status[first - 1] == POOR:
        add("poor_before_onset", 1)
    elif delay is None:
        add("onsets_missed", 1)
    else:
        add("onsets_found", 1)
        part(tally, "delay")[min(delay, LONGEST_DELAY)] += 1


def span_of(virtual: VirtualHouse) -> tuple[int, int]:
    """Return the rows of the onset and of the last day on which the fault acts."""
    acting = np.flatnonzero(virtual.scene.fault)
    assert virtual.scene.onset is not None
    return virtual.scene.onset, int(acting[-1]) if len(acting) else virtual.scene.onset


def delay_of(virtual: VirtualHouse, trace: Trace) -> int | None:
    """Return the days from the onset to the report, the day of the onset being day 1; None if there was none.

    Only a report that comes while the fault acts helps anybody.
    """
    first, last = span_of(virtual)
    row = next((row for row, code in trace.reports if code == POOR and first <= row <= last), None)
    return None if row is None else row - first + 1


def _carried(values: FloatArray) -> FloatArray:
    """Return values with each gap filled by the one before it."""
    rows: npt.NDArray[np.int64] = np.where(np.isnan(values), -1, np.arange(len(values)))
    latest = np.maximum.accumulate(rows)
    carried: FloatArray = np.where(latest >= 0, values[np.maximum(latest, 0)], np.nan)
    return carried
