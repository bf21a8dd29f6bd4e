"""Receivers that said that they want no more reports."""

from sunsift.adapters.postgres.database import NOW_MS, Link

_DISABLE = f"""
INSERT INTO gone_receiver (target, gone_at, problem) VALUES (%s, {NOW_MS}, %s) ON CONFLICT DO NOTHING
"""
_ANEW = """
WITH tried AS MATERIALIZED (
    SELECT seq FROM report WHERE delivered_at IS NULL AND given_up_at IS NULL AND first_tried IS NOT NULL
    ORDER BY seq FOR UPDATE)
UPDATE report AS r SET due = 0, first_tried = NULL FROM tried WHERE r.seq = tried.seq
"""


def gone(connection: Link, target: str) -> str | None:
    """Return what a receiver said when it left; None if it did not."""
    row = connection.execute("SELECT problem FROM gone_receiver WHERE target = %s", (target,)).fetchone()
    return None if row is None else str(row[0])


def disable(connection: Link, target: str, problem: str, now_ms: int | None) -> None:
    """Note that a receiver left. now_ms: wall time [ms since 1970]; None for the server's."""
    connection.execute(_DISABLE, (target, now_ms, problem))


def enable(connection: Link, target: str) -> bool:
    """Have a receiver back; what waits is tried at once, and for its full time. Say whether it had left."""
    if not connection.execute("DELETE FROM gone_receiver WHERE target = %s", (target,)).rowcount:
        return False
    connection.execute(_ANEW)
    return True
