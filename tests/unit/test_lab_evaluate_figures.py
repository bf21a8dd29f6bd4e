"""The benchmark's figures on known arrays."""

import math

import numpy as np
import pytest

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.metrics import (
    METRICS,
    auc,
    average_precision,
    calibration_error,
    figures,
    lost_at_specificity,
    roc,
)
from sunsift.lab.evaluate.tally import BINS, LENGTH, part
from sunsift.lab.evaluate.trace import Trace, plain_means
from sunsift.lab.evaluate.truth import BETWEEN, POOR, WELL, needless_changes, truth_of
from sunsift.lab.evaluate.virtual import FEWEST, deal
from sunsift.lab.evaluate.wording import WORDINGS, written
from sunsift.lab.inject import SCENARIOS, SMOKE, inject
from sunsift.lab.judge import roc_auc
from tests.support.homes import a_metered_home


def histogram(values: list[float]) -> FloatArray:
    bins: IntArray = np.rint(np.array(values) * (BINS - 1)).astype(np.int64)
    return np.bincount(bins, minlength=BINS).astype(np.float64)


def a_tally(**parts: float | FloatArray) -> FloatArray:
    """Return a tally; each part a histogram, or a single count."""
    tally = np.zeros(LENGTH)
    for name, value in parts.items():
        part(tally, name)[:] = value
    return tally


def test_auc_of_histograms_is_the_auc_of_scores() -> None:
    rng = np.random.default_rng(2)
    poor, well = rng.integers(30, 100, 70) / 100, rng.integers(0, 80, 90) / 100
    expected = roc_auc(poor, well)
    assert auc(histogram(poor.tolist()), histogram(well.tolist())) == pytest.approx(expected)
    false_rate, found = roc(histogram(poor.tolist()), histogram(well.tolist()))
    assert np.trapezoid(found, false_rate) == pytest.approx(expected)
    assert math.isnan(auc(histogram([]), histogram([0.5])))


def test_average_precision_at_a_prevalence() -> None:
    # One poor above everything, one below half of the well ones: precisions 1 and 0.05 / (0.05 + 0.95 / 2).
    poor, well = histogram([0.9, 0.5]), histogram([0.6, 0.4])
    assert average_precision(poor, well, 0.05) == pytest.approx(0.5 * 1.0 + 0.5 * 0.05 / (0.05 + 0.475))
    assert average_precision(poor, well, 0.5) == pytest.approx(0.5 * 1.0 + 0.5 * 0.5 / (0.5 + 0.25))


def test_calibration_error_is_the_weighted_distance() -> None:
    # 0.1 said of ten of which two are poor; 0.85 said of four of which all are.
    poor, well = histogram([0.1] * 2 + [0.85] * 4), histogram([0.1] * 8)
    assert calibration_error(poor, well) == pytest.approx((10 * 0.1 + 4 * 0.15) / 14)


def test_the_threshold_keeps_the_specificity() -> None:
    # 200 days that are well: two may be called poor. The third from above has 0.6, and below it comes 0.1.
    tally = a_tally(
        well_days_by_average=histogram([0.9, 0.7, 0.6] + [0.1] * 197),
        well_days=200.0,
        lost_by_average=histogram([0.95, 0.65, 0.6, 0.2]),
        lost_kwh=5.0,
    )
    assert lost_at_specificity(tally, 0.99) == pytest.approx(2 / 5)
    assert lost_at_specificity(tally, 0.985) == pytest.approx(4 / 5)
    assert lost_at_specificity(tally, 1.0) == pytest.approx(1 / 5)


def test_faults_never_reported_take_longer_than_all_others() -> None:
    delays = np.zeros(401)
    delays[[2, 3, 9]] = 1.0
    found = a_tally(delay=delays, onsets_found=3.0)
    assert (METRICS["delay_median"](found), METRICS["delay_90"](found)) == (3.0, 9.0)
    missed = a_tally(delay=delays, onsets_found=3.0, onsets_missed=2.0)
    assert (METRICS["delay_median"](missed), METRICS["delay_90"](missed)) == (9.0, math.inf)
    assert METRICS["faults_found"](missed) == pytest.approx(3 / 5)
    assert written("delay_90", math.inf) == "never"


def test_rates_are_a_year() -> None:
    tally = a_tally(never_faulty_days=731.0, false_alarms=3.0, house_days=3652.5, needless_changes=4.0)
    assert METRICS["false_alarms_a_year"](tally) == pytest.approx(3 * 365.25 / 731)
    assert METRICS["needless_changes_a_year"](tally) == pytest.approx(0.4)


def test_every_figure_is_named_and_an_empty_tally_has_none() -> None:
    assert list(METRICS) == list(WORDINGS)
    assert all(math.isnan(metric(np.zeros(LENGTH))) for metric in METRICS.values())


def test_intervals_hold_the_value_and_vanish_where_all_homes_are_alike() -> None:
    alike = np.stack([a_tally(house_days=100.0, days_told=90.0)] * 5)
    assert [*vars_of(figures(alike, 1)["days_told"])] == pytest.approx([0.9, 0.9, 0.9])
    homes = np.stack([a_tally(house_days=100.0, days_told=told) for told in (50.0, 90.0, 95.0, 100.0)])
    one, two = (figures(homes, 3)["days_told"] for _ in range(2))
    assert one == two
    assert one.low < one.value < one.high


def vars_of(figure: object) -> list[float]:
    return [getattr(figure, name) for name in ("value", "low", "high")]


def test_truth_of_a_sudden_outage() -> None:
    scene = inject(a_metered_home(days=100), "healthy", 1)
    left = np.ones((100, 1))
    left[50:70] = 0.0
    truth = truth_of(scene.with_left(left, 50).record(), Rules())
    assert (truth.state[:24] == BETWEEN).all()  # too few days to judge
    assert (truth.state[24:50] == WELL).all()
    assert truth.state[51] == BETWEEN  # most of the period was fine, yesterday was not
    assert (truth.state[62:80] == POOR).all()
    assert truth.state[99] == WELL
    assert truth.lost_kwh[50:70].sum() == pytest.approx(scene.healthy_kwh[50:70].sum())
    assert truth.lost_kwh[:50].sum() == 0.0
    assert truth.judged.tolist() == [False] * 29 + [True] * 71


def test_truth_that_nobody_knows_is_none() -> None:
    home = a_metered_home(days=60)
    home.generation_kwh[:8] = 0.0  # dead when it was metered
    truth = truth_of(inject(home, "healthy", 1).record(), Rules())
    assert np.isnan(truth.performance[:32]).all()
    assert (truth.state[:32] == BETWEEN).all()
    assert (truth.state[32:] == WELL).all()


@pytest.mark.parametrize(
    ("states", "reports", "needless"),
    [
        ([WELL] * 9, [(0, WELL)], [False]),
        ([WELL] * 9, [(0, WELL), (3, POOR), (6, WELL)], [False, True, True]),
        ([WELL] * 4 + [POOR] * 5, [(0, WELL), (5, POOR)], [False, False]),
        ([WELL] * 4 + [BETWEEN] * 3 + [POOR] * 2, [(0, WELL), (5, POOR)], [False, False]),
        (
            [WELL] * 4 + [BETWEEN] * 5,
            [(0, WELL), (5, POOR), (6, WELL), (7, POOR)],
            [False, False, True, True],
        ),
        ([WELL] * 9, [(0, WELL), (4, BETWEEN), (6, WELL)], [False, True, True]),
        ([POOR] * 9, [(2, WELL)], [True]),
    ],
)
def test_changes_that_nothing_called_for(
    states: list[int], reports: list[tuple[int, int]], needless: list[bool]
) -> None:
    assert needless_changes(reports, np.array(states, np.int8)) == needless


def test_plain_means_forget_and_flip() -> None:
    trace = Trace.empty(8)
    trace.p_poor[1:] = [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    means = plain_means(trace, 3, 0.5)
    assert means.average[1:].tolist() == pytest.approx([0.0, 0.0, 0.3333, 0.6667, 1.0, 0.6667, 0.3333])
    assert means.reports == [(1, WELL), (4, POOR), (7, WELL)]
    assert means.status.tolist() == [BETWEEN, WELL, WELL, WELL, POOR, POOR, POOR, WELL]


@pytest.mark.parametrize("scenarios", [FEWEST, 8, 13, len(SCENARIOS)])
def test_scenarios_are_dealt_fairly(scenarios: int) -> None:
    dealt = deal(14, scenarios, 5)
    assert dealt == deal(14, scenarios, 5)
    for mine in dealt:
        assert len(mine) == len(set(mine)) == scenarios
        assert {"healthy", "outage", "string_half"} <= set(mine)
        assert mine[-1] == SMOKE
        assert SMOKE not in mine[:-1]
    if scenarios >= 8:
        times = [sum(name in mine for mine in dealt) for name in SCENARIOS]
        assert min(times) >= 3


def test_no_such_number_of_scenarios() -> None:
    for wrong in (FEWEST - 1, len(SCENARIOS) + 1):
        with pytest.raises(SunsiftError, match="must lie in 4 to 19"):
            deal(3, wrong, 1)
