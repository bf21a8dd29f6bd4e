"""Unusable messages, kept whole with the reason."""

import zlib
from collections.abc import Iterable, Sequence

from sunsift.adapters.cursor import page_of, place_of
from sunsift.adapters.postgres.database import NOW_MS, Link
from sunsift.adapters.rows import message_id
from sunsift.domain.times import iso_ms
from sunsift.parcels import Quarantined, Refused
from sunsift.records import Page

_ADD = f"""
INSERT INTO quarantine (id, code, reason, house_id, utc_offset_hours, source, body, received_at)
SELECT *, {NOW_MS} FROM unnest(
    %b::text[], %b::text[], %b::text[], %b::text[], %b::double precision[], %b::text[], %b::bytea[])
ON CONFLICT (id) DO NOTHING
"""
SELECT = "SELECT q.id, q.code, q.reason, q.house_id, q.source, q.received_at, q.body FROM quarantine AS q"
# The first condition is the index's.
_REDRIVABLE = f"""
{SELECT} JOIN house AS h ON h.house_id = q.house_id WHERE q.code IN ('unknown_house', 'clock')
AND (q.code = 'unknown_house' OR q.utc_offset_hours = h.utc_offset_hours)
AND (%b::text[] IS NULL OR q.house_id = ANY (%b::text[]))
ORDER BY q.house_id COLLATE "C", q.id COLLATE "C" LIMIT %s
"""
_FIND = f'{SELECT} WHERE q.id = ANY (%b::text[]) ORDER BY q.id COLLATE "C"'
_DISCARD = """
WITH gone AS MATERIALIZED (SELECT id FROM quarantine WHERE id = ANY (%b::text[]) ORDER BY id FOR UPDATE)
DELETE FROM quarantine AS q USING gone WHERE q.id = gone.id
"""


def add(connection: Link, refused: Sequence[Refused], now_ms: int | None) -> int:
    """Keep messages; return how many were given. now_ms: wall time [ms since 1970]; None for the server's."""
    rows = sorted(
        (
            (message_id(r), r.code, r.reason, r.house_id, r.utc_offset_hours, r.source, zlib.compress(r.body))
            for r in refused
        ),
        key=lambda row: row[0],
    )
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(_ADD, (now_ms, *columns))
    return len(rows)


def redrivable(connection: Link, limit: int, house_ids: Sequence[str] | None) -> list[Quarantined]:
    """Return packets that waited for a registration that is there by now. house_ids: only of these houses."""
    wanted = None if house_ids is None else list(house_ids)
    return [to_message(row) for row in connection.execute(_REDRIVABLE, (wanted, wanted, limit), binary=True)]


def find(connection: Link, ids: Iterable[str]) -> list[Quarantined]:
    """Return the named messages."""
    return [to_message(row) for row in connection.execute(_FIND, (list(ids),), binary=True)]


def page(
    connection: Link, code: str | None, house_id: str | None, after: str | None, limit: int
) -> Page[Quarantined]:
    """Return messages, of one code and house or any, the newest first."""
    conditions, values = ["true"], list[object]()
    for column, value in (("code", code), ("house_id", house_id)):
        if value is not None:
            conditions.append(f"q.{column} = %s")
            values.append(value)
    if after:
        conditions.append('(q.received_at, q.id COLLATE "C") < (%s, %s)')
        values += place_of(after, int, str)
    query = f"{SELECT} WHERE {' AND '.join(conditions)} ORDER BY q.received_at DESC, q.id DESC LIMIT %s"
    rows = connection.execute(query, (*values, limit + 1), binary=True).fetchall()
    return page_of(rows, limit, to_message, lambda row: (row[5], row[0]))


def codes(connection: Link) -> list[tuple[str, int]]:
    """Count messages by code."""
    rows = connection.execute("SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code")
    return [(code, count) for code, count in rows]


def discard(connection: Link, ids: Iterable[str]) -> int:
    """Remove messages; return how many there were."""
    return connection.execute(_DISCARD, (list(ids),)).rowcount


def to_message(row: tuple[str, str, str, str | None, str, int, bytes]) -> Quarantined:
    """Turn a row of `SELECT` into a message."""
    id_, code, reason, house_id, source, received_at, body = row
    return Quarantined(zlib.decompress(body), source, code, reason, house_id, id_, iso_ms(received_at))
