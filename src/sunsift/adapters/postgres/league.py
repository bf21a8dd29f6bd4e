"""One page of the league, from the places that are kept beside the predictions."""

from collections.abc import Sequence
from typing import Any

from sunsift.adapters.codec import STATUS_NUMBER
from sunsift.adapters.cursor import page_of, place_of
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.rows import HOUSE_COLUMNS, PREDICTION_COLUMNS, to_house, to_prediction
from sunsift.domain.status import Folded
from sunsift.domain.verdict import Prediction
from sunsift.records import Order, Page, Standing, Wanted

_PLACES = f"""
SELECT s.lost, s.house, s.day, {", ".join(f"h.{c}" for c in HOUSE_COLUMNS)}
FROM standing AS s JOIN house AS h ON h.id = s.house
"""
_COLUMNS = ", ".join(f"p.{column}" for column in PREDICTION_COLUMNS)
# The span of days lets the planner leave out whole years.
_NEWEST = f"""
SELECT k.house, {_COLUMNS} FROM unnest(%b::integer[], %b::integer[]) AS k (house, day)
JOIN prediction AS p ON p.house = k.house AND p.day = k.day AND p.day BETWEEN %s AND %s
"""
# Few matches are found first and then put in order; many are met soon on the way through the order.
_FEW = 2000
_MATCHES = 'strpos(lower(h.house_id), lower(%(search)s::text COLLATE "C")) > 0'
_FIND = f"SELECT h.id FROM house AS h WHERE {_MATCHES} LIMIT {_FEW + 1}"
_ORDERS = {Order.LOSS: "s.lost DESC, s.house", Order.HOUSE: "h.house_id"}


def page(connection: Link, wanted: Wanted, after: str | None, limit: int) -> Page[Standing]:
    """Return one page of the houses that are wanted."""
    conditions, values = _conditions(wanted, after)
    if wanted.search:
        found = [house for (house,) in connection.execute(_FIND, {"search": wanted.search})]
        conditions.append("s.house = ANY (%(found)s::integer[])" if len(found) <= _FEW else _MATCHES)
        values |= {"search": wanted.search, "found": found}
    query = f"{_PLACES} WHERE {' AND '.join(conditions)} ORDER BY {_ORDERS[wanted.order]} LIMIT %(rows)s"
    rows = connection.execute(query, values | {"rows": limit + 1}, binary=True).fetchall()
    newest = _newest(connection, [(row[1], row[2]) for row in rows[:limit] if row[2] is not None])

    def to_standing(row: Sequence[Any]) -> Standing:
        return Standing(to_house(row[3:]), *newest.get(row[1], (None, None)))

    by_name = wanted.order is Order.HOUSE
    return page_of(rows, limit, to_standing, lambda row: row[3:4] if by_name else row[:2])


def _newest(connection: Link, places: Sequence[tuple[int, int]]) -> dict[int, tuple[Prediction, Folded]]:
    if not places:
        return {}
    texts: dict[int, str] = dict(connection.execute("SELECT id, text FROM word").fetchall())
    houses, days = zip(*places, strict=True)
    asked = (list(houses), list(days), min(days), max(days))
    rows = connection.execute(_NEWEST, asked, binary=True)
    return {house: to_prediction(row, texts) for house, *row in rows}


def _conditions(wanted: Wanted, after: str | None) -> tuple[list[str], dict[str, Any]]:
    conditions, values = ["true"], dict[str, Any]()
    if wanted.status is not None:
        conditions.append("s.status = %(status)s")
        values["status"] = STATUS_NUMBER[wanted.status]
    if wanted.region is not None:
        conditions.append("h.weather_region = %(region)s")
        values["region"] = wanted.region
    if after and wanted.order is Order.HOUSE:
        conditions.append("h.house_id > %(name)s")
        (values["name"],) = place_of(after, str)
    elif after:
        # The first part finds the place in the index.
        conditions.append("s.lost <= %(lost)s AND (s.lost < %(lost)s OR s.house > %(house)s)")
        values["lost"], values["house"] = place_of(after, int, int)
    return conditions, values
