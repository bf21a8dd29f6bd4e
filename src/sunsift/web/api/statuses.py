"""Statuses: the league of all houses, and where one stands."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sunsift.domain.status import Status
from sunsift.records import Order, Wanted
from sunsift.tokens import Scope
from sunsift.views.league import described
from sunsift.views.story import described_house
from sunsift.web.api.common import USUAL, Cursor, HouseId, Limit, Listing, for_scope, house_of
from sunsift.web.context import TheWeb

router = APIRouter(tags=["verdicts"])


class Place(BaseModel):
    """Where a house stands after its newest prediction; null while it has none."""

    house_id: str
    capacity_kwp: float = Field(description="[kWp]")
    status: Status
    since: date | None = Field(description="The day of the change that brought the status.")
    average: float | None = Field(description="The rolling average of p_poor that the status follows.")
    p_poor: float | None = Field(description="Probability that the panels perform poorly, 0 to 1.")
    performance: float | None = Field(description="Share of healthy output that the panels made.")
    performance_se: float | None = Field(description="Its standard error.")
    lost_kwh: float | None = Field(description="Lost over the period [kWh].")
    verdict: Status | None = Field(description="Of the newest period alone.")
    lost_kwh_low: float | None = Field(description="One standard error less [kWh].")
    lost_kwh_high: float | None = Field(description="One standard error more [kWh].")
    period_end: date | None = Field(description="Last day of the newest period of 30 days.")
    usable_days: int | None
    reasons: list[str] = Field(description="In words.")


class ChangeShape(BaseModel):
    """A change of status."""

    as_of: date
    status: Status
    previous: Status


class PlaceInFull(Place):
    """Where a house stands, and how it came there."""

    changes: list[ChangeShape] = Field(description="Every change of status, the oldest first.")


@router.get("/statuses", operation_id="listStatuses", **for_scope(Scope.READ))
def list_statuses(
    web: TheWeb,
    status: Status | None = None,
    region: Annotated[str | None, Query(max_length=200, description="Weather region, exactly.")] = None,
    search: Annotated[str, Query(max_length=64, description="A part of the house_id.")] = "",
    order: Annotated[Order, Query(description="The greatest loss first, or by house_id.")] = Order.LOSS,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Listing[Place]:
    """Return the league of all houses. A cursor belongs to the filters it came with."""
    wanted = Wanted(status, region, search, order)
    with web.pool.borrow() as parts:
        page = parts.records.league(wanted, cursor, limit)
        items = [Place(**described(standing, parts.model)) for standing in page.rows]
    return Listing(items=items, next_cursor=page.next)


@router.get("/statuses/{house_id:name}", operation_id="getStatus", **for_scope(Scope.READ, 404))
def get_status(web: TheWeb, house_id: HouseId) -> PlaceInFull:
    """Return where one house stands."""
    with web.pool.borrow() as parts:
        found = described_house(parts.records, parts.model, house_of(parts, house_id))
    return PlaceInFull(**found)
