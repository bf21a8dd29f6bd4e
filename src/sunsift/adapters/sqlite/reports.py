"""Outgoing reports: written with the verdict, kept until they are acknowledged."""

import sqlite3
from collections.abc import Sequence

from sunsift.adapters.codec import STATUS_NUMBER, STATUSES
from sunsift.domain.report import report_key
from sunsift.domain.status import Change
from sunsift.domain.times import iso_ms
from sunsift.ports import Report, Work

_TOLD = "SELECT count(*) FROM report WHERE house = ? AND as_of = ? AND status = ? AND previous = ?"
_ADD = """
INSERT INTO report (key, house, as_of, status, previous, created_at, trace) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
# Only the oldest undelivered report of a house is due, so that a house's reports arrive in order.
_CLAIM = """
UPDATE report SET due = ?, attempts = attempts + 1 WHERE seq IN (
    SELECT r.seq FROM report AS r WHERE r.delivered_at IS NULL AND r.due <= ?
    AND NOT EXISTS (SELECT 1 FROM report AS e
                    WHERE e.house = r.house AND e.seq < r.seq AND e.delivered_at IS NULL)
    ORDER BY r.seq LIMIT ?)
RETURNING seq, key, (SELECT house_id FROM house WHERE house.id = report.house), status, previous, as_of,
    created_at, attempts, trace
"""


def newest(connection: sqlite3.Connection, number: int) -> Change | None:
    """Return the change that the newest report of a house tells of."""
    row = connection.execute(
        "SELECT as_of, status, previous FROM report WHERE house = ? ORDER BY seq DESC LIMIT 1", (number,)
    ).fetchone()
    return None if row is None else Change(row[0], STATUSES[row[1]], STATUSES[row[2]])


def add(connection: sqlite3.Connection, number: int, work: Work, change: Change, now_ms: int) -> None:
    """Write a report. now_ms: wall time [ms since 1970]."""
    what = (number, change.as_of, STATUS_NUMBER[change.status], STATUS_NUMBER[change.previous])
    told_before = connection.execute(_TOLD, what).fetchone()[0]
    key = report_key(work.house.house_id, change, told_before)
    connection.execute(_ADD, (key, *what, now_ms, work.trace))


def claim(connection: sqlite3.Connection, now: int, until: int, limit: int) -> list[Report]:
    """Take reports that are due; nobody else gets them before `until` [steady ms]."""
    rows = sorted(connection.execute(_CLAIM, (until, now, limit)).fetchall())
    return [
        Report(key, house_id, STATUSES[status], STATUSES[previous], as_of, iso_ms(created_at), attempt, trace)
        for _, key, house_id, status, previous, as_of, created_at, attempt, trace in rows
    ]


def acknowledge(connection: sqlite3.Connection, keys: Sequence[str], now_ms: int) -> None:
    """Note the delivery. now_ms: wall time [ms since 1970]."""
    connection.executemany(
        "UPDATE report SET delivered_at = ?, problem = NULL WHERE key = ? AND delivered_at IS NULL",
        [(now_ms, key) for key in keys],
    )


def postpone(connection: sqlite3.Connection, key: str, until: int, problem: str) -> None:
    """Note a failed delivery and when to try again [steady ms]."""
    connection.execute(
        "UPDATE report SET due = ?, problem = ? WHERE key = ? AND delivered_at IS NULL", (until, problem, key)
    )
