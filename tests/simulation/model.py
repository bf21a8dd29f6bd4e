"""A model that is cheap, deterministic, and falls for every null that is taken for a zero."""

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import Days
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score

SUNNY = slice(18, 30)
HEALTHY_KWH = 1.0


class LevelModel:
    """Judges by the mean sunny export of the period's usable days."""

    version = "level-1"

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period from its own rows."""
        return [
            self._one(days, first, last + 1)
            for first, last in zip(periods.first_row.tolist(), periods.last_row.tolist(), strict=True)
        ]

    def _one(self, days: Days, first: int, end: int) -> Score:
        exports = days.export_kwh[first:end, SUNNY][days.usable[first:end]]
        present = exports[np.isfinite(exports)]
        share = float(present.mean()) / HEALTHY_KWH if present.size else 0.0
        p_poor = round(min(1.0, max(0.0, 1.4 - 1.5 * share)), 4)
        verdict = Status.POOR if p_poor > 0.8 else Status.WELL if p_poor < 0.2 else Status.UNKNOWN
        gaps = int(exports.size - present.size)
        return Score(p_poor, round(share, 3), 0.05, 0.0, verdict, (Reason("gaps", gaps),))

    def explain(self, reason: Reason) -> str:
        """Put a reason in words."""
        return f"{reason.value} readings are missing"
