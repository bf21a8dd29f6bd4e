"""The Pages door on PostgreSQL: parts of listings, found by their keys."""

from typing import Any

from sunsift.adapters.cursor import page_of, place_of
from sunsift.adapters.postgres import activity, fleet, league, quarantine
from sunsift.adapters.postgres.database import Database
from sunsift.adapters.rows import (
    HOUSE_COLUMNS,
    PREDICTION_COLUMNS,
    REPORT_COLUMNS,
    to_house,
    to_prediction,
    to_report_row,
)
from sunsift.domain.house import House
from sunsift.domain.status import Folded
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Activity, Quarantined
from sunsift.records import ChangeCount, Page, ReportRow, ReportState, Standing, Tally, Waiting, Wanted

_REGISTERED = f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house WHERE house_id > %s ORDER BY house_id LIMIT %s"
_PREDICTIONS = f"""
SELECT {", ".join(PREDICTION_COLUMNS)} FROM prediction
WHERE house = (SELECT id FROM house WHERE house_id = %s) AND day < %s ORDER BY day DESC LIMIT %s
"""
_REPORTS = (
    f"SELECT {REPORT_COLUMNS}, r.seq FROM report AS r JOIN house AS h ON h.id = r.house WHERE r.seq < %s"
)
_IN_STATE = {
    None: "",
    ReportState.WAITING: " AND r.delivered_at IS NULL AND r.given_up_at IS NULL",
    ReportState.DELIVERED: " AND r.delivered_at IS NOT NULL",
    ReportState.GIVEN_UP: " AND r.given_up_at IS NOT NULL",
}
_OF_HOUSE = " AND r.house = (SELECT id FROM house WHERE house_id = %s)"
_NEWEST_FIRST = " ORDER BY r.seq DESC LIMIT %s"
_AFTER_ALL = 2**62
_TEXTS = "SELECT id, text FROM word"


class PostgresPages:
    """Looks up a part of a listing, or a sum that comes quickly."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def league(self, wanted: Wanted, after: str | None, limit: int) -> Page[Standing]:
        """Return the houses that are wanted with their newest prediction."""
        with self._database.read() as connection:
            return league.page(connection, wanted, after, limit)

    def tallies(self) -> list[Tally]:
        """Sum up all houses by weather region and status."""
        with self._database.read() as connection:
            return fleet.tallies(connection)

    def registered(self, after: str | None, limit: int) -> Page[House]:
        """Return registrations by house_id."""
        (last,) = place_of(after, str) if after else ("",)
        with self._database.read() as connection:
            rows = connection.execute(_REGISTERED, (last, limit + 1)).fetchall()
        return page_of(rows, limit, to_house, lambda row: row[:1])

    def changes(self, since_day: int) -> list[ChangeCount]:
        """Count the reported changes from a day on."""
        with self._database.read() as connection:
            return fleet.changes(connection, since_day)

    def reports_page(
        self, house_id: str | None, state: ReportState | None, after: str | None, limit: int
    ) -> Page[ReportRow]:
        """Return reports, the newest first."""
        (last,) = place_of(after, int) if after else (_AFTER_ALL,)
        query = _REPORTS + _IN_STATE[state] + ("" if house_id is None else _OF_HOUSE) + _NEWEST_FIRST
        values: list[Any] = [last, *([] if house_id is None else [house_id]), limit + 1]
        with self._database.read() as connection:
            rows = connection.execute(query, values).fetchall()
        return page_of(rows, limit, lambda row: to_report_row(row[:-1]), lambda row: row[-1:])

    def predictions_page(
        self, house_id: str, after: str | None, limit: int
    ) -> Page[tuple[Prediction, Folded]]:
        """Return predictions of one house and the status after each, the newest first."""
        (last,) = place_of(after, int) if after else (_AFTER_ALL,)
        with self._database.read() as connection:
            texts = dict(connection.execute(_TEXTS).fetchall())
            rows = connection.execute(_PREDICTIONS, (house_id, last, limit + 1), binary=True).fetchall()
        return page_of(rows, limit, lambda row: to_prediction(row, texts), lambda row: row[:1])

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
