"""A model for tests: it says what the tests want to hear, and remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from sunsift.domain.drift import Histogram
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score
from tests.support.verdicts import HISTORY_DAYS, a_score


class ExportModel:
    """Finds panels poor if they exported nothing on the period's last three stored days.

    asked: the ends of the periods of each question. seen: the evidence that it was shown last.
    """

    version = "exports-1"
    history_days = HISTORY_DAYS
    card: Mapping[str, object] = MappingProxyType({})

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.seen: Evidence | None = None

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        self.asked.append(periods.end.tolist())
        self.seen = evidence
        exporting = evidence.column("exporting")
        scores = []
        for last in periods.last_row.tolist():
            exported = float(np.nansum(exporting[last - 2 : last + 1]))
            poor = exported == 0.0
            verdict = Status.POOR if poor else Status.WELL
            scores.append(replace(a_score(verdict, 0.9999 if poor else 0.0001), lost_kwh=round(exported, 1)))
        return scores

    def training_histograms(self) -> Mapping[str, Histogram]:
        """Return nothing: it was not trained."""
        return {}

    def explain(self, reason: Reason) -> str:
        return reason.code


class FailingModel(ExportModel):
    """Cannot judge some houses."""

    def __init__(self, breaks_on: str) -> None:
        super().__init__()
        self._breaks_on = breaks_on

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        if house.house_id == self._breaks_on:
            raise ZeroDivisionError("no sun")
        return super().score(house, evidence, periods)
