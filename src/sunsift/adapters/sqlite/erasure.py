"""Taking everything of one house away, and knowing afterwards that it was."""

import sqlite3
import zlib
from collections.abc import Iterable
from typing import Final

from sunsift.adapters.erased import digest_of, names, new_salt, to_erasure, to_text
from sunsift.parcels import Erasure

_BY_NUMBER: Final = ("day", "evidence", "prediction", "report", "feedback", "standing", "progress")
_BY_NAME: Final = ("quarantine", "quiet", "lease", "house")
TABLES: Final = (*_BY_NUMBER, *_BY_NAME)
"""Every table that holds anything of single houses."""
# The sunlight of a region that nobody lives in any more was measured with this house's meter.
_EMPTY_REGION: Final = (
    "DELETE FROM region_day WHERE region = ? AND NOT EXISTS (SELECT 1 FROM house WHERE weather_region = ?)"
)
_REMEMBER: Final = """
INSERT INTO erasure (digest, salt, erased_at, removed) VALUES (?, ?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET erased_at = excluded.erased_at, removed = excluded.removed
"""
_KNOWN: Final = "SELECT 1 FROM erasure WHERE digest = ?"


def erase(connection: sqlite3.Connection, house_id: str, now_ms: int) -> Erasure:
    """Remove every row of a house, registered or not. now_ms: wall time [ms since 1970]."""
    removed = dict.fromkeys(TABLES, 0) | {"region_day": 0}
    house = connection.execute("SELECT id, weather_region FROM house WHERE house_id = ?", (house_id,))
    number, region = house.fetchone() or (None, None)
    for table in _BY_NUMBER:
        removed[table] = connection.execute(f"DELETE FROM {table} WHERE house = ?", (number,)).rowcount
    nameless = _nameless(connection, house_id)
    for table in _BY_NAME:
        removed[table] = connection.execute(f"DELETE FROM {table} WHERE house_id = ?", (house_id,)).rowcount
    connection.executemany("DELETE FROM quarantine WHERE id = ?", [(id_,) for id_ in nameless])
    removed["quarantine"] += len(nameless)
    if region is not None:
        removed["region_day"] = connection.execute(_EMPTY_REGION, (region, region)).rowcount
    salt = _salt(connection) or new_salt()
    text = to_text(removed)
    digest = digest_of(house_id, salt)
    # Looking once more and finding nothing says nothing new.
    if any(removed.values()) or connection.execute(_KNOWN, (digest,)).fetchone() is None:
        connection.execute(_REMEMBER, (digest, salt, now_ms, text))
    return to_erasure(now_ms, text)


def erased(connection: sqlite3.Connection, house_ids: Iterable[str]) -> dict[str, Erasure]:
    """Return what is remembered of those of the named houses that were erased."""
    salt = _salt(connection)
    found: dict[str, Erasure] = {}
    for house_id in house_ids if salt else ():
        row = connection.execute(
            "SELECT erased_at, removed FROM erasure WHERE digest = ?", (digest_of(house_id, salt or b""),)
        ).fetchone()
        if row is not None:
            found[house_id] = to_erasure(*row)
    return found


def _salt(connection: sqlite3.Connection) -> bytes | None:
    row = connection.execute("SELECT salt FROM erasure LIMIT 1").fetchone()
    return None if row is None else row[0]


def _nameless(connection: sqlite3.Connection, house_id: str) -> list[str]:
    """Return ids of messages that nobody could read whose text names the house all the same."""
    rows = connection.execute("SELECT id, body FROM quarantine WHERE house_id IS NULL")
    return [id_ for id_, body in rows if names(zlib.decompress(body), house_id)]
