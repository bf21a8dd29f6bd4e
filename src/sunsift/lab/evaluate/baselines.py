"""What else could judge the panels: physics, a simple rule, the recipe of 2017; as the ceiling, the truth."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import Days
from sunsift.domain.rules import Rules
from sunsift.domain.sunlight import hourly
from sunsift.domain.verdict import Score
from sunsift.lab.evaluate.judges import Judge, logistic, row_ranges, scores_of
from sunsift.lab.evaluate.physics import PhysicsModel
from sunsift.lab.evaluate.recipe import RECIPE_MEAN_OF, RECIPE_THRESHOLD, Recipe2017
from sunsift.lab.evaluate.trace import Trace, plain_means, trace_at_once
from sunsift.lab.evaluate.truth import POOR_UPTO, WELL_FROM, Truth
from sunsift.lab.record import Record

# The simple rule: healthy panels export this share of their capacity in the best hour of a month.
EXPORT_SHARE: Final = 0.35
EXPORT_BLUR: Final = 0.08
# The ceiling turns the true performance into a probability within a few per cent around the middle.
TRUTH_BLUR: Final = 0.012


class LargestExport:
    """The simple rule: the largest hourly export of the period against the registered capacity."""

    version = "largest-export"

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period by its largest hourly export."""
        exports = np.nan_to_num(hourly(days.export_kwh)).max(axis=1) / house.capacity_kwp
        exports = np.where(days.usable, exports, 0.0)
        largest = np.array([exports[first : last + 1].max() for first, last in row_ranges(periods)])
        return scores_of(logistic((EXPORT_SHARE - largest) / EXPORT_BLUR))


class Ceiling:
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
        return scores_of(logistic((middle - np.where(np.isnan(worst), 1.0, worst)) / TRUTH_BLUR))


BASELINES: Final[Mapping[str, str]] = {
    PhysicsModel.version: "physics alone: no training, no past, no neighbours",
    LargestExport.version: "largest hourly export of the period against capacity",
    Recipe2017.version: "one classifier on 25 of 30 days, plain mean of ten, no hysteresis",
    Ceiling.version: "the ceiling: the same rules, given the true generation",
}


def baseline_traces(record: Record, truth: Truth, rules: Rules) -> dict[str, Trace]:
    """Return what each of BASELINES says of a house, by name and in their order."""
    judges: list[Judge] = [
        PhysicsModel(),
        LargestExport(),
        Recipe2017(),
        Ceiling(int(record.day[0]), truth),
    ]
    traces = {judge.version: trace_at_once(record, judge, rules) for judge in judges}
    recipe = traces[Recipe2017.version]
    traces[Recipe2017.version] = plain_means(recipe, RECIPE_MEAN_OF, RECIPE_THRESHOLD)
    return traces
