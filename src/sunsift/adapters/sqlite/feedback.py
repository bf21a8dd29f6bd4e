"""Feedback of visits: one row a house and stretch of days, the newest word on it."""

import sqlite3
from collections.abc import Iterator, Sequence

from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.times import iso_ms
from sunsift.records import NotedFeedback

# What was said already is not said again, so that its time stays.
_NOTE = """
INSERT INTO feedback (house, first_day, last_day, found, note, noted_at)
VALUES ((SELECT id FROM house WHERE house_id = ?), ?, ?, ?, ?, ?)
ON CONFLICT (house, first_day, last_day) DO UPDATE SET
    found = excluded.found, note = excluded.note, noted_at = excluded.noted_at
WHERE found <> excluded.found OR note <> excluded.note
"""
_EVERY = """
SELECT h.house_id, f.first_day, f.last_day, f.found, f.note, f.noted_at
FROM feedback AS f JOIN house AS h ON h.id = f.house
WHERE ? IS NULL OR h.house_id = ? ORDER BY h.house_id, f.first_day, f.last_day
"""


def note(connection: sqlite3.Connection, found: Sequence[Feedback], now_ms: int) -> int:
    """Keep feedback; return how much of it is new or differs from what was said of the same days.

    now_ms: wall time, for people [ms since 1970]. Errors: UnknownHouseError.
    """
    changed = 0
    for f in found:
        if connection.execute("SELECT 1 FROM house WHERE house_id = ?", (f.house_id,)).fetchone() is None:
            raise UnknownHouseError(f"house {f.house_id} is not registered; see: sunsift houses list")
        row = (f.house_id, f.first_day, f.last_day, str(f.found), f.note, now_ms)
        changed += connection.execute(_NOTE, row).rowcount
    return changed


def every(connection: sqlite3.Connection, house_id: str | None) -> Iterator[NotedFeedback]:
    """Return feedback, of one house or all, by house_id and days."""
    for name, first_day, last_day, found, text, noted_at in connection.execute(_EVERY, (house_id, house_id)):
        yield NotedFeedback(Feedback(name, first_day, last_day, Found(found), text), iso_ms(noted_at))
