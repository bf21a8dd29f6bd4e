"""A verdict by hand: what the best hours of the last days reached, against what they used to reach."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from sunsift.domain.drift import Histogram
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import FloatArray
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score

RECENT_DAYS: Final = 5
# What healthy panels are taken to reach in their best hours, however well or badly they were registered.
LEAST_USUAL, MOST_USUAL = 0.4, 1.0
POOR_SHARE: Final = 0.5
STEEPNESS: Final = 12.0
SURE: Final = 0.8
# Less than this share of healthy output is no trace of generation.
TRACE: Final = 0.15
WORDING: Final = {
    "silent_days": "No trace of solar generation on the last {v} days with readings.",
    "recent_best": "In its best hours of the last days it made {v} % of what it usually makes.",
    "dark": "Its days had no hour with enough sun to tell.",
}


class InterimModel:
    """Finds panels poor whose best hours of late are far below those of the days before."""

    version = "interim-1"
    history_days = 395
    card: Mapping[str, object] = MappingProxyType({})

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        """Score each period; see `Model`."""
        # Either sign alone misses panels behind a busy house.
        best = np.fmax(evidence.column("best"), evidence.column("rise_expected"))
        level = np.where(evidence.usable, best, np.nan)
        expected_kwh = evidence.column("expected") * house.capacity_kwp
        start = np.searchsorted(evidence.day, periods.end - (self.history_days - 1))
        ranges = zip(start.tolist(), periods.first_row.tolist(), periods.last_row.tolist(), strict=True)
        return [
            _score(level[begin : last + 1], level[first : last + 1], expected_kwh[first : last + 1])
            for begin, first, last in ranges
        ]

    def training_histograms(self) -> Mapping[str, Histogram]:
        """Return nothing: it was not trained."""
        return {}

    def explain(self, reason: Reason) -> str:
        """Put a reason in plain words."""
        return WORDING.get(reason.code, reason.code).format(v=reason.value)


def _score(history: FloatArray, period: FloatArray, expected_kwh: FloatArray) -> Score:
    known = period[np.isfinite(period)]
    if not len(known):
        return Score(0.5, 1.0, 1.0, 0.0, Status.UNKNOWN, (Reason("dark", 0),))
    earlier = history[np.isfinite(history)][:-RECENT_DAYS]
    usual = float(np.clip(np.median(earlier), LEAST_USUAL, MOST_USUAL)) if len(earlier) else MOST_USUAL
    share = max(float(known[-RECENT_DAYS:].max()), 0.0) / usual
    p_poor = round(float(1.0 / (1.0 + np.exp(STEEPNESS * (share - POOR_SHARE)))), 4)
    verdict = Status.POOR if p_poor > SURE else Status.WELL if p_poor < 1.0 - SURE else Status.UNKNOWN
    performance = round(min(share, 1.0), 3)
    lost_kwh = round((1.0 - performance) * float(np.nansum(expected_kwh)), 1)
    silent = len(known) - int(np.flatnonzero(np.append(True, known > TRACE))[-1])
    if silent >= RECENT_DAYS:
        return Score(p_poor, performance, 0.02, lost_kwh, verdict, (Reason("silent_days", silent),))
    return Score(p_poor, performance, 0.1, lost_kwh, verdict, (Reason("recent_best", round(100 * share)),))
