"""Taking everything of one house away, and knowing afterwards that it was.

The server keeps dead rows until it vacuums, and its log and backups for as long as it is told to.
"""

import zlib
from collections.abc import Iterable
from typing import Any, Final

from psycopg import sql

from sunsift.adapters.erased import digest_of, names, new_salt, to_erasure, to_text
from sunsift.adapters.postgres import progress
from sunsift.adapters.postgres.database import NOW_MS, Link
from sunsift.parcels import Erasure

_BY_NUMBER: Final = ("day", "evidence", "prediction", "report", "feedback", "standing", "progress")
_BY_NAME: Final = ("quarantine", "quiet", "lease", "house")
TABLES: Final = (*_BY_NUMBER, *_BY_NAME)
"""Every table that holds anything of single houses."""
# The sunlight of a region that nobody lives in any more was measured with this house's meter.
_EMPTY_REGION: Final = """
DELETE FROM region_day WHERE region = %s AND NOT EXISTS (SELECT FROM house WHERE weather_region = %s)
"""
_REMEMBER: Final = f"""
INSERT INTO erasure (digest, salt, erased_at, removed) VALUES (%s, %s, {NOW_MS}, %s)
ON CONFLICT (digest) DO UPDATE SET erased_at = excluded.erased_at, removed = excluded.removed
"""
_KNOWN: Final = "SELECT 1 FROM erasure WHERE digest = %s"


def erase(connection: Link, house_id: str, now_ms: int | None) -> Erasure:
    """Remove every row of a house, registered or not. now_ms: wall time; None for the server's."""
    removed = dict.fromkeys(TABLES, 0) | {"region_day": 0}
    # As every writer does: nobody is in the middle of writing this house, and nobody begins.
    number = progress.lock(connection, [house_id]).get(house_id)
    region = connection.execute("SELECT weather_region FROM house WHERE id = %s", (number,)).fetchone()
    for table in _BY_NUMBER:
        removed[table] = _delete(connection, table, "house", number)
    nameless = _nameless(connection, house_id)
    for table in _BY_NAME:
        removed[table] = _delete(connection, table, "house_id", house_id)
    for id_ in nameless:
        removed["quarantine"] += _delete(connection, "quarantine", "id", id_)
    if region is not None:
        removed["region_day"] = connection.execute(_EMPTY_REGION, (region[0], region[0])).rowcount
    # Two at once draw one salt only.
    connection.execute("LOCK TABLE erasure IN SHARE ROW EXCLUSIVE MODE")
    salt = _salt(connection) or new_salt()
    digest, text = digest_of(house_id, salt), to_text(removed)
    # Looking once more and finding nothing says nothing new.
    if any(removed.values()) or connection.execute(_KNOWN, (digest,)).fetchone() is None:
        connection.execute(_REMEMBER, (digest, salt, now_ms, text))
    now = connection.execute(f"SELECT {NOW_MS}", (now_ms,)).fetchone()
    assert now is not None
    return to_erasure(now[0], text)


def erased(connection: Link, house_ids: Iterable[str]) -> dict[str, Erasure]:
    """Return what is remembered of those of the named houses that were erased."""
    salt = _salt(connection)
    if salt is None:
        return {}
    by_digest = {digest_of(house_id, salt): house_id for house_id in house_ids}
    rows = connection.execute(
        "SELECT digest, erased_at, removed FROM erasure WHERE digest = ANY (%s)", (list(by_digest),)
    )
    return {by_digest[bytes(digest)]: to_erasure(at, removed) for digest, at, removed in rows}


def _delete(connection: Link, table: str, column: str, value: Any) -> int:
    query = sql.SQL("DELETE FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, (value,)).rowcount


def _salt(connection: Link) -> bytes | None:
    row = connection.execute("SELECT salt FROM erasure LIMIT 1").fetchone()
    return None if row is None else bytes(row[0])


def _nameless(connection: Link, house_id: str) -> list[str]:
    """Return ids of messages that nobody could read whose text names the house all the same."""
    rows = connection.execute("SELECT id, body FROM quarantine WHERE house_id IS NULL")
    return [id_ for id_, body in rows if names(zlib.decompress(body), house_id)]
