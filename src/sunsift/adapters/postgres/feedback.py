"""Feedback of visits: one row a house and stretch of days, the newest word on it."""

from collections.abc import Sequence

from sunsift.adapters.postgres.database import NOW_MS, Link
from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.feedback import Feedback

# What was said already is not said again, so that its time stays.
_NOTE = f"""
INSERT INTO feedback AS f (house, first_day, last_day, found, note, noted_at)
VALUES (%s, %s, %s, %s, %s, {NOW_MS})
ON CONFLICT (house, first_day, last_day) DO UPDATE SET
    found = excluded.found, note = excluded.note, noted_at = excluded.noted_at
WHERE f.found <> excluded.found OR f.note <> excluded.note
"""


def note(connection: Link, found: Sequence[Feedback], now_ms: int | None) -> int:
    """Keep feedback; return how much of it is new or differs from what was said of the same days.

    now_ms: wall time, for people [ms since 1970]; None for the server's. Errors: UnknownHouseError.
    """
    wanted = sorted({f.house_id for f in found})
    rows = connection.execute("SELECT house_id, id FROM house WHERE house_id = ANY (%b::text[])", (wanted,))
    numbers: dict[str, int] = dict(rows.fetchall())
    for f in found:
        if f.house_id not in numbers:
            raise UnknownHouseError(f"house {f.house_id} is not registered; see: sunsift houses list")
    changed = 0
    # Sorted, so that nobody waits crosswise; of two words on the same days the later stays the later.
    for f in sorted(found, key=lambda f: (numbers[f.house_id], f.first_day, f.last_day)):
        row = (numbers[f.house_id], f.first_day, f.last_day, str(f.found), f.note, now_ms)
        changed += connection.execute(_NOTE, row).rowcount
    return changed
