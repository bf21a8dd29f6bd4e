"""Cursors: where a page of a listing ended, as text that nobody needs to understand."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sunsift.domain.errors import InvalidCursorError
from sunsift.records import Page

T = TypeVar("T")
_LARGEST = 2**63 - 1
_LONGEST = 1000


def cursor_of(key: Sequence[int | str]) -> str:
    """Return the cursor of a place. key: what the listing is ordered by."""
    text = json.dumps(key, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str, *kinds: type) -> Sequence[Any]:
    """Return the place that a cursor speaks of. kinds: int or str, of each part of the listing's key.

    Errors: InvalidCursorError for what `cursor_of` never made of such a key.
    """
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        key = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise _wrong() from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise _wrong()
    if any(isinstance(part, int) and abs(part) > _LARGEST for part in key):
        raise _wrong()
    return key


def page_of(
    rows: Sequence[Any],
    limit: int,
    to_row: Callable[[Any], T],
    key_of: Callable[[Any], Sequence[int | str]],
) -> Page[T]:
    """Return a page. rows: up to one more than the limit, which only shows that there are more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page([to_row(row) for row in shown], cursor_of(key_of(shown[-1])) if more else None)


def _wrong() -> InvalidCursorError:
    return InvalidCursorError("the cursor is not one that this listing gave; leave it out to start again")
