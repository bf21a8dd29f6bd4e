"""The Records door on PostgreSQL: every listing streams from one unchanging view, in bounded memory."""

from collections.abc import Iterator
from typing import Final

from sunsift.adapters.postgres import quarantine, summary
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.postgres.listing import pages, stream
from sunsift.adapters.postgres.pages import PostgresPages
from sunsift.adapters.rows import (
    HOUSE_COLUMNS,
    PREDICTION_COLUMNS,
    REPORT_COLUMNS,
    to_house,
    to_packet,
    to_prediction,
    to_report_row,
)
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.status import Folded
from sunsift.domain.times import iso_ms
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Quarantined
from sunsift.records import Counts, NotedFeedback, RegionDay, ReportRow, Rescorable, Standing, VerdictCount

# So many houses are looked up at once. Each of their rows is found by its key, however many others there are.
_HOUSES_A_PAGE: Final = 500
_HOUSES = f"SELECT id, {', '.join(HOUSE_COLUMNS)} FROM house ORDER BY house_id"
_NAMES = "SELECT id, house_id FROM house WHERE house_id = coalesce(%(house)s, house_id) ORDER BY house_id"
_COLUMNS = ", ".join(f"p.{column}" for column in PREDICTION_COLUMNS)
_NEWEST = f"""
SELECT k.house, p.* FROM unnest(%b::integer[]) AS k (house) CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM prediction AS p WHERE p.house = k.house AND p.day BETWEEN %s AND %s
    ORDER BY p.day DESC LIMIT 1) AS p
"""
_PREDICTIONS = f"""
SELECT k.house, {_COLUMNS} FROM unnest(%b::integer[]) WITH ORDINALITY AS k (house, place)
JOIN prediction AS p ON p.house = k.house AND p.day BETWEEN %s AND %s ORDER BY k.place, p.day
"""
_DAYS = """
SELECT d.day, d.kind, d.updated_at, d.readings FROM house AS h JOIN day AS d ON d.house = h.id
WHERE h.house_id = %s AND d.day BETWEEN %s AND %s ORDER BY d.day
"""
_REPORTS = f"""
SELECT {REPORT_COLUMNS}
FROM report AS r JOIN house AS h ON h.id = r.house
WHERE h.house_id = coalesce(%(house)s, h.house_id) ORDER BY r.key
"""
_FEEDBACK = """
SELECT h.house_id, f.first_day, f.last_day, f.found, f.note, f.noted_at
FROM feedback AS f JOIN house AS h ON h.id = f.house
WHERE h.house_id = coalesce(%(house)s, h.house_id) ORDER BY h.house_id, f.first_day, f.last_day
"""


class PostgresRecords(PostgresPages):
    """Looks things up; writes nothing."""

    def counts(self) -> Counts:
        """Count everything; more than some million days and predictions are estimated."""
        with self._database.read() as connection:
            return summary.counts(connection)

    def houses(self) -> Iterator[House]:
        """Return all registrations by house_id."""
        with self._database.read() as connection:
            for row in stream(connection, _HOUSES):
                yield to_house(row[1:])

    def standings(self) -> Iterator[Standing]:
        """Return every house with its newest prediction, by house_id."""
        with self._database.read() as connection:
            texts, span = _texts(connection), summary.span(connection)
            for page in pages(connection, _HOUSES, rows=_HOUSES_A_PAGE):
                wanted = ([row[0] for row in page], *span)
                found = connection.execute(_NEWEST, wanted, binary=True)
                newest = {number: to_prediction(row, texts) for number, *row in found}
                for number, *row in page:
                    yield Standing(to_house(row), *newest.get(number, (None, None)))

    def predictions(self, house_id: str | None = None) -> Iterator[tuple[str, Prediction, Folded]]:
        """Return predictions and the status after each, by house_id and day."""
        with self._database.read() as connection:
            texts, span = _texts(connection), summary.span(connection)
            for page in pages(connection, _NAMES, {"house": house_id}, _HOUSES_A_PAGE):
                names = dict(page)
                for number, *row in stream(connection, _PREDICTIONS, (list(names), *span)):
                    yield names[number], *to_prediction(row, texts)

    def days(self, house_id: str, first: int = 0, last: int = 0xFFFF) -> list[Packet]:
        """Return the stored days of one house in a range, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_DAYS, (house_id, first, last), binary=True)
            return [to_packet(house_id, row) for row in rows]

    def region_days(self) -> Iterator[RegionDay]:
        """Return every region day, by region and day."""
        query = "SELECT region, day, opened, profile FROM region_day ORDER BY region, day"
        with self._database.read() as connection:
            for row in stream(connection, query):
                yield RegionDay(*row)

    def reports(self, house_id: str | None = None) -> Iterator[ReportRow]:
        """Return reports by key."""
        with self._database.read() as connection:
            for row in stream(connection, _REPORTS, {"house": house_id}):
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
            return summary.rescorable(connection, since)

    def feedback(self, house_id: str | None = None) -> Iterator[NotedFeedback]:
        """Return feedback of visits by house_id and days."""
        with self._database.read() as connection:
            for name, first, last, found, note, noted_at in stream(
                connection, _FEEDBACK, {"house": house_id}
            ):
                yield NotedFeedback(Feedback(name, first, last, Found(found), note), iso_ms(noted_at))

    def quarantine(self) -> Iterator[Quarantined]:
        """Return quarantined messages by id."""
        with self._database.read() as connection:
            for row in stream(connection, f"{quarantine.SELECT} ORDER BY q.id"):
                yield quarantine.to_message(row)


def _texts(connection: Link) -> dict[int, str]:
    return dict(connection.execute("SELECT id, text FROM word").fetchall())
