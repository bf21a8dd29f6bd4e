"""Region days: open from the first packet on, closed once with the profile of their sunlight."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from sunsift.adapters.postgres.database import Link
from sunsift.adapters.rows import HOUSE_COLUMNS, to_house, to_packet
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.sunlight import sampled
from sunsift.parcels import OpenDays

_CLOSABLE = """
SELECT region, day FROM region_day WHERE profile IS NULL AND opened <= %s
ORDER BY region COLLATE "C", day LIMIT %s
"""
# Locked in order: two processes that close the same days wait for each other at the first of them. The
# second then finds that they have their profiles.
_CLOSE = """
WITH still_open AS MATERIALIZED (
    SELECT r.region, r.day, given.profile
    FROM unnest(%b::integer[], %b::bytea[]) AS given (day, profile)
    JOIN region_day AS r ON r.region = %s AND r.day = given.day AND r.profile IS NULL
    ORDER BY r.day FOR UPDATE OF r)
UPDATE region_day AS r SET profile = s.profile
FROM still_open AS s WHERE r.region = s.region AND r.day = s.day
"""
_REOPEN = """
WITH closed AS MATERIALIZED (
    SELECT region, day FROM region_day WHERE region = %s AND day >= %s AND profile IS NOT NULL
    ORDER BY day FOR UPDATE)
UPDATE region_day AS r SET profile = NULL FROM closed AS c WHERE r.region = c.region AND r.day = c.day
"""
_KNOWN = """
SELECT r.region, r.day, r.profile, r.opened
FROM unnest(%b::text[], %b::integer[], %b::integer[]) AS k (region, first, last)
JOIN region_day AS r ON r.region = k.region AND r.day BETWEEN k.first AND k.last
"""
_IMPORT = """
INSERT INTO sunlight_feed (region, day, profile) SELECT * FROM unnest(%b::text[], %b::integer[], %b::bytea[])
ON CONFLICT (region, day) DO UPDATE SET profile = excluded.profile
"""
_FEED = "SELECT day, profile FROM sunlight_feed WHERE region = %s AND day = ANY (%b::integer[])"
_SAMPLE = f"SELECT id, {', '.join(HOUSE_COLUMNS)} FROM house WHERE house_id = ANY (%b::text[]) ORDER BY id"
_DAYS = """
SELECT house, day, kind, updated_at, readings FROM day
WHERE house = ANY (%b::integer[]) AND day = ANY (%b::integer[]) AND day BETWEEN %s AND %s ORDER BY house, day
"""

RegionDays = Mapping[tuple[str, int], tuple[bytes | None, int]]
"""Profile and steady time of opening, by region and day."""


def closable(connection: Link, opened_by: int, limit: int) -> list[OpenDays]:
    """Return open region days that were opened at or before `opened_by`, at most `limit`."""
    rows = connection.execute(_CLOSABLE, (opened_by, limit)).fetchall()
    by_region = groupby(rows, key=lambda row: str(row[0]))
    return [OpenDays(region, tuple(day for _, day in group)) for region, group in by_region]


def packets_of(connection: Link, open_days: OpenDays) -> tuple[list[House], list[Packet]]:
    """Return the region's sampled houses, and their packets of its open days."""
    names = connection.execute("SELECT house_id FROM house WHERE weather_region = %s", (open_days.region,))
    sample = sampled(house_id for (house_id,) in names)
    rows = connection.execute(_SAMPLE, (sample,), binary=True).fetchall()
    days = list(open_days.days)
    if not rows or not days:
        return [to_house(row[1:]) for row in rows], []
    house_ids = {row[0]: row[1] for row in rows}
    found = connection.execute(_DAYS, (list(house_ids), days, min(days), max(days)), binary=True)
    packets = [to_packet(house_ids[row[0]], row[1:]) for row in found]
    return [to_house(row[1:]) for row in rows], packets


def import_feed(connection: Link, rows: Sequence[tuple[str, int, bytes]]) -> int:
    """Keep profiles from elsewhere; a later import of the same day replaces the earlier."""
    newest = {(region, day): profile for region, day, profile in rows}
    order = sorted(newest)
    regions, days = [region for region, _ in order], [day for _, day in order]
    connection.execute(_IMPORT, (regions, days, [newest[key] for key in order]))
    return len(rows)


def feed(connection: Link, open_days: OpenDays) -> dict[int, bytes]:
    """Return the imported profiles of a region's days."""
    found = connection.execute(_FEED, (open_days.region, list(open_days.days)), binary=True)
    return dict(found.fetchall())


def close(connection: Link, region: str, profiles: Mapping[int, bytes]) -> int:
    """Write the profiles of days that are still open; return how many that were."""
    return connection.execute(_CLOSE, (list(profiles), list(profiles.values()), region)).rowcount


def reopen(connection: Link, region: str, since: int) -> None:
    """Take the profiles of a region's days from `since` on away."""
    connection.execute(_REOPEN, (region, since))


def known(connection: Link, wanted: Collection[tuple[str, int]]) -> RegionDays:
    """Return what is known of region days, at one moment for all of them."""
    stretches = _stretches(wanted)
    if not stretches:
        return {}
    rows = connection.execute(_KNOWN, [list(part) for part in zip(*stretches, strict=True)], binary=True)
    return {(region, day): (profile, opened) for region, day, profile, opened in rows}


def _stretches(wanted: Collection[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Return region, first and last day of each stretch without a gap: few, even for a year of a house."""
    found: list[tuple[str, int, int]] = []
    for region, day in sorted(wanted):
        if found and found[-1][0] == region and found[-1][2] == day - 1:
            found[-1] = (region, found[-1][1], day)
        else:
            found.append((region, day, day))
    return found
