"""What predict writes of houses, fenced."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sunsift.adapters.postgres import evidence, reports, words
from sunsift.adapters.postgres.columns import column
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.rows import prediction_row, standing_columns, texts_of
from sunsift.parcels import Outcome

_WITHDRAW = """
DELETE FROM prediction AS p USING unnest(%b::integer[], %b::integer[]) AS k (house, day)
WHERE p.house = k.house AND p.day = k.day AND p.day BETWEEN %s AND %s
"""
# The rows of progress are locked, so nobody else places these houses now.
_PLACE = """
UPDATE standing AS s SET day = n.day, lost = coalesce(n.lost, -1), status = coalesce(n.status, 0)
FROM unnest(%b::integer[]) AS k (house) LEFT JOIN LATERAL (
    SELECT p.day, p.lost, p.status FROM prediction AS p WHERE p.house = k.house ORDER BY p.day DESC LIMIT 1
) AS n ON true
WHERE s.house = k.house
"""
_COLUMNS = {
    "house": "integer", "day": "integer", "usable_days": "smallint", "p_poor": "smallint",
    "performance": "integer", "performance_se": "integer", "lost": "integer", "verdict": "smallint",
    "reasons": "bytea", "model": "integer", "input_digest": "bytea", "average": "integer",
    "status": "smallint", "since": "integer", "came_from": "smallint",
}  # fmt: skip
_WRITE = f"""
INSERT INTO prediction ({", ".join(_COLUMNS)})
SELECT * FROM unnest({", ".join(f"%b::{kind}[]" for kind in _COLUMNS.values())})
ON CONFLICT (house, day) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in list(_COLUMNS)[2:])}
"""
_RESTOOD = ("house", "day", "average", "status", "since", "came_from")
_RESTAND = f"""
UPDATE prediction AS p SET
    average = s.average, status = s.status, since = s.since, came_from = s.came_from
FROM unnest({", ".join(f"%b::{_COLUMNS[c]}[]" for c in _RESTOOD)}) AS s ({", ".join(_RESTOOD)})
WHERE p.house = s.house AND p.day = s.day AND p.day BETWEEN %s AND %s
"""
# Any packet since the opening, even one that changes nothing, moved `arrived`: the house is not quiet any
# more. A work that was committed already is no longer anybody's. Who has to wait for a lock decides on what
# the other left; sorted, two writers that share houses meet at the first of them, never crosswise.
_SETTLE = """
WITH mine AS MATERIALIZED (
    SELECT p.house, k.place
    FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[])
        WITH ORDINALITY AS k (house_id, fence, generation, arrived, place)
    JOIN house AS h ON h.house_id = k.house_id JOIN progress AS p ON p.house = h.id
    WHERE (p.fence, p.generation, p.arrived) = (k.fence, k.generation, k.arrived) AND p.generation > p.settled
    ORDER BY p.house FOR UPDATE OF p)
UPDATE progress AS p SET settled = generation FROM mine WHERE p.house = mine.house
RETURNING mine.place, p.house
"""


def commit(connection: Link, outcomes: Sequence[Outcome], now_ms: int | None) -> list[str]:
    """Write the outcomes whose work is still valid; return the houses of the others.

    now_ms: wall time, for people [ms since 1970]; None for the server's.
    """
    works = [outcome.work for outcome in outcomes]
    given = [(w.house.house_id, w.fence, w.generation, w.arrived) for w in works]
    if not given:
        return []
    columns = [list(part) for part in zip(*given, strict=True)]
    settled = {place - 1: house for place, house in connection.execute(_SETTLE, columns)}
    if settled:
        _write(connection, [(house, outcomes[place]) for place, house in sorted(settled.items())], now_ms)
    return [work.house.house_id for place, work in enumerate(works) if place not in settled]


def _write(connection: Link, valid: Sequence[tuple[int, Outcome]], now_ms: int | None) -> None:
    numbers = words.numbers(connection, chain.from_iterable(texts_of(o.predictions) for _, o in valid))
    withdrawn: list[tuple[int, int]] = []
    predictions: list[tuple[object, ...]] = []
    restood: list[tuple[Any, ...]] = []
    measured: list[tuple[int, int, bytes]] = []
    for house, outcome in valid:
        withdrawn += [(house, day) for day in outcome.withdrawn]
        standing = {folded.as_of: folded for folded in outcome.statuses}
        predictions += [
            prediction_row(house, p, standing.pop(p.period_end), numbers) for p in outcome.predictions
        ]
        restood += [(house, day, *standing_columns(folded)) for day, folded in standing.items()]
        measured += [(house, day, row) for day, row in outcome.evidence]
    if withdrawn:
        connection.execute(_WITHDRAW, (*_columns(withdrawn, ("house", "day")), *_ends(withdrawn)))
    if predictions:
        connection.execute(_WRITE, _columns(predictions, _COLUMNS))
    if restood:
        connection.execute(_RESTAND, (*_columns(restood, _RESTOOD), *_ends(restood)))
    if withdrawn or predictions or restood:
        connection.execute(_PLACE, (column([house for house, _ in valid], "integer"),))
    evidence.add(connection, measured)
    reports.add(connection, [(n, o.work, o.report) for n, o in valid if o.report is not None], now_ms)


def _columns(rows: Sequence[Sequence[object]], names: Iterable[str]) -> list[object]:
    """Return the columns of rows, to be passed to a statement."""
    return [
        column(values, _COLUMNS[name]) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    ]


def _ends(rows: Sequence[tuple[Any, ...]]) -> tuple[int, int]:
    """Return the first and the last day of rows, so that the planner can leave out whole years."""
    days = [row[1] for row in rows]
    return min(days), max(days)
