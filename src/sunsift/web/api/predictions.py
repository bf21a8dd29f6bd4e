"""Predictions of one house, with their reasons in words."""

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sunsift.domain.readings import day_date
from sunsift.domain.status import Folded, Status
from sunsift.domain.verdict import Prediction
from sunsift.model import Model
from sunsift.tokens import Scope
from sunsift.web.api.common import USUAL, Cursor, HouseId, Limit, Listing, for_scope, house_of
from sunsift.web.context import TheWeb

router = APIRouter(tags=["verdicts"])


class PredictionShape(BaseModel):
    """What was predicted of one house for the 30 days that end on `period_end`, and the status after it."""

    period_end: date
    usable_days: int = Field(description="Days of the period with enough readings.")
    p_poor: float = Field(description="Probability that the panels perform poorly, 0 to 1.")
    performance: float = Field(description="Share of healthy output that the panels made, 1 is all of it.")
    performance_se: float = Field(description="Its standard error.")
    lost_kwh: float = Field(description="Lost against healthy panels over the period [kWh].")
    lost_kwh_low: float = Field(description="One standard error less [kWh].")
    lost_kwh_high: float = Field(description="One standard error more [kWh].")
    verdict: Status = Field(description="Of this period alone.")
    reasons: list[str] = Field(
        description="In words.", examples=[["Exports of clear days fell by half on 3 September."]]
    )
    model_version: str
    input_digest: str = Field(description="Names the inputs: equal ones were judged on equal evidence.")
    status: Status = Field(description="The rolling status after this prediction.")
    average: float = Field(description="The rolling average of p_poor that the status follows.")
    status_since: date | None = Field(description="The day of the change that brought the status.")


@router.get(
    "/houses/{house_id:name}/predictions", operation_id="listPredictions", **for_scope(Scope.READ, 404)
)
def list_predictions(
    web: TheWeb, house_id: HouseId, limit: Limit = USUAL, cursor: Cursor = None
) -> Listing[PredictionShape]:
    """Return the predictions of one house, the newest first."""
    with web.pool.borrow() as parts:
        house_of(parts, house_id)
        page = parts.records.predictions_page(house_id, cursor, limit)
        items = [_shown(prediction, folded, parts.model) for prediction, folded in page.rows]
    return Listing(items=items, next_cursor=page.next)


def _shown(prediction: Prediction, folded: Folded, model: Model) -> PredictionShape:
    score = prediction.score
    low, high = score.lost_kwh_range
    return PredictionShape(
        period_end=day_date(prediction.period_end),
        usable_days=prediction.usable_days,
        p_poor=score.p_poor,
        performance=score.performance,
        performance_se=score.performance_se,
        lost_kwh=score.lost_kwh,
        lost_kwh_low=low,
        lost_kwh_high=high,
        verdict=score.verdict,
        reasons=[model.explain(reason) for reason in score.reasons],
        model_version=prediction.model_version,
        input_digest=prediction.input_digest,
        status=folded.status,
        average=folded.average,
        status_since=day_date(folded.change.as_of) if folded.change else None,
    )
