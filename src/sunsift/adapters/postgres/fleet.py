"""Sums that come quickly: where the fleet stands, what changed, what waits."""

from sunsift.adapters.codec import STATUSES
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.postgres.summary import newest_day
from sunsift.adapters.rows import to_tally, to_waiting
from sunsift.records import ChangeCount, Tally, Waiting

_TALLIES = """
SELECT h.weather_region, s.status, count(*), sum(greatest(s.lost, 0)), sum(h.capacity_kwp), avg(h.latitude),
    avg(h.longitude)
FROM standing AS s JOIN house AS h ON h.id = s.house GROUP BY h.weather_region, s.status
"""
_CHANGES = """
SELECT as_of, status, previous, count(DISTINCT house) FROM report WHERE as_of >= %s
GROUP BY as_of, status, previous
"""
_WAITING = """
SELECT (SELECT count(*) FROM house), (SELECT count(*) FROM progress WHERE generation > settled),
    (SELECT steady FROM steady), (SELECT min(arrived) FROM progress WHERE generation > settled),
    (SELECT count(*) FROM report WHERE delivered_at IS NULL AND given_up_at IS NULL),
    (SELECT count(*) FROM report WHERE given_up_at IS NOT NULL), (SELECT count(*) FROM quarantine),
    (SELECT created_at FROM report ORDER BY seq DESC LIMIT 1)
"""


def tallies(connection: Link) -> list[Tally]:
    """Sum up all houses by weather region and status."""
    found = map(to_tally, connection.execute(_TALLIES))
    return sorted(found, key=lambda tally: (tally.region, tally.status))


def changes(connection: Link, since_day: int) -> list[ChangeCount]:
    """Count the reported changes from a day on."""
    found = [
        ChangeCount(as_of, STATUSES[status], STATUSES[previous], houses)
        for as_of, status, previous, houses in connection.execute(_CHANGES, (since_day,))
    ]
    return sorted(found, key=lambda change: (change.as_of, change.status, change.previous))


def waiting(connection: Link) -> Waiting:
    """Tell what waits."""
    (row,) = connection.execute(_WAITING).fetchall()
    return to_waiting(row, newest_day(connection))
