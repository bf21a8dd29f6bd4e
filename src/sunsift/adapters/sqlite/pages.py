"""The Pages door on SQLite: parts of listings, found by their keys."""

from collections.abc import Sequence
from typing import Any

from sunsift.adapters.pages import KeyedPages
from sunsift.adapters.sqlite import activity, fleet, league, quarantine
from sunsift.adapters.sqlite.database import Database
from sunsift.parcels import Activity, Quarantined
from sunsift.records import ChangeCount, Page, Standing, Tally, Waiting, Wanted


class SqlitePages(KeyedPages):
    """Looks up a part of a listing, or a sum that comes quickly."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _read(self, *asked: tuple[str, Sequence[object]]) -> list[Sequence[Any]]:
        with self._database.read() as connection:
            return [connection.execute(query, values).fetchall() for query, values in asked]

    def league(self, wanted: Wanted, after: str | None, limit: int) -> Page[Standing]:
        """Return the houses that are wanted with their newest prediction."""
        with self._database.read() as connection:
            return league.page(connection, wanted, after, limit)

    def tallies(self) -> list[Tally]:
        """Sum up all houses by weather region and status."""
        with self._database.read() as connection:
            return fleet.tallies(connection)

    def changes(self, since_day: int) -> list[ChangeCount]:
        """Count the reported changes from a day on."""
        with self._database.read() as connection:
            return fleet.changes(connection, since_day)

    def quarantine_page(
        self, code: str | None, house_id: str | None, after: str | None, limit: int
    ) -> Page[Quarantined]:
        """Return quarantined messages, the newest first."""
        with self._database.read() as connection:
            return quarantine.page(connection, code, house_id, after, limit)

    def quarantine_codes(self) -> list[tuple[str, int]]:
        """Count quarantined messages by code."""
        with self._database.read() as connection:
            return quarantine.codes(connection)

    def waiting(self) -> Waiting:
        """Tell what waits."""
        with self._database.read() as connection:
            return fleet.waiting(connection)

    def activity(self, since_minute: int) -> list[Activity]:
        """Return what steps did from a minute on."""
        with self._database.read() as connection:
            return activity.since(connection, since_minute)
