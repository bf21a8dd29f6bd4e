"""The coordinator in the store's own database: quiet clocks and leases where no Redis is, or none answers.

Rows are always locked in the order of their house_id, or skipped where that is as good, so that workers with
the same houses in another order never block each other for good. What comes from an array has to say that it
goes by bytes, as the columns do.
"""

from collections.abc import Sequence

from sunsift.adapters.postgres.database import Database

_TOUCH = """
INSERT INTO quiet (house_id, arrived)
SELECT * FROM unnest(%s::text[], %s::bigint[]) AS t (house_id, arrived)
ORDER BY house_id COLLATE "C"
ON CONFLICT (house_id) DO UPDATE SET arrived = excluded.arrived WHERE quiet.arrived < excluded.arrived
"""
# Whoever holds a lease would turn the claim's worker away, and the house would wait for a second claim to
# end if the holder is dead. A row that somebody else has locked is being touched or claimed right now.
_CLAIM = """
UPDATE quiet SET claimed_until = %(until)s WHERE house_id IN (
    SELECT q.house_id FROM quiet AS q WHERE q.arrived <= %(arrived_by)s AND q.claimed_until <= %(now)s
    AND NOT EXISTS (SELECT 1 FROM lease AS l WHERE l.house_id = q.house_id AND l.until > %(now)s)
    ORDER BY q.arrived, q.house_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING house_id
"""
_FORGET = """
DELETE FROM quiet WHERE house_id IN (
    SELECT q.house_id FROM quiet AS q
    JOIN unnest(%s::text[], %s::bigint[]) AS settled (house_id, arrived) ON q.house_id = settled.house_id
    WHERE q.arrived <= settled.arrived ORDER BY q.house_id FOR UPDATE OF q)
"""
_DRAIN = """
DELETE FROM quiet WHERE house_id IN (
    SELECT house_id FROM quiet ORDER BY arrived, house_id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING house_id, arrived
"""
_ACQUIRE = """
INSERT INTO lease (house_id, token, until)
SELECT house_id, %(token)s, %(until)s FROM unnest(%(houses)s::text[]) AS t (house_id)
ORDER BY house_id COLLATE "C"
ON CONFLICT (house_id) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE lease.until <= %(now)s OR lease.token = excluded.token
RETURNING house_id
"""
_RELEASE = """
DELETE FROM lease WHERE house_id IN (
    SELECT house_id FROM lease WHERE house_id = ANY(%s) AND token = %s ORDER BY house_id FOR UPDATE)
"""


class PostgresCoordinator:
    """Quiet clocks and leases as two small tables that are not logged: a commit waits for no disk.

    A crash of the server empties them; then the sweep finds what they knew.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def touch(self, arrived: dict[str, int]) -> None:
        """Restart the quiet clock of houses."""
        if arrived:
            with self._database.write() as connection:
                connection.execute(_TOUCH, (list(arrived), list(arrived.values())))

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Take houses that have been quiet long enough, for as long as `until`."""
        wanted = {"arrived_by": arrived_by, "now": now, "until": until, "limit": limit}
        with self._database.write() as connection:
            rows = connection.execute(_CLAIM, wanted).fetchall()
        return sorted(house_id for (house_id,) in rows)

    def forget(self, settled: dict[str, int]) -> None:
        """Stop the quiet clocks of settled houses, unless touched after the given arrivals."""
        if settled:
            with self._database.write() as connection:
                connection.execute(_FORGET, (list(settled), list(settled.values())))

    def waiting(self) -> int:
        """Return how many houses have a running quiet clock."""
        with self._database.read() as connection:
            row = connection.execute("SELECT count(*) FROM quiet").fetchone()
        return int(row[0]) if row else 0

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take the leases that nobody else holds; return the houses of those."""
        wanted = {"houses": list(set(house_ids)), "token": token, "now": now, "until": until}
        with self._database.write() as connection:
            taken = {house_id for (house_id,) in connection.execute(_ACQUIRE, wanted)}
        return [house_id for house_id in house_ids if house_id in taken]

    def release(self, house_ids: Sequence[str], token: str) -> None:
        """Give back the leases that `token` still holds."""
        with self._database.write() as connection:
            connection.execute(_RELEASE, (list(house_ids), token))

    def drain(self, limit: int) -> dict[str, int]:
        """Take up to `limit` quiet clocks out, claimed or not; return them with their arrivals [ms]."""
        with self._database.write() as connection:
            return dict(connection.execute(_DRAIN, (limit,)).fetchall())
