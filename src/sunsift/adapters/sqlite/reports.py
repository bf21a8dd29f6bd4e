"""Outgoing reports: written with the verdict, kept until they are acknowledged or given up."""

import sqlite3
from collections.abc import Sequence

from sunsift.adapters.codec import STATUS_NUMBER, STATUSES
from sunsift.adapters.rows import PREDICTION_COLUMNS, to_prediction, to_report
from sunsift.domain.report import report_key
from sunsift.domain.status import Change
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Report, Which, Work

_TOLD = "SELECT count(*) FROM report WHERE house = ? AND as_of = ? AND status = ? AND previous = ?"
_ADD = """
INSERT INTO report (key, house, as_of, status, previous, created_at, trace) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_WAITS = "delivered_at IS NULL AND given_up_at IS NULL"
# Only the oldest waiting report of a house is due, so that a house's reports arrive in order. Whoever waits
# longest is first, so that reports which fail again and again hold up nobody.
_CLAIM = f"""
UPDATE report SET due = :until, attempts = attempts + 1, first_tried = coalesce(first_tried, :now)
WHERE seq IN (
    SELECT r.seq FROM report AS r
    WHERE r.delivered_at IS NULL AND r.given_up_at IS NULL AND r.due <= :now
    AND NOT EXISTS (SELECT 1 FROM report AS e WHERE e.house = r.house AND e.seq < r.seq AND {_WAITS})
    ORDER BY r.due, r.seq LIMIT :limit)
RETURNING attempts, seq, house, key,
    (SELECT house_id FROM house WHERE house.id = report.house), status, previous, as_of, created_at, trace,
    first_tried
"""
_PREDICTION = f"SELECT {', '.join(PREDICTION_COLUMNS)} FROM prediction WHERE house = ? AND day = ?"
_ACKNOWLEDGE = """
UPDATE report SET delivered_at = ?, given_up_at = NULL, problem = NULL WHERE key = ? AND delivered_at IS NULL
"""
_RELEASE = f"""
UPDATE report SET due = 0, attempts = attempts - 1, first_tried = nullif(first_tried, ?)
WHERE key = ? AND {_WAITS}
"""
_REPLAY = """
UPDATE report SET delivered_at = NULL, given_up_at = NULL, due = 0, first_tried = NULL, problem = NULL
WHERE (:key IS NULL OR key = :key)
AND (:house IS NULL OR house = (SELECT id FROM house WHERE house_id = :house))
AND (NOT :given_up OR given_up_at IS NOT NULL) AND created_at >= :since
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
    claimed = connection.execute(_CLAIM, {"now": now, "until": until, "limit": limit}).fetchall()
    if not claimed:
        return []
    texts = dict(connection.execute("SELECT id, text FROM word").fetchall())
    return [
        to_report(row, attempt, _prediction(connection, house, row[4], texts))
        for attempt, _, house, *row in sorted(claimed)
    ]


def _prediction(
    connection: sqlite3.Connection, house: int, day: int, texts: dict[int, str]
) -> Prediction | None:
    row = connection.execute(_PREDICTION, (house, day)).fetchone()
    return None if row is None else to_prediction(row, texts)[0]


def acknowledge(connection: sqlite3.Connection, keys: Sequence[str], now_ms: int) -> None:
    """Note the delivery. now_ms: wall time [ms since 1970]."""
    connection.executemany(_ACKNOWLEDGE, [(now_ms, key) for key in keys])


def release(connection: sqlite3.Connection, keys: Sequence[str], claimed: int) -> None:
    """Give back reports that were claimed at `claimed` [steady ms] and not tried."""
    connection.executemany(_RELEASE, [(claimed, key) for key in keys])


def postpone(connection: sqlite3.Connection, key: str, until: int, problem: str) -> None:
    """Note a failed delivery and when to try again [steady ms]."""
    connection.execute(
        f"UPDATE report SET due = ?, problem = ? WHERE key = ? AND {_WAITS}", (until, problem, key)
    )


def give_up(connection: sqlite3.Connection, key: str, problem: str, now_ms: int) -> None:
    """Note that a report is sent no more, and why. now_ms: wall time [ms since 1970]."""
    connection.execute(
        f"UPDATE report SET given_up_at = ?, problem = ? WHERE key = ? AND {_WAITS}", (now_ms, problem, key)
    )


def replay(connection: sqlite3.Connection, which: Which) -> int:
    """Make reports due again, as if they had never been sent; return how many."""
    wanted = {
        "key": which.key,
        "house": which.house_id,
        "given_up": which.given_up,
        "since": which.created_since_ms,
    }
    return connection.execute(_REPLAY, wanted).rowcount
