"""Outgoing reports: written with the verdict, kept until they are acknowledged or given up."""

from collections.abc import Sequence
from typing import Any

from sunsift.adapters.codec import STATUS_NUMBER
from sunsift.adapters.postgres.columns import column
from sunsift.adapters.postgres.database import NOW_MS, Link
from sunsift.adapters.rows import PREDICTION_COLUMNS, Key, to_prediction, to_report
from sunsift.domain.report import report_key
from sunsift.domain.status import Change
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Report, Which, Work

# A house has few reports, and all of them lie together in the index.
_TOLD = "SELECT count(*) FROM report WHERE house = %s AND as_of = %s AND status = %s AND previous = %s"
_ADD = f"""
INSERT INTO report (key, house, as_of, status, previous, created_at, trace)
VALUES (%s, %s, %s, %s, %s, {NOW_MS}, %s)
"""
_WAITS = "delivered_at IS NULL AND given_up_at IS NULL"
# Only the oldest waiting report of a house is due, so that a house's reports arrive in order. What another
# process is claiming at this moment is passed over, and looked at again if it was claimed just now. Whoever
# waits longest is first, so that reports which fail again and again hold up nobody.
_CLAIM = f"""
WITH due AS MATERIALIZED (
    SELECT r.seq FROM report AS r
    WHERE r.delivered_at IS NULL AND r.given_up_at IS NULL AND r.due <= %(now)s
    AND NOT EXISTS (SELECT FROM report AS e WHERE e.house = r.house AND e.seq < r.seq AND {_WAITS})
    ORDER BY r.due, r.seq LIMIT %(limit)s FOR UPDATE OF r SKIP LOCKED)
UPDATE report AS r SET due = %(until)s, attempts = attempts + 1, first_tried = coalesce(first_tried, %(now)s)
FROM due, house AS h WHERE r.seq = due.seq AND h.id = r.house
RETURNING r.attempts, r.seq, r.house,
    r.key, h.house_id, r.status, r.previous, r.as_of, r.created_at, r.trace, r.first_tried
"""
# The days name the years, so that those of no concern are left alone.
_PREDICTIONS = f"""
SELECT p.house, {", ".join(f"p.{name}" for name in PREDICTION_COLUMNS)}
FROM unnest(%b::integer[], %b::integer[]) AS k (house, day)
JOIN prediction AS p ON p.house = k.house AND p.day = k.day AND p.day BETWEEN %s AND %s
"""
_ACKNOWLEDGE = f"""
WITH sent AS MATERIALIZED (
    SELECT seq FROM report WHERE key = ANY (%b::text[]) AND delivered_at IS NULL ORDER BY seq FOR UPDATE)
UPDATE report AS r SET delivered_at = {NOW_MS}, given_up_at = NULL, problem = NULL
FROM sent WHERE r.seq = sent.seq
"""
_RELEASE = f"""
WITH untried AS MATERIALIZED (
    SELECT seq FROM report WHERE key = ANY (%b::text[]) AND {_WAITS} ORDER BY seq FOR UPDATE)
UPDATE report AS r SET due = 0, attempts = attempts - 1, first_tried = nullif(first_tried, %s)
FROM untried WHERE r.seq = untried.seq
"""
_REPLAY = """
WITH again AS MATERIALIZED (
    SELECT r.seq FROM report AS r JOIN house AS h ON h.id = r.house
    WHERE r.key = coalesce(%(key)s, r.key) AND h.house_id = coalesce(%(house)s, h.house_id)
    AND (NOT %(given_up)s OR r.given_up_at IS NOT NULL) AND r.created_at >= %(since)s
    ORDER BY r.seq FOR UPDATE OF r)
UPDATE report AS r SET delivered_at = NULL, given_up_at = NULL, due = 0, first_tried = NULL, problem = NULL
FROM again WHERE r.seq = again.seq
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
    wanted = {"now": now, "until": until, "limit": limit}
    claimed = sorted(connection.execute(_CLAIM, wanted).fetchall())
    predictions = _predictions(connection, claimed)
    return [to_report(row, attempt, predictions.get((house, row[4]))) for attempt, _, house, *row in claimed]


def _predictions(connection: Link, claimed: Sequence[Sequence[Any]]) -> dict[Key, Prediction]:
    """Return the predictions on which claimed reports rest, as far as they still stand."""
    if not claimed:
        return {}
    houses, days = [row[2] for row in claimed], [row[7] for row in claimed]
    wanted = (column(houses, "integer"), column(days, "integer"), min(days), max(days))
    rows = connection.execute(_PREDICTIONS, wanted, binary=True).fetchall()
    texts: dict[int, str] = dict(connection.execute("SELECT id, text FROM word").fetchall())
    return {(house, row[0]): to_prediction(row, texts)[0] for house, *row in rows}


def acknowledge(connection: Link, keys: Sequence[str], now_ms: int | None) -> None:
    """Note the delivery. now_ms: wall time [ms since 1970]; None for the server's."""
    connection.execute(_ACKNOWLEDGE, (list(keys), now_ms))


def release(connection: Link, keys: Sequence[str], claimed: int) -> None:
    """Give back reports that were claimed at `claimed` [steady ms] and not tried."""
    connection.execute(_RELEASE, (list(keys), claimed))


def postpone(connection: Link, key: str, until: int, problem: str) -> None:
    """Note a failed delivery and when to try again [steady ms]."""
    connection.execute(
        f"UPDATE report SET due = %s, problem = %s WHERE key = %s AND {_WAITS}", (until, problem, key)
    )


def give_up(connection: Link, key: str, problem: str, now_ms: int | None) -> None:
    """Note that a report is sent no more, and why. now_ms: wall time; None for the server's."""
    connection.execute(
        f"UPDATE report SET given_up_at = {NOW_MS}, problem = %s WHERE key = %s AND {_WAITS}",
        (now_ms, problem, key),
    )


def replay(connection: Link, which: Which) -> int:
    """Make reports due again, as if they had never been sent; return how many."""
    wanted = {
        "key": which.key,
        "house": which.house_id,
        "given_up": which.given_up,
        "since": which.created_since_ms,
    }
    return connection.execute(_REPLAY, wanted).rowcount
