"""Quarantine: messages that could not be used, to look at, try again or throw away."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from sunsift.exports import body_as_text
from sunsift.parcels import Quarantined
from sunsift.tokens import Scope
from sunsift.web.api.common import USUAL, Cursor, Limit, Listing, for_scope
from sunsift.web.api.intake import Became, told
from sunsift.web.context import TheWeb
from sunsift.web.problems import Problem
from sunsift.wiring import Sunsift

router = APIRouter(tags=["quarantine"])
MessageId = Annotated[str, Path(max_length=100, description="The message.", examples=["3f2a90c1d5e67b84"])]


class Waiting(BaseModel):
    """A message in quarantine."""

    id: str
    code: str = Field(description="Why, in one word.", examples=["unknown_house"])
    reason: str = Field(description="Why, for people.")
    house_id: str | None
    source: str = Field(description="Where it came from.")
    received_at: str
    bytes: int


class WaitingWhole(Waiting):
    """A message in quarantine, with its body."""

    body: str
    body_encoding: Literal["utf-8", "base64"]


@router.get("/quarantine", operation_id="listQuarantine", **for_scope(Scope.READ))
def list_quarantine(
    web: TheWeb,
    code: Annotated[str | None, Query(max_length=64, description="Refused for this reason.")] = None,
    house_id: Annotated[str | None, Query(max_length=64, description="Of this house.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Listing[Waiting]:
    """List messages in quarantine, the newest first."""
    with web.pool.borrow() as parts:
        page = parts.records.quarantine_page(code, house_id, cursor, limit)
    return Listing(items=[Waiting(**_described(m)) for m in page.rows], next_cursor=page.next)


@router.get("/quarantine/{message_id:name}", operation_id="getQuarantined", **for_scope(Scope.READ, 404))
def get_quarantined(web: TheWeb, message_id: MessageId) -> WaitingWhole:
    """Return one message whole."""
    with web.pool.borrow() as parts:
        message = _named(parts, message_id)
    text, encoding = body_as_text(message.body)
    return WaitingWhole(**_described(message) | {"body": text, "body_encoding": encoding})


@router.post("/quarantine/{message_id:name}/redrive", operation_id="redrive", **for_scope(Scope.MANAGE, 404))
def redrive(web: TheWeb, message_id: MessageId) -> Became:
    """Try one message again; if it still cannot be used, it stays, and `problems` says why."""
    with web.pool.borrow() as parts:
        done = parts.redrive([_named(parts, message_id)])
    return Became(**told(done.saved, [(0, refused) for refused in done.refused]))


@router.delete(
    "/quarantine/{message_id:name}",
    operation_id="discard",
    status_code=204,
    response_class=Response,
    **for_scope(Scope.MANAGE, 404),
)
def discard(web: TheWeb, message_id: MessageId) -> None:
    """Throw one message away for good."""
    with web.pool.borrow() as parts:
        if not parts.store.discard([message_id]):
            raise _unknown(message_id)


def _named(parts: Sunsift, message_id: str) -> Quarantined:
    found = parts.store.quarantined([message_id])
    if not found:
        raise _unknown(message_id)
    return found[0]


def _unknown(message_id: str) -> Problem:
    return Problem(404, f"no message {message_id} in quarantine")


def _described(message: Quarantined) -> dict[str, Any]:
    names = ("id", "code", "reason", "house_id", "source", "received_at")
    return {name: getattr(message, name) for name in names} | {"bytes": len(message.body)}
