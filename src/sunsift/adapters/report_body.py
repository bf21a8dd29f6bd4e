"""What the retailer gets to read, whatever carries it."""

from collections.abc import Callable
from typing import Any, Final

from sunsift.domain.readings import day_date
from sunsift.domain.verdict import Prediction, Reason
from sunsift.parcels import Report, Unsent

TYPE: Final = "house.status"
Explain = Callable[[Reason], str]
"""Puts a reason in words."""
HELD_BACK: Final = Unsent("waits until an earlier report has got through", tried=False)
"""What becomes of the rest of a batch once something is wrong with the receiver itself."""


def report_body(report: Report, explain: Explain) -> dict[str, Any]:
    """Return the body of a report, in the shape that Standard Webhooks recommends.

    `data.key` is the same on every attempt, and so is what changed and when. What speaks for it is told as
    it stands now; it is null, and without reasons, if the prediction was withdrawn since.
    """
    return {
        "type": TYPE,
        "timestamp": report.created_at,
        "data": {
            "key": report.key,
            "house_id": report.house_id,
            "status": str(report.status),
            "previous": str(report.previous),
            "since": day_date(report.as_of).isoformat(),
            **_evidence(report.prediction, explain),
        },
    }


def _evidence(prediction: Prediction | None, explain: Explain) -> dict[str, Any]:
    names = (
        "lost_kwh", "lost_kwh_low", "lost_kwh_high", "performance", "performance_se", "period_end",
        "model_version", "reasons",
    )  # fmt: skip
    if prediction is None:
        return dict.fromkeys(names) | {"reasons": []}
    score = prediction.score
    values = (
        score.lost_kwh,
        *score.lost_kwh_range,
        score.performance,
        score.performance_se,
        day_date(prediction.period_end).isoformat(),
        prediction.model_version,
        [explain(reason) for reason in score.reasons],
    )
    return dict(zip(names, values, strict=True))
