"""What the benchmark needs of whoever judges the panels, and two helpers for those who do it simply."""

from typing import Protocol

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import Days, FloatArray
from sunsift.domain.status import Status
from sunsift.domain.verdict import Score


class Judge(Protocol):
    """Scores 30-day periods of one house from its net readings."""

    @property
    def version(self) -> str:
        """The name under which its figures are listed."""
        ...

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period from its own rows of `days` and the registration; one score a period."""
        ...


def scores_of(p_poor: FloatArray) -> list[Score]:
    """Return scores that say nothing but how likely the panels are poor; p_poor: shape (p,)."""
    rounded = np.round(np.clip(p_poor, 0.0, 1.0), 4)
    return [
        Score(p, round(1.0 - p, 3), 0.5, 0.0, Status.POOR if p >= 0.5 else Status.WELL, ())
        for p in rounded.tolist()
    ]


def logistic(log_odds: FloatArray) -> FloatArray:
    """Return probabilities from log-odds, of the same shape."""
    result: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0)))
    return result


def row_ranges(periods: Periods) -> list[tuple[int, int]]:
    """Return each period's first and last row, both included."""
    return list(zip(periods.first_row.tolist(), periods.last_row.tolist(), strict=True))
