"""Reports: what the retailer was told."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sunsift.domain.readings import day_date
from sunsift.domain.status import Status
from sunsift.records import ReportRow, ReportState
from sunsift.tokens import Scope
from sunsift.web.api.common import USUAL, Cursor, Limit, Listing, for_scope
from sunsift.web.context import TheWeb

router = APIRouter(tags=["reports"])


class ReportShape(BaseModel):
    """One report of a change of status. Times are ISO 8601."""

    key: str = Field(description="Names the change, however often it is sent.")
    house_id: str
    status: Status
    previous: Status
    as_of: date
    created_at: str
    delivered_at: str | None = Field(description="When it was acknowledged; null until then.")
    given_up_at: str | None = Field(description="When sending ended without success; null unless it did.")
    attempts: int
    problem: str | None = Field(description="Why the last attempt failed.")


@router.get("/reports", operation_id="listReports", **for_scope(Scope.READ))
def list_reports(
    web: TheWeb,
    house_id: Annotated[str | None, Query(max_length=64, description="Of this house.")] = None,
    state: Annotated[ReportState | None, Query(description="In this state.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Listing[ReportShape]:
    """List reports, the newest first."""
    with web.pool.borrow() as parts:
        page = parts.records.reports_page(house_id, state, cursor, limit)
    return Listing(items=[_shown(row) for row in page.rows], next_cursor=page.next)


def _shown(row: ReportRow) -> ReportShape:
    return ReportShape(**asdict(row) | {"as_of": day_date(row.as_of)})
