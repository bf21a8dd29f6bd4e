"""What the routes share: listings with cursors, names of houses, scopes, the errors that each documents."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sunsift.adapters.cursor import page_of, place_of
from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.house import House
from sunsift.domain.readings import day_number
from sunsift.records import Page
from sunsift.tokens import Scope
from sunsift.web.access import needs
from sunsift.wiring import Sunsift

T = TypeVar("T")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MANY: Final = 1000
USUAL: Final = 100

Limit = Annotated[int, Query(ge=1, le=MANY, description="The most items to return.")]
Cursor = Annotated[
    str | None,
    Query(max_length=2000, description="`next_cursor` of the page before; without it, the first page."),
]
HouseId = Annotated[
    str,
    Path(
        max_length=64,
        description="The house. A slash in it is written %2F.",
        examples=["6102000001"],
        json_schema_extra={"format": "house-id"},
    ),
]


def _written_out(value: Any) -> Any:
    # Numbers would count as seconds since 1970.
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise ValueError("must be a date such as 2026-11-21")
    return value


Date = Annotated[date, BeforeValidator(_written_out), Field(strict=False)]
"""A date as it comes in."""


class Strict(BaseModel):
    """What comes in: nothing that is not known, and no text where a number belongs."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Listing(BaseModel, Generic[T]):
    """One page of a listing."""

    items: list[T]
    next_cursor: str | None = Field(description="Ask with `cursor` set to this for more; null at the end.")


def for_scope(scope: Scope, *problems: int, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a route is declared with that needs a scope.

    problems: statuses of its own errors, beside those of all. body: what it reads by itself, by media type.
    """
    told: dict[str, Any] = {"security": [{"token": [str(scope)]}]}
    if body is not None:
        told["requestBody"] = {"required": True, "content": body}
    return {
        "dependencies": [Depends(needs(scope))],
        "openapi_extra": told,
        "responses": {status: {} for status in problems},
    }


def house_of(parts: Sunsift, house_id: str) -> House:
    """Return a registered house. Errors: UnknownHouseError."""
    house = parts.store.houses([house_id]).get(house_id)
    if house is None:
        raise UnknownHouseError(f"house {house_id} is not registered")
    return house


def day_of(moment: date | None) -> int | None:
    """Return the number of a date [days since 1970-01-01]; None for None."""
    return None if moment is None else day_number(moment)


def cut(
    rows: Sequence[T],
    key: Callable[[T], Sequence[int | str]],
    kinds: Sequence[type],
    cursor: str | None,
    limit: int,
) -> Page[T]:
    """Cut one page out of rows that are in the order of their key.

    kinds: int or str, of each part of the key. Errors: InvalidCursorError.
    """
    if cursor is not None:
        after = list(place_of(cursor, *kinds))
        rows = [row for row in rows if list(key(row)) > after]
    return page_of(rows[: limit + 1], limit, lambda row: row, key)
