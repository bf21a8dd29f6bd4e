"""Judging anew on purpose: marks predictions as resting on nothing, and opens closed region days again."""

import sqlite3

from sunsift.records import Rescorable

_OF_REGION = "(SELECT id FROM house WHERE weather_region = ?)"
# No input has this digest, so the next predict takes the prediction for one whose input changed.
_BLANK = f"UPDATE prediction SET input_digest = x'' WHERE day >= ? AND house IN {_OF_REGION}"
# As after a packet, except that `arrived` stays: whoever was quiet still is.
_MARK = f"""
UPDATE progress SET
    generation = generation + 1,
    changed_from = iif(generation > settled, min(changed_from, first), first),
    changed_to = iif(generation > settled, max(changed_to, last), last)
FROM (SELECT house AS judged, min(day) AS first, max(day) AS last FROM prediction
      WHERE day >= ? AND house IN {_OF_REGION} GROUP BY house)
WHERE house = judged
"""
_FORGET = f"DELETE FROM evidence WHERE day >= ? AND house IN {_OF_REGION}"
_REOPEN = "UPDATE region_day SET profile = NULL WHERE day >= ? AND region = ? AND profile IS NOT NULL"
# CROSS JOIN keeps this order: one range of days for each house.
_RESCORABLE = """
SELECT region, sum(houses), sum(predictions), sum(days) FROM (
    SELECT h.weather_region AS region, count(DISTINCT h.id) AS houses, count(*) AS predictions, 0 AS days
    FROM house AS h CROSS JOIN prediction AS p ON p.house = h.id AND p.day >= :since GROUP BY h.weather_region
    UNION ALL
    SELECT region, 0, 0, count(*) FROM region_day WHERE day >= :since AND profile IS NOT NULL GROUP BY region)
GROUP BY region ORDER BY region
"""


def rescore(connection: sqlite3.Connection, region: str, since: int, *, sunlight: bool) -> int:
    """Have a region's predictions from `since` on judged anew; return how many houses have any."""
    wanted = (since, region)
    connection.execute(_BLANK, wanted)
    if sunlight:
        connection.execute(_REOPEN, wanted)
        connection.execute(_FORGET, wanted)
    return connection.execute(_MARK, wanted).rowcount


def rescorable(connection: sqlite3.Connection, since: int) -> list[Rescorable]:
    """Count what can be judged anew from `since` on, by region."""
    return [Rescorable(*row) for row in connection.execute(_RESCORABLE, {"since": since})]
