"""Reports: what the retailer was told."""

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from sunsift.domain.readings import day_date
from sunsift.domain.status import Status
from sunsift.domain.times import to_ms
from sunsift.parcels import Which
from sunsift.records import ReportRow, ReportState
from sunsift.tokens import Scope
from sunsift.web.api.common import USUAL, Cursor, Date, Limit, Listing, Strict, for_scope
from sunsift.web.context import TheWeb
from sunsift.web.problems import Problem

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


class Replay(Strict):
    """Which reports to send again: those that all of this is true of."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"given_up": True, "created_since": "2026-11-01"}]}
    )

    key: str | None = Field(None, max_length=64, description="The one of this key.")
    house_id: str | None = Field(None, max_length=64, description="Those of this house.")
    given_up: bool = Field(False, description="Those that were given up.")
    created_since: Date | None = Field(None, description="Those written on this day or later, in UTC.")


class Replayed(BaseModel):
    """How many reports are due again."""

    replayed: int


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


@router.post("/reports/replay", operation_id="replayReports", **for_scope(Scope.MANAGE))
def replay_reports(web: TheWeb, replay: Replay) -> Replayed:
    """Make reports due again, under the keys that they have and in their order: say which."""
    if replay.created_since is None and not (replay.key or replay.house_id or replay.given_up):
        raise Problem(422, "say which: key, house_id, given_up or created_since")
    since = datetime.combine(replay.created_since, time(), UTC) if replay.created_since else None
    which = Which(
        key=replay.key,
        house_id=replay.house_id,
        given_up=replay.given_up,
        created_since_ms=to_ms(since) if since else 0,
    )
    with web.pool.borrow() as parts:
        return Replayed(replayed=parts.store.replay(which))


def _shown(row: ReportRow) -> ReportShape:
    return ReportShape(**asdict(row) | {"as_of": day_date(row.as_of)})
