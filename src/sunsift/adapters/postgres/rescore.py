"""Judging anew on purpose: marks predictions as resting on nothing, and opens closed region days again."""

from sunsift.adapters.postgres import evidence, regions
from sunsift.adapters.postgres.database import Link

_LOCK = """
SELECT p.house FROM house AS h JOIN progress AS p ON p.house = h.id
WHERE h.weather_region = %s ORDER BY p.house FOR UPDATE OF p
"""
# No input has this digest, so the next predict takes the prediction for one whose input changed.
_BLANK = "UPDATE prediction SET input_digest = '' WHERE day >= %s AND house = ANY (%b::integer[])"
# As after a packet, except that `arrived` stays: whoever was quiet still is.
_MARK = """
UPDATE progress AS p SET
    generation = generation + 1,
    changed_from = CASE WHEN generation > settled THEN least(changed_from, first) ELSE first END,
    changed_to = CASE WHEN generation > settled THEN greatest(changed_to, last) ELSE last END
FROM (SELECT house, min(day) AS first, max(day) AS last FROM prediction
      WHERE day >= %s AND house = ANY (%b::integer[]) GROUP BY house) AS judged
WHERE p.house = judged.house
"""


def rescore(connection: Link, region: str, since: int, *, sunlight: bool) -> int:
    """Have a region's predictions from `since` on judged anew; return how many houses have any."""
    houses = [number for (number,) in connection.execute(_LOCK, (region,))]
    connection.execute(_BLANK, (since, houses))
    if sunlight:
        regions.reopen(connection, region, since)
        evidence.forget_from(connection, houses, since)
    return connection.execute(_MARK, (since, houses)).rowcount
