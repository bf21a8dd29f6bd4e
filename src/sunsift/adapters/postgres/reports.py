"""Outgoing reports: written with the verdict, kept until they are acknowledged."""

from collections.abc import Sequence

from sunsift.adapters.codec import STATUS_NUMBER, STATUSES
from sunsift.adapters.postgres.database import NOW_MS, Link
from sunsift.domain.report import report_key
from sunsift.domain.status import Change
from sunsift.domain.times import iso_ms
from sunsift.ports import Report, Work

# A house has few reports, and all of them lie together in the index.
_TOLD = "SELECT count(*) FROM report WHERE house = %s AND as_of = %s AND status = %s AND previous = %s"
_ADD = f"""
INSERT INTO report (key, house, as_of, status, previous, created_at, trace)
VALUES (%s, %s, %s, %s, %s, {NOW_MS}, %s)
"""
# Only the oldest undelivered report of a house is due, so that a house's reports arrive in order. What
# another process is claiming at this moment is passed over, and looked at again if it was claimed just now.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT r.seq FROM report AS r WHERE r.delivered_at IS NULL AND r.due <= %s
    AND NOT EXISTS (SELECT FROM report AS e
                    WHERE e.house = r.house AND e.seq < r.seq AND e.delivered_at IS NULL)
    ORDER BY r.seq LIMIT %s FOR UPDATE OF r SKIP LOCKED)
UPDATE report AS r SET due = %s, attempts = attempts + 1
FROM due, house AS h WHERE r.seq = due.seq AND h.id = r.house
RETURNING r.seq, r.key, h.house_id, r.status, r.previous, r.as_of, r.created_at, r.attempts, r.trace
"""
_ACKNOWLEDGE = f"""
WITH sent AS MATERIALIZED (
    SELECT seq FROM report WHERE key = ANY (%b::text[]) AND delivered_at IS NULL ORDER BY seq FOR UPDATE)
UPDATE report AS r SET delivered_at = {NOW_MS}, problem = NULL FROM sent WHERE r.seq = sent.seq
"""


def add(connection: Link, told: Sequence[tuple[int, Work, Change]], now_ms: int | None) -> None:
    """Write reports. told: number of the house, work, change. now_ms: wall time; None for the server's."""
    for number, work, change in told:
        what = (number, change.as_of, STATUS_NUMBER[change.status], STATUS_NUMBER[change.previous])
        row = connection.execute(_TOLD, what).fetchone()
        assert row is not None
        key = report_key(work.house.house_id, change, row[0])
        connection.execute(_ADD, (key, *what, now_ms, work.trace))


def claim(connection: Link, now: int, until: int, limit: int) -> list[Report]:
    """Take reports that are due; nobody else gets them before `until` [steady ms]."""
    rows = sorted(connection.execute(_CLAIM, (now, limit, until)).fetchall())
    return [
        Report(key, house_id, STATUSES[status], STATUSES[previous], as_of, iso_ms(created_at), attempt, trace)
        for _, key, house_id, status, previous, as_of, created_at, attempt, trace in rows
    ]


def acknowledge(connection: Link, keys: Sequence[str], now_ms: int | None) -> None:
    """Note the delivery. now_ms: wall time [ms since 1970]; None for the server's."""
    connection.execute(_ACKNOWLEDGE, (list(keys), now_ms))


def postpone(connection: Link, key: str, until: int, problem: str) -> None:
    """Note a failed delivery and when to try again [steady ms]."""
    connection.execute(
        "UPDATE report SET due = %s, problem = %s WHERE key = %s AND delivered_at IS NULL",
        (until, problem, key),
    )
