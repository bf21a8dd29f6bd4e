"""Receivers that said that they want no more reports."""

import sqlite3


def gone(connection: sqlite3.Connection, target: str) -> str | None:
    """Return what a receiver said when it left; None if it did not."""
    row = connection.execute("SELECT problem FROM gone_receiver WHERE target = ?", (target,)).fetchone()
    return None if row is None else str(row[0])


def disable(connection: sqlite3.Connection, target: str, problem: str, now_ms: int) -> None:
    """Note that a receiver left. now_ms: wall time [ms since 1970]."""
    connection.execute(
        "INSERT INTO gone_receiver (target, gone_at, problem) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (target, now_ms, problem),
    )


def enable(connection: sqlite3.Connection, target: str) -> bool:
    """Have a receiver back; what waits is tried at once, and for its full time. Say whether it had left."""
    if not connection.execute("DELETE FROM gone_receiver WHERE target = ?", (target,)).rowcount:
        return False
    connection.execute(
        "UPDATE report SET due = 0, first_tried = NULL "
        "WHERE delivered_at IS NULL AND given_up_at IS NULL AND first_tried IS NOT NULL"
    )
    return True
