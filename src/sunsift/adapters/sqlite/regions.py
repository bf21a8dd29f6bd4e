"""Region days: open from the first packet on, closed once with the profile of their sunlight."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from sunsift.adapters.rows import HOUSE_COLUMNS, to_house, to_packet
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.sunlight import sampled
from sunsift.parcels import OpenDays
from sunsift.records import RegionDay

_CLOSABLE = """
SELECT region, day FROM region_day WHERE profile IS NULL AND opened <= ? ORDER BY region, day LIMIT ?
"""
_CLOSE = "UPDATE region_day SET profile = ? WHERE region = ? AND day = ? AND profile IS NULL"
_KNOWN = """
SELECT day, profile, opened FROM region_day
WHERE region = ? AND day IN (SELECT value FROM json_each(?))
"""
_FEED = "SELECT day, profile FROM sunlight_feed WHERE region = ? AND day IN (SELECT value FROM json_each(?))"
_SAMPLE = f"""
SELECT id, {", ".join(HOUSE_COLUMNS)} FROM house
WHERE house_id IN (SELECT value FROM json_each(?)) ORDER BY id
"""
# CROSS JOIN keeps this order: one search for each wanted day, however many others the house has.
_DAYS = """
SELECT d.day, d.kind, d.updated_at, d.readings FROM json_each(?) AS j
CROSS JOIN day AS d ON d.house = ? AND d.day = j.value
"""


def closable(connection: sqlite3.Connection, opened_by: int, limit: int) -> list[OpenDays]:
    """Return open region days that were opened at or before `opened_by`, at most `limit`."""
    rows = connection.execute(_CLOSABLE, (opened_by, limit)).fetchall()
    by_region = groupby(rows, key=lambda row: str(row[0]))
    return [OpenDays(region, tuple(day for _, day in group)) for region, group in by_region]


def packets_of(connection: sqlite3.Connection, open_days: OpenDays) -> tuple[list[House], list[Packet]]:
    """Return the region's sampled houses, and their packets of its open days."""
    names = connection.execute("SELECT house_id FROM house WHERE weather_region = ?", (open_days.region,))
    sample = sampled(house_id for (house_id,) in names)
    rows = connection.execute(_SAMPLE, (json.dumps(sample),)).fetchall()
    wanted = json.dumps(open_days.days)
    packets = [to_packet(row[1], day) for row in rows for day in connection.execute(_DAYS, (wanted, row[0]))]
    return [to_house(row[1:]) for row in rows], packets


def import_feed(connection: sqlite3.Connection, rows: Sequence[tuple[str, int, bytes]]) -> int:
    """Keep profiles from elsewhere; a later import of the same day replaces the earlier."""
    connection.executemany("INSERT OR REPLACE INTO sunlight_feed VALUES (?, ?, ?)", rows)
    return len(rows)


def feed(connection: sqlite3.Connection, open_days: OpenDays) -> dict[int, bytes]:
    """Return the imported profiles of a region's days."""
    return dict(connection.execute(_FEED, (open_days.region, json.dumps(open_days.days))).fetchall())


def close(connection: sqlite3.Connection, region: str, profiles: Mapping[int, bytes]) -> int:
    """Write the profiles of days that are still open; return how many that were."""
    rows = [(profile, region, day) for day, profile in sorted(profiles.items())]
    return connection.executemany(_CLOSE, rows).rowcount if rows else 0


def known(
    connection: sqlite3.Connection, region: str, days: Collection[int]
) -> tuple[dict[int, bytes], int | None]:
    """Return the closed profiles of a region's days, and when the last one was opened that is not closed."""
    rows = connection.execute(_KNOWN, (region, json.dumps(list(days)))).fetchall()
    profiles = {day: profile for day, profile, _ in rows if profile is not None}
    awaits = max((opened for _, profile, opened in rows if profile is None), default=None)
    return profiles, awaits


def every(connection: sqlite3.Connection) -> Iterator[RegionDay]:
    """Return all region days by region and day."""
    for row in connection.execute("SELECT region, day, opened, profile FROM region_day ORDER BY region, day"):
        yield RegionDay(*row)
