"""What steps did in each minute, for people."""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple

from sunsift.adapters.rows import ACTIVITY_MINUTES
from sunsift.parcels import Activity

_ADD = """
INSERT INTO activity (minute, step, runs, milliseconds, done, failed) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (minute, step) DO UPDATE SET
    runs = runs + excluded.runs, milliseconds = milliseconds + excluded.milliseconds,
    done = done + excluded.done, failed = failed + excluded.failed
"""
_SINCE = """
SELECT minute, step, runs, milliseconds, done, failed FROM activity WHERE minute >= ? ORDER BY minute, step
"""


def add(connection: sqlite3.Connection, rows: Sequence[Activity]) -> None:
    """Add to the rows that are there; forget what is too old."""
    connection.executemany(_ADD, [astuple(row) for row in rows])
    oldest = max((row.minute for row in rows), default=0) - ACTIVITY_MINUTES
    connection.execute("DELETE FROM activity WHERE minute < ?", (oldest,))


def since(connection: sqlite3.Connection, minute: int) -> list[Activity]:
    """Return the rows from a minute on."""
    return [Activity(*row) for row in connection.execute(_SINCE, (minute,))]
