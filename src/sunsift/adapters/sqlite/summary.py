"""Sums over the fleet: what predictions said, and the evidence of the last days."""

import sqlite3
from collections.abc import Iterator

from sunsift.adapters.codec import STATUSES
from sunsift.domain.evidence import is_current
from sunsift.records import VerdictCount

# CROSS JOIN keeps this order: one range of days for each house.
_VERDICTS = """
SELECT h.weather_region, w.text, p.verdict, count(*)
FROM house AS h CROSS JOIN prediction AS p ON p.house = h.id AND p.day >= ? JOIN word AS w ON w.id = p.model
GROUP BY h.weather_region, w.text, p.verdict ORDER BY h.weather_region, w.text, p.verdict
"""
_EVIDENCE = (
    "SELECT e.row FROM house AS h CROSS JOIN evidence AS e ON e.house = h.id AND e.day >= ? ORDER BY h.id"
)

_OF_HOUSE = """
SELECT e.day, e.row FROM house AS h JOIN evidence AS e ON e.house = h.id WHERE h.house_id = ? ORDER BY e.day
"""


def newest_day(connection: sqlite3.Connection) -> int | None:
    """Return the newest day that any house sent; every one has its region day, and those are few."""
    day: int | None = connection.execute("SELECT max(day) FROM region_day").fetchone()[0]
    return day


def verdicts(connection: sqlite3.Connection, since: int) -> list[VerdictCount]:
    """Count predictions from `since` on by region, model version and verdict."""
    rows = connection.execute(_VERDICTS, (since,)).fetchall()
    return [VerdictCount(region, model, STATUSES[verdict], count) for region, model, verdict, count in rows]


def evidence(connection: sqlite3.Connection, since: int) -> Iterator[bytes]:
    """Return the rows of the present layout from `since` on."""
    return (row for (row,) in connection.execute(_EVIDENCE, (since,)) if is_current(row))


def house_evidence(connection: sqlite3.Connection, house_id: str) -> list[tuple[int, bytes]]:
    """Return (day, row) of one house, of the present layout, oldest first."""
    return [(day, row) for day, row in connection.execute(_OF_HOUSE, (house_id,)) if is_current(row)]
