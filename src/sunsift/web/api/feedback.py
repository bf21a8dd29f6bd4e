"""Feedback: what visits to houses found."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from sunsift.domain.feedback import LONGEST_NOTE, Feedback, Found
from sunsift.domain.readings import day_date, day_number
from sunsift.records import NotedFeedback
from sunsift.tokens import Scope
from sunsift.web.api.common import USUAL, Cursor, Date, Limit, Listing, Strict, cut, for_scope, house_of
from sunsift.web.context import TheWeb

router = APIRouter(tags=["feedback"])
EXAMPLE: Final[dict[str, Any]] = {
    "house_id": "6102000001",
    "found": "fault",
    "first_day": "2026-11-01",
    "last_day": "2026-11-20",
    "note": "string 2 of the inverter is dead",
}


class NewFeedback(Strict):
    """What somebody who went and looked found, on some days in a row."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    house_id: str = Field(min_length=1, max_length=64, json_schema_extra={"format": "house-id"})
    found: Found = Field(strict=False, description="A fault of the panels, or that they are healthy.")
    first_day: Date | None = Field(None, description="By default the last day.")
    last_day: Date | None = Field(None, description="By default today, at the house.")
    note: str = Field("", max_length=LONGEST_NOTE, description="A word for people.")


class FeedbackShape(BaseModel):
    """What a visit found."""

    house_id: str
    found: Found
    first_day: date
    last_day: date
    note: str
    noted_at: str = Field(description="When it was noted, ISO 8601.")


class Noted(BaseModel):
    """Feedback as it was understood."""

    house_id: str
    found: Found
    first_day: date
    last_day: date
    note: str
    new: bool = Field(description="False if just this was noted before.")


@router.post("/feedback", operation_id="addFeedback", **for_scope(Scope.FEEDBACK, 404))
def add_feedback(web: TheWeb, feedback: NewFeedback) -> Noted:
    """Note what a visit found. Of two words on the same days the newer counts."""
    with web.pool.borrow() as parts:
        house = house_of(parts, feedback.house_id)
        last = feedback.last_day or _day_at(parts.clock.now(), house.utc_offset_hours)
        first = feedback.first_day or last
        told = Feedback(house.house_id, day_number(first), day_number(last), feedback.found, feedback.note)
        new = parts.store.note([told]) > 0
    return Noted(**_described(told), new=new)


@router.get("/feedback", operation_id="listFeedback", **for_scope(Scope.READ))
def list_feedback(
    web: TheWeb,
    house_id: Annotated[str | None, Query(max_length=64, description="Of this house.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Listing[FeedbackShape]:
    """List feedback by house_id and days."""
    with web.pool.borrow() as parts:
        rows = list(parts.records.feedback(house_id))
    page = cut(rows, _key, [str, int, int], cursor, limit)
    items = [FeedbackShape(**_described(row.feedback), noted_at=row.noted_at) for row in page.rows]
    return Listing(items=items, next_cursor=page.next)


def _key(row: NotedFeedback) -> list[int | str]:
    return [row.feedback.house_id, row.feedback.first_day, row.feedback.last_day]


def _described(told: Feedback) -> dict[str, Any]:
    return {
        "house_id": told.house_id,
        "found": told.found,
        "first_day": day_date(told.first_day),
        "last_day": day_date(told.last_day),
        "note": told.note,
    }


def _day_at(now: datetime, utc_offset_hours: float) -> date:
    return (now + timedelta(hours=utc_offset_hours)).date()
