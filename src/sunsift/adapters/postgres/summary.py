"""Sums over the fleet: how much there is, what predictions said, and the evidence of the last days."""

from collections.abc import Iterator
from typing import Final

from sunsift.adapters.codec import STATUSES
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.postgres.evidence import DAYS, unpack
from sunsift.adapters.postgres.listing import stream
from sunsift.adapters.postgres.migrations.years import days_of_year
from sunsift.records import Counts, Rescorable, VerdictCount

EXACT_UP_TO: Final = 3_000_000
"""More rows of days or predictions than these are not counted but estimated, from the server's statistics."""

ALL_DAYS: Final = (0, 0xFFFF)
_COUNTS = """
SELECT (SELECT count(*) FROM house), (SELECT count(*) FROM report),
    (SELECT count(*) FROM report WHERE delivered_at IS NULL AND given_up_at IS NULL),
    (SELECT count(*) FROM quarantine),
    (SELECT count(*) FROM progress WHERE generation > settled), (SELECT count(*) FROM feedback)
"""
_ABOUT = """
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass
"""
_OCCUPIED = """
SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'prediction'::regclass AND pg_relation_size(c.oid) > 0
"""
_VERDICTS = """
SELECT h.weather_region, w.text, p.verdict, count(*)
FROM prediction AS p JOIN house AS h ON h.id = p.house JOIN word AS w ON w.id = p.model
WHERE p.day >= %s GROUP BY h.weather_region, w.text, p.verdict ORDER BY h.weather_region, w.text, p.verdict
"""
_RESCORABLE = """
SELECT region, sum(houses)::bigint, sum(predictions)::bigint, sum(days)::bigint FROM (
    SELECT h.weather_region AS region, count(DISTINCT h.id) AS houses, count(*) AS predictions, 0 AS days
    FROM house AS h JOIN prediction AS p ON p.house = h.id WHERE p.day >= %(since)s GROUP BY h.weather_region
    UNION ALL
    SELECT region, 0, 0, count(*) FROM region_day WHERE day >= %(since)s AND profile IS NOT NULL
    GROUP BY region) AS of_both
GROUP BY region ORDER BY region
"""
_EVIDENCE = "SELECT block, days FROM evidence WHERE block >= %s ORDER BY house, block"
_OF_HOUSE = """
SELECT e.block, e.days FROM house AS h JOIN evidence AS e ON e.house = h.id
WHERE h.house_id = %s ORDER BY e.block
"""


def counts(connection: Link) -> Counts:
    """Count everything; days and predictions exactly up to `EXACT_UP_TO`."""
    (row,) = connection.execute(_COUNTS).fetchall()
    houses, reports, undelivered, quarantined, unsettled, feedback = row
    return Counts(
        houses=houses,
        days=about(connection, "day"),
        predictions=about(connection, "prediction"),
        reports=reports,
        undelivered=undelivered,
        quarantined=quarantined,
        unsettled=unsettled,
        feedback=feedback,
    )


def about(connection: Link, table: str) -> int:
    """Count the rows of a partitioned table, or estimate them if there are many."""
    ((estimate,),) = connection.execute(_ABOUT, (table,)).fetchall()
    if estimate > EXACT_UP_TO:
        return int(estimate)
    ((exact,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(exact)


def span(connection: Link) -> tuple[int, int]:
    """Return the first and last day of the years that have predictions, or all days.

    The partitions of the other years are empty files. Naming the days keeps a query away from them, which
    matters where each house is looked up by itself.
    """
    names = [str(name) for (name,) in connection.execute(_OCCUPIED)]
    years = [name.removeprefix("prediction_") for name in names]
    if not years or not all(year.isdecimal() for year in years):
        return ALL_DAYS
    return days_of_year(int(min(years)))[0], days_of_year(int(max(years)))[1] - 1


def newest_day(connection: Link) -> int | None:
    """Return the newest day that any house sent."""
    ((day,),) = connection.execute("SELECT max(day) FROM region_day").fetchall()
    return None if day is None else int(day)


def verdicts(connection: Link, since: int) -> list[VerdictCount]:
    """Count predictions from `since` on by region, model version and verdict."""
    rows = connection.execute(_VERDICTS, (since,)).fetchall()
    return [VerdictCount(region, model, STATUSES[verdict], count) for region, model, verdict, count in rows]


def rescorable(connection: Link, since: int) -> list[Rescorable]:
    """Count what can be judged anew from `since` on, by region."""
    return [Rescorable(*row) for row in connection.execute(_RESCORABLE, {"since": since})]


def evidence(connection: Link, since: int) -> Iterator[bytes]:
    """Return the rows of the present layout from `since` on, by house and day."""
    for block, days in stream(connection, _EVIDENCE, (since // DAYS,)):
        yield from (row for day, row in unpack(block, days) if day >= since)


def house_evidence(connection: Link, house_id: str) -> list[tuple[int, bytes]]:
    """Return (day, row) of one house, of the present layout, oldest first."""
    blocks = connection.execute(_OF_HOUSE, (house_id,), binary=True)
    return [measured for block, days in blocks for measured in unpack(block, days)]
