"""One page of the league, from the places that are kept beside the predictions."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from sunsift.adapters.codec import STATUS_NUMBER
from sunsift.adapters.cursor import page_of, place_of
from sunsift.adapters.rows import HOUSE_COLUMNS, PREDICTION_COLUMNS, to_house, to_prediction
from sunsift.records import Order, Page, Standing, Wanted

_PLACES = f"""
SELECT s.lost, s.house, s.day, {", ".join(f"h.{c}" for c in HOUSE_COLUMNS)}
FROM standing AS s JOIN house AS h ON h.id = s.house
"""
_PREDICTION = f"SELECT {', '.join(PREDICTION_COLUMNS)} FROM prediction WHERE house = ? AND day = ?"
_ORDERS = {Order.LOSS: "s.lost DESC, s.house", Order.HOUSE: "h.house_id"}


def page(connection: sqlite3.Connection, wanted: Wanted, after: str | None, limit: int) -> Page[Standing]:
    """Return one page of the houses that are wanted."""
    conditions, values = _conditions(wanted, after)
    query = f"{_PLACES} WHERE {' AND '.join(conditions)} ORDER BY {_ORDERS[wanted.order]} LIMIT :rows"
    rows = connection.execute(query, values | {"rows": limit + 1}).fetchall()
    texts = dict(connection.execute("SELECT id, text FROM word").fetchall())

    def to_standing(row: Sequence[Any]) -> Standing:
        house = to_house(row[3:])
        if row[2] is None:
            return Standing(house, None, None)
        newest = connection.execute(_PREDICTION, row[1:3]).fetchone()
        return Standing(house, *to_prediction(newest, texts))

    by_name = wanted.order is Order.HOUSE
    return page_of(rows, limit, to_standing, lambda row: row[3:4] if by_name else row[:2])


def _conditions(wanted: Wanted, after: str | None) -> tuple[list[str], dict[str, Any]]:
    conditions, values = ["true"], dict[str, Any]()
    if wanted.status is not None:
        conditions.append("s.status = :status")
        values["status"] = STATUS_NUMBER[wanted.status]
    if wanted.region is not None:
        conditions.append("h.weather_region = :region")
        values["region"] = wanted.region
    if wanted.search:
        conditions.append("instr(lower(h.house_id), lower(:search)) > 0")
        values["search"] = wanted.search
    if after and wanted.order is Order.HOUSE:
        conditions.append("h.house_id > :name")
        (values["name"],) = place_of(after, str)
    elif after:
        # The first part finds the place in the index.
        conditions.append("s.lost <= :lost AND (s.lost < :lost OR s.house > :house)")
        values["lost"], values["house"] = place_of(after, int, int)
    return conditions, values
