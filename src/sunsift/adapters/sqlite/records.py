"""The Records door on SQLite."""

from collections.abc import Iterator

from sunsift.adapters.rows import (
    HOUSE_COLUMNS,
    PREDICTION_COLUMNS,
    REPORT_COLUMNS,
    to_house,
    to_prediction,
    to_report_row,
)
from sunsift.adapters.sqlite import feedback, quarantine, regions, rescore, summary
from sunsift.adapters.sqlite.packets import read_days
from sunsift.adapters.sqlite.pages import SqlitePages
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.status import Folded
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Quarantined
from sunsift.records import Counts, NotedFeedback, RegionDay, ReportRow, Rescorable, Standing, VerdictCount

_COUNTS = """
SELECT (SELECT count(*) FROM house), (SELECT count(*) FROM day), (SELECT count(*) FROM prediction),
    (SELECT count(*) FROM report),
    (SELECT count(*) FROM report WHERE delivered_at IS NULL AND given_up_at IS NULL),
    (SELECT count(*) FROM quarantine), (SELECT count(*) FROM progress WHERE generation > settled),
    (SELECT count(*) FROM feedback)
"""
_HOUSES = f"SELECT id, {', '.join(HOUSE_COLUMNS)} FROM house"
_COLUMNS = ", ".join(PREDICTION_COLUMNS)
_PREDICTIONS = f"SELECT {_COLUMNS} FROM prediction WHERE house = ? ORDER BY day"
_NEWEST = f"SELECT {_COLUMNS} FROM prediction WHERE house = ? ORDER BY day DESC LIMIT 1"
_REPORTS = f"""
SELECT {REPORT_COLUMNS}
FROM report AS r JOIN house AS h ON h.id = r.house
"""


class SqliteRecords(SqlitePages):
    """Looks things up; writes nothing."""

    def counts(self) -> Counts:
        """Count everything."""
        with self._database.read() as connection:
            return Counts(*connection.execute(_COUNTS).fetchone())

    def houses(self) -> Iterator[House]:
        """Return all registrations by house_id."""
        with self._database.read() as connection:
            for row in connection.execute(f"{_HOUSES} ORDER BY house_id"):
                yield to_house(row[1:])

    def standings(self) -> Iterator[Standing]:
        """Return every house with its newest prediction, by house_id."""
        with self._database.read() as connection:
            texts = dict(connection.execute("SELECT id, text FROM word").fetchall())
            for row in connection.execute(f"{_HOUSES} ORDER BY house_id"):
                house = to_house(row[1:])
                newest = connection.execute(_NEWEST, (row[0],)).fetchone()
                if newest is None:
                    yield Standing(house, None, None)
                else:
                    yield Standing(house, *to_prediction(newest, texts))

    def predictions(self, house_id: str | None = None) -> Iterator[tuple[str, Prediction, Folded]]:
        """Return predictions and the status after each, by house_id and day."""
        with self._database.read() as connection:
            texts = dict(connection.execute("SELECT id, text FROM word").fetchall())
            houses = connection.execute(
                "SELECT id, house_id FROM house WHERE ? IS NULL OR house_id = ? ORDER BY house_id",
                (house_id, house_id),
            )
            for number, name in houses:
                for row in connection.execute(_PREDICTIONS, (number,)):
                    yield name, *to_prediction(row, texts)

    def days(self, house_id: str, first: int = 0, last: int = 0xFFFF) -> list[Packet]:
        """Return the stored days of one house in a range, oldest first."""
        with self._database.read() as connection:
            row = connection.execute("SELECT id FROM house WHERE house_id = ?", (house_id,)).fetchone()
            return [] if row is None else read_days(connection, row[0], house_id, first, last)

    def region_days(self) -> Iterator[RegionDay]:
        """Return every region day, by region and day."""
        with self._database.read() as connection:
            yield from regions.every(connection)

    def reports(self, house_id: str | None = None) -> Iterator[ReportRow]:
        """Return reports by key."""
        with self._database.read() as connection:
            query = f"{_REPORTS} WHERE ? IS NULL OR h.house_id = ? ORDER BY r.key"
            for row in connection.execute(query, (house_id, house_id)):
                yield to_report_row(row)

    def newest_day(self) -> int | None:
        """Return the newest stored day of any house."""
        with self._database.read() as connection:
            return summary.newest_day(connection)

    def verdicts(self, since: int) -> list[VerdictCount]:
        """Count the predictions whose period ends on `since` or later."""
        with self._database.read() as connection:
            return summary.verdicts(connection, since)

    def evidence(self, since: int) -> Iterator[bytes]:
        """Return the evidence of all houses from the day `since` on."""
        with self._database.read() as connection:
            yield from summary.evidence(connection, since)

    def house_evidence(self, house_id: str) -> list[tuple[int, bytes]]:
        """Return (day, evidence of the present layout) of one house, oldest first."""
        with self._database.read() as connection:
            return summary.house_evidence(connection, house_id)

    def rescorable(self, since: int) -> list[Rescorable]:
        """Count what could be judged anew from the day `since` on, by region."""
        with self._database.read() as connection:
            return rescore.rescorable(connection, since)

    def feedback(self, house_id: str | None = None) -> Iterator[NotedFeedback]:
        """Return feedback of visits by house_id and days."""
        with self._database.read() as connection:
            yield from feedback.every(connection, house_id)

    def quarantine(self) -> Iterator[Quarantined]:
        """Return quarantined messages by id."""
        with self._database.read() as connection:
            yield from quarantine.every(connection)
