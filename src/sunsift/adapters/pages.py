"""Parts of listings that both stores find by the same queries."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sunsift.adapters.cursor import page_of, place_of
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
from sunsift.records import Page, ReportRow, ReportState

_REGISTERED = f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house WHERE house_id > ? ORDER BY house_id LIMIT ?"
_PREDICTIONS = f"""
SELECT {", ".join(PREDICTION_COLUMNS)} FROM prediction
WHERE house = (SELECT id FROM house WHERE house_id = ?) AND day < ? ORDER BY day DESC LIMIT ?
"""
_REPORTS = (
    f"SELECT {REPORT_COLUMNS}, r.seq FROM report AS r JOIN house AS h ON h.id = r.house WHERE r.seq < ?"
)
_IN_STATE = {
    None: "",
    ReportState.WAITING: " AND r.delivered_at IS NULL AND r.given_up_at IS NULL",
    ReportState.DELIVERED: " AND r.delivered_at IS NOT NULL",
    ReportState.GIVEN_UP: " AND r.given_up_at IS NOT NULL",
}
_OF_HOUSE = " AND r.house = (SELECT id FROM house WHERE house_id = ?)"
_NEWEST_FIRST = " ORDER BY r.seq DESC LIMIT ?"
_AFTER_ALL = 2**62
_TEXTS = "SELECT id, text FROM word"


class KeyedPages(ABC):
    """Finds rows by their keys, whatever the store."""

    @abstractmethod
    def _read(self, *asked: tuple[str, Sequence[object]]) -> list[Sequence[Any]]:
        """Return the rows of each query, with `?` for each of its values, all of one unchanging view."""

    def registered(self, after: str | None, limit: int) -> Page[House]:
        """Return registrations by house_id."""
        (last,) = place_of(after, str) if after else ("",)
        (rows,) = self._read((_REGISTERED, (last, limit + 1)))
        return page_of(rows, limit, to_house, lambda row: row[:1])

    def reports_page(
        self, house_id: str | None, state: ReportState | None, after: str | None, limit: int
    ) -> Page[ReportRow]:
        """Return reports, the newest first."""
        (last,) = place_of(after, int) if after else (_AFTER_ALL,)
        query = _REPORTS + _IN_STATE[state] + ("" if house_id is None else _OF_HOUSE) + _NEWEST_FIRST
        values: list[Any] = [last, *([] if house_id is None else [house_id]), limit + 1]
        (rows,) = self._read((query, values))
        return page_of(rows, limit, lambda row: to_report_row(row[:-1]), lambda row: row[-1:])

    def predictions_page(
        self, house_id: str, after: str | None, limit: int
    ) -> Page[tuple[Prediction, Folded]]:
        """Return predictions of one house and the status after each, the newest first."""
        (last,) = place_of(after, int) if after else (_AFTER_ALL,)
        words, rows = self._read((_TEXTS, ()), (_PREDICTIONS, (house_id, last, limit + 1)))
        texts = dict(words)
        return page_of(rows, limit, lambda row: to_prediction(row, texts), lambda row: row[:1])
