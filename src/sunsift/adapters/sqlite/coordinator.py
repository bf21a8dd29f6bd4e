"""The coordinator in the store's own file: quiet clock and leases for one machine."""

from collections.abc import Sequence

from sunsift.adapters.sqlite.database import Database

_TOUCH = """
INSERT INTO quiet (house_id, arrived) VALUES (?, ?)
ON CONFLICT (house_id) DO UPDATE SET arrived = max(arrived, excluded.arrived)
"""
# Whoever holds a lease would turn the claim's worker away, and the house would wait for a second claim to
# end if the holder is dead.
_CLAIM = """
UPDATE quiet SET claimed_until = :until WHERE house_id IN (
    SELECT house_id FROM quiet WHERE arrived <= :arrived_by AND claimed_until <= :now
    AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.house_id = quiet.house_id AND until > :now)
    ORDER BY arrived, house_id LIMIT :limit)
RETURNING house_id
"""
_DRAIN = """
DELETE FROM quiet WHERE house_id IN (SELECT house_id FROM quiet ORDER BY arrived, house_id LIMIT ?)
RETURNING house_id, arrived
"""
_ACQUIRE = """
INSERT INTO lease (house_id, token, until) VALUES (?, ?, ?)
ON CONFLICT (house_id) DO UPDATE SET token = excluded.token, until = excluded.until
WHERE until <= ? OR token = excluded.token
"""


class SqliteCoordinator:
    """Quiet clocks and leases as two small tables.

    A power failure may take the last moments from them; then the sweep finds what they knew.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def touch(self, arrived: dict[str, int]) -> None:
        """Restart the quiet clock of houses."""
        if arrived:
            with self._database.hint() as connection:
                connection.executemany(_TOUCH, arrived.items())

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Take houses that have been quiet long enough, for as long as `until`."""
        wanted = {"arrived_by": arrived_by, "now": now, "until": until, "limit": limit}
        with self._database.hint() as connection:
            rows = connection.execute(_CLAIM, wanted).fetchall()
        return sorted(house_id for (house_id,) in rows)

    def forget(self, settled: dict[str, int]) -> None:
        """Stop the quiet clocks of settled houses, unless touched after the given arrivals."""
        with self._database.hint() as connection:
            connection.executemany("DELETE FROM quiet WHERE house_id = ? AND arrived <= ?", settled.items())

    def waiting(self) -> int:
        """Return how many houses have a running quiet clock."""
        with self._database.read() as connection:
            count: int = connection.execute("SELECT count(*) FROM quiet").fetchone()[0]
        return count

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take the leases that nobody else holds; return the houses of those."""
        with self._database.hint() as connection:
            return [
                h for h in house_ids if connection.execute(_ACQUIRE, (h, token, until, now)).rowcount == 1
            ]

    def release(self, house_ids: Sequence[str], token: str) -> None:
        """Give back the leases that `token` still holds."""
        with self._database.hint() as connection:
            connection.executemany(
                "DELETE FROM lease WHERE house_id = ? AND token = ?", [(h, token) for h in house_ids]
            )

    def drain(self, limit: int) -> dict[str, int]:
        """Take up to `limit` quiet clocks out, claimed or not; return them with their arrivals [ms]."""
        with self._database.hint() as connection:
            return dict(connection.execute(_DRAIN, (limit,)).fetchall())

    def clear(self) -> None:
        """Void every claim and lease; only for whoever knows that their holders are dead."""
        with self._database.hint() as connection:
            connection.execute("UPDATE quiet SET claimed_until = 0 WHERE claimed_until > 0")
            connection.execute("DELETE FROM lease")
