"""Unusable messages, kept whole with the reason."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence

from sunsift.adapters.cursor import page_of, place_of
from sunsift.adapters.rows import message_id
from sunsift.domain.times import iso_ms
from sunsift.parcels import Quarantined, Refused
from sunsift.records import Page

_ADD = """
INSERT INTO quarantine (id, code, reason, house_id, utc_offset_hours, source, received_at, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_SELECT = "SELECT q.id, q.code, q.reason, q.house_id, q.source, q.received_at, q.body FROM quarantine AS q"
# The first condition is the index's, which alone finds what waits for a house among all that waits.
_REDRIVABLE = f"""
{_SELECT} INDEXED BY quarantine_of_house JOIN house AS h ON h.house_id = q.house_id
WHERE q.code IN ('unknown_house', 'clock')
AND (q.code = 'unknown_house' OR q.utc_offset_hours = h.utc_offset_hours)
"""
_IN_ORDER = "ORDER BY q.house_id, q.id LIMIT ?"


def add(connection: sqlite3.Connection, refused: Sequence[Refused], now_ms: int) -> int:
    """Keep messages; return how many were given. now_ms: wall time [ms since 1970]."""
    connection.executemany(
        _ADD,
        [
            (
                message_id(r),
                r.code,
                r.reason,
                r.house_id,
                r.utc_offset_hours,
                r.source,
                now_ms,
                zlib.compress(r.body),
            )
            for r in refused
        ],
    )
    return len(refused)


def redrivable(
    connection: sqlite3.Connection, limit: int, house_ids: Sequence[str] | None
) -> list[Quarantined]:
    """Return packets that waited for a registration that is there by now. house_ids: only of these houses."""
    if house_ids is None:
        rows = connection.execute(f"{_REDRIVABLE} {_IN_ORDER}", (limit,))
    else:
        rows = connection.execute(
            f"{_REDRIVABLE} AND q.house_id IN (SELECT value FROM json_each(?)) {_IN_ORDER}",
            (json.dumps(list(house_ids)), limit),
        )
    return [_to_message(row) for row in rows]


def find(connection: sqlite3.Connection, ids: Iterable[str]) -> list[Quarantined]:
    """Return the named messages."""
    rows = connection.execute(
        f"{_SELECT} WHERE q.id IN (SELECT value FROM json_each(?)) ORDER BY q.id", (json.dumps(list(ids)),)
    )
    return [_to_message(row) for row in rows]


def every(connection: sqlite3.Connection) -> Iterable[Quarantined]:
    """Return all messages, ordered by id."""
    return map(_to_message, connection.execute(f"{_SELECT} ORDER BY q.id"))


def page(
    connection: sqlite3.Connection, code: str | None, house_id: str | None, after: str | None, limit: int
) -> Page[Quarantined]:
    """Return messages, of one code and house or any, the newest first."""
    conditions, values = ["true"], list[object]()
    for column, value in (("code", code), ("house_id", house_id)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if after:
        conditions.append("(received_at, id) < (?, ?)")
        values += place_of(after, int, str)
    # Bodies are read last, and only those of the page.
    query = (
        f"{_SELECT} WHERE q.id IN (SELECT id FROM quarantine WHERE {' AND '.join(conditions)} "
        "ORDER BY received_at DESC, id DESC LIMIT ?) ORDER BY q.received_at DESC, q.id DESC"
    )
    rows = connection.execute(query, (*values, limit + 1)).fetchall()
    return page_of(rows, limit, _to_message, lambda row: (row[5], row[0]))


def codes(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Count messages by code."""
    return connection.execute("SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code").fetchall()


def discard(connection: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Remove messages; return how many there were."""
    cursor = connection.execute(
        "DELETE FROM quarantine WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return cursor.rowcount


def _to_message(row: tuple[str, str, str, str | None, str, int, bytes]) -> Quarantined:
    id_, code, reason, house_id, source, received_at, body = row
    return Quarantined(zlib.decompress(body), source, code, reason, house_id, id_, iso_ms(received_at))
