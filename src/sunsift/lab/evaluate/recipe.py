"""The recipe of 2017: one classifier on 25 of 30 days, and a plain mean of ten."""

from functools import cache
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.period import Periods, ready_periods
from sunsift.domain.readings import Days, FloatArray, stack_days
from sunsift.domain.rules import Rules
from sunsift.domain.sunlight import hourly
from sunsift.domain.verdict import Score
from sunsift.lab.evaluate.judges import logistic, row_ranges, scores_of
from sunsift.lab.evaluate.truth import POOR_UPTO, WELL_FROM
from sunsift.lab.record import Record
from sunsift.lab.simulate import simulate_records

# It learns from a simulated fleet.
RECIPE_HOUSES: Final = 240
RECIPE_DAYS: Final = 75
RECIPE_SEED: Final = 2017
# Its status is a plain mean of ten.
RECIPE_MEAN_OF: Final = 10
RECIPE_THRESHOLD: Final = 0.5


class Recipe2017:
    """Logistic regression on ten plain features of the window.

    It learns from a simulated fleet of ours, since the fleet and the classifier of 2017 were never published.
    """

    version = "recipe-2017"

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period by itself."""
        weights, mean, spread = learnt()
        features = (window_features(house, days, periods) - mean) / spread
        return scores_of(logistic(features @ weights[1:] + weights[0]))


def window_features(house: House, days: Days, periods: Periods) -> FloatArray:
    """Return ten plain features of each period, shape (p, 10); energies per kWp."""
    export = np.nan_to_num(days.export_kwh) / house.capacity_kwp
    imported = np.nan_to_num(days.import_kwh) / house.capacity_kwp
    net = imported - export
    daily = np.stack(
        (
            hourly(export).max(axis=1),
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
    for first, last in row_ranges(periods):
        usable = daily[first : last + 1][days.usable[first : last + 1]]
        middle = np.median(usable, axis=0)
        features.append(np.concatenate((middle, usable[:, :2].max(axis=0), usable[:, 4:5].min(axis=0))))
    return np.array(features).reshape(len(periods), 10)


@cache
def learnt() -> tuple[FloatArray, FloatArray, FloatArray]:
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
        p = logistic(design @ weights)
        slope = design.T @ (target - p) - weights
        curve = (design * (p * (1.0 - p))[:, np.newaxis]).T @ design + np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights, mean, spread


def _period_performance(record: Record, periods: Periods) -> FloatArray:
    made, healthy = np.nan_to_num(record.generation_kwh), np.nan_to_num(record.healthy_kwh)
    shares = [
        made[first : last + 1].sum() / max(healthy[first : last + 1].sum(), 1e-9)
        for first, last in row_ranges(periods)
    ]
    return np.array(shares)
