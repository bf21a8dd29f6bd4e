"""What else could judge the panels: a simple rule, the recipe of 2017, and as the ceiling the truth."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np

from sunsift.domain.features import hourly_kw
from sunsift.domain.house import House
from sunsift.domain.period import Periods, ready_periods
from sunsift.domain.readings import Days, FloatArray, stack_days
from sunsift.domain.rules import Rules
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score
from sunsift.lab.evaluate.truth import POOR_UPTO, WELL_FROM, Truth
from sunsift.lab.record import Record
from sunsift.lab.simulate import simulate_records

# The simple rule: healthy panels export this share of their capacity in the best hour of a month.
EXPORT_SHARE: Final = 0.35
EXPORT_BLUR: Final = 0.08
# The ceiling turns the true performance into a probability within a few per cent around the middle.
TRUTH_BLUR: Final = 0.012
# The recipe of 2017 learns from a simulated fleet; its status is a plain mean of ten.
RECIPE_HOUSES: Final = 240
RECIPE_DAYS: Final = 75
RECIPE_SEED: Final = 2017
RECIPE_MEAN_OF: Final = 10
RECIPE_THRESHOLD: Final = 0.5


def _scores(p_poor: FloatArray) -> list[Score]:
    """Return scores that say nothing but how likely the panels are poor."""
    rounded = np.round(np.clip(p_poor, 0.0, 1.0), 4)
    return [
        Score(p, round(1.0 - p, 3), 0.5, 0.0, Status.POOR if p >= 0.5 else Status.WELL, ())
        for p in rounded.tolist()
    ]


def _logistic(log_odds: FloatArray) -> FloatArray:
    result: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0)))
    return result


class _Plain:
    """A baseline gives no reasons."""

    def explain(self, reason: Reason) -> str:
        """Return the code."""
        return reason.code


class LargestExport(_Plain):
    """The simple rule: the largest hourly export of the period against the registered capacity."""

    version = "largest-export"

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period by its largest hourly export."""
        exports = np.nan_to_num(hourly_kw(days.export_kwh)).max(axis=1) / house.capacity_kwp
        exports = np.where(days.usable, exports, 0.0)
        largest = np.array([exports[first : last + 1].max() for first, last in _rows(periods)])
        return _scores(_logistic((EXPORT_SHARE - largest) / EXPORT_BLUR))


class Ceiling(_Plain):
    """The same rules, given the true generation: what no reading of a net meter can beat by much.

    It is told the true performance of each period and of its last seven days, and calls poor what is.
    """

    version = "true-generation"

    def __init__(self, first_day: int, truth: Truth) -> None:
        self._first_day = first_day
        self._truth = truth

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Look each period's truth up; a period whose truth nobody knows counts as well."""
        rows = periods.end - self._first_day
        worst = np.fmin(self._truth.performance[rows], self._truth.recent[rows])
        middle = (POOR_UPTO + WELL_FROM) / 2.0
        return _scores(_logistic((middle - np.where(np.isnan(worst), 1.0, worst)) / TRUTH_BLUR))


class Recipe2017(_Plain):
    """One classifier on 25 of 30 days: logistic regression on ten plain features of the window.

    It learns from a simulated fleet of ours, since the fleet and the classifier of 2017 were never published.
    """

    version = "recipe-2017"

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period by itself."""
        weights, mean, spread = _learnt()
        features = (window_features(house, days, periods) - mean) / spread
        return _scores(_logistic(features @ weights[1:] + weights[0]))


def window_features(house: House, days: Days, periods: Periods) -> FloatArray:
    """Return ten plain features of each period, shape (p, 10); energies per kWp."""
    export = np.nan_to_num(days.export_kwh) / house.capacity_kwp
    imported = np.nan_to_num(days.import_kwh) / house.capacity_kwp
    net = imported - export
    daily = np.stack(
        (
            hourly_kw(export).max(axis=1),
            export.sum(axis=1),
            (export > 0.0).mean(axis=1),
            net[:, 20:28].mean(axis=1),
            net[:, 16:32].min(axis=1),
            np.concatenate((net[:, :10], net[:, 42:]), axis=1).mean(axis=1),
            imported.sum(axis=1),
        ),
        axis=1,
    )
    features = []
    for first, last in _rows(periods):
        usable = daily[first : last + 1][days.usable[first : last + 1]]
        middle = np.median(usable, axis=0)
        features.append(np.concatenate((middle, usable[:, :2].max(axis=0), usable[:, 4:5].min(axis=0))))
    return np.array(features).reshape(len(periods), 10)


def _rows(periods: Periods) -> Sequence[tuple[int, int]]:
    return list(zip(periods.first_row.tolist(), periods.last_row.tolist(), strict=True))


@cache
def _learnt() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit the classifier; returns weights with the constant first, and the features' means and spreads."""
    rules = Rules()
    inputs, poor = [], []
    fleet = simulate_records(RECIPE_HOUSES, RECIPE_DAYS, seed=RECIPE_SEED, faulty_share=0.5)
    for record in fleet:
        days = stack_days(record.packets())
        periods = ready_periods(days, rules, int(days.day[0]), int(days.day[-1]))
        if len(periods):
            inputs.append(window_features(record.house, days, periods))
            poor.append(_period_performance(record, periods) <= (POOR_UPTO + WELL_FROM) / 2.0)
    features, target = np.concatenate(inputs), np.concatenate(poor).astype(np.float64)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    design = np.column_stack((np.ones(len(features)), (features - mean) / spread))
    weights = np.zeros(design.shape[1])
    for _ in range(12):  # Newton's steps of a regression held down by a small ridge
        p = _logistic(design @ weights)
        slope = design.T @ (target - p) - weights
        curve = (design * (p * (1.0 - p))[:, np.newaxis]).T @ design + np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights, mean, spread


def _period_performance(record: Record, periods: Periods) -> FloatArray:
    made, healthy = np.nan_to_num(record.generation_kwh), np.nan_to_num(record.healthy_kwh)
    shares = [
        made[first : last + 1].sum() / max(healthy[first : last + 1].sum(), 1e-9)
        for first, last in _rows(periods)
    ]
    return np.array(shares)


SYSTEMS: Final[Mapping[str, str]] = {
    "shipped": "the model that ships, day by day through the steps of production",
    LargestExport.version: "largest hourly export of the period against capacity",
    Recipe2017.version: "one classifier on 25 of 30 days, plain mean of ten, no hysteresis",
    Ceiling.version: "the ceiling: the same rules, given the true generation",
}
