"""What one system said of one house, day by day, as it was known on each day."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from sunsift.domain.period import ready_periods
from sunsift.domain.readings import FloatArray, stack_days
from sunsift.domain.rules import Rules
from sunsift.domain.status import Folded, Status, fold
from sunsift.domain.verdict import Score
from sunsift.lab.evaluate.judges import Judge
from sunsift.lab.evaluate.truth import BETWEEN, POOR, WELL, Codes
from sunsift.lab.record import Record

CODE: Final = {Status.UNKNOWN: BETWEEN, Status.WELL: WELL, Status.POOR: POOR}
NO_PREDICTION: Final = -1


@dataclass(slots=True)
class Trace:
    """n days of one house as one system saw them.

    p_poor, performance, average: shape (n,), NaN on days without a prediction. verdict: shape (n,), of the
    day's prediction, NO_PREDICTION if there is none. status: shape (n,), what the retailer had been told by
    the end of the day. reports: (row, new status), oldest first. The codes are those of `truth`, BETWEEN
    for unknown.
    """

    p_poor: FloatArray
    performance: FloatArray
    average: FloatArray
    verdict: Codes
    status: Codes
    reports: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def empty(cls, days: int) -> Self:
        """Return a trace of days on which nothing was said."""
        return cls(
            p_poor=np.full(days, np.nan),
            performance=np.full(days, np.nan),
            average=np.full(days, np.nan),
            verdict=np.full(days, NO_PREDICTION, np.int8),
            status=np.full(days, BETWEEN, np.int8),
        )

    def note(self, row: int, score: Score, folded: Folded) -> None:
        """Write down one day's prediction."""
        self.p_poor[row] = score.p_poor
        self.performance[row] = score.performance
        self.average[row] = folded.average
        self.verdict[row] = CODE[score.verdict]

    def close(self) -> Self:
        """Work out from the reports what the retailer knew on each day."""
        for row, status in self.reports:
            self.status[row:] = status
        return self


def trace_at_once(record: Record, judge: Judge, rules: Rules) -> Trace:
    """Return what a judge says of a house whose packets come one a day, under the rules of production.

    A prediction sees nothing later than its period, and a status nothing later than its prediction, so that
    all days can be judged in one go; a test compares this with the flow, day by day.
    """
    first, last = int(record.day[0]), int(record.day[-1])
    days = stack_days(record.packets())
    periods = ready_periods(days, rules, first, last)
    scores = judge.score(record.house, days, periods)
    opinions = zip(periods.end.tolist(), (score.opinion() for score in scores), strict=True)
    trace = Trace.empty(len(record))
    for score, folded in zip(scores, fold([], None, opinions, rules.fold_predictions), strict=True):
        row = folded.as_of - first
        trace.note(row, score, folded)
        if folded.change is not None and folded.change.as_of == folded.as_of:
            trace.reports.append((row, CODE[folded.change.status]))
    return trace.close()


def plain_means(trace: Trace, count: int, threshold: float) -> Trace:
    """Return the trace with statuses by the plain mean of the last `count` probabilities, without memory."""
    said: npt.NDArray[np.int64] = np.flatnonzero(~np.isnan(trace.p_poor))
    result = Trace.empty(len(trace.p_poor))
    result.p_poor, result.performance, result.verdict = trace.p_poor, trace.performance, trace.verdict
    means = _means(trace.p_poor[said], count)
    result.average[said] = np.round(means, 4)
    before = BETWEEN
    for row, mean in zip(said.tolist(), means.tolist(), strict=True):
        status = POOR if mean >= threshold else WELL
        if status != before:
            result.reports.append((row, status))
        before = status
    return result.close()


def _means(values: FloatArray, count: int) -> FloatArray:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    last = np.arange(1, len(values) + 1)
    first = np.maximum(last - count, 0)
    means: FloatArray = (sums[last] - sums[first]) / np.maximum(last - first, 1)
    return means
