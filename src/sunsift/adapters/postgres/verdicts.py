"""What predict writes of houses, fenced."""

from collections.abc import Sequence
from itertools import chain

from sunsift.adapters.postgres import evidence, progress, reports, words
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.postgres.progress import Progress
from sunsift.adapters.rows import prediction_row, standing_columns, texts_of
from sunsift.ports import Outcome, Work

_WITHDRAW = """
DELETE FROM prediction AS p USING unnest(%b::integer[], %b::integer[]) AS k (house, day)
WHERE p.house = k.house AND p.day = k.day AND p.day BETWEEN %s AND %s
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
_RESTAND = """
UPDATE prediction AS p SET
    average = s.average, status = s.status, since = s.since, came_from = s.came_from
FROM unnest(%b::integer[], %b::integer[], %b::integer[], %b::smallint[], %b::integer[], %b::smallint[])
    AS s (house, day, average, status, since, came_from)
WHERE p.house = s.house AND p.day = s.day AND p.day BETWEEN %s AND %s
"""
_SETTLE = "UPDATE progress SET settled = generation WHERE house = ANY (%b::integer[])"


def commit(connection: Link, outcomes: Sequence[Outcome], now_ms: int | None) -> list[str]:
    """Write the outcomes whose work is still valid; return the houses of the others.

    now_ms: wall time, for people [ms since 1970]; None for the server's.
    """
    locked = progress.lock(connection, (o.work.house.house_id for o in outcomes))
    valid: list[tuple[int, Outcome]] = []
    refused = []
    for outcome in outcomes:
        house_id = outcome.work.house.house_id
        found = locked.get(house_id)
        if found is not None and _still_mine(outcome.work, found):
            valid.append((found.number, outcome))
            del locked[house_id]  # it is settled now
        else:
            refused.append(house_id)
    if valid:
        _write(connection, valid, now_ms)
    return refused


def _still_mine(work: Work, found: Progress) -> bool:
    # A work that was committed already is no longer anybody's. Any packet since the opening, even one that
    # changes nothing, moved `arrived`: the house is not quiet any more.
    mine = (work.fence, work.generation, work.arrived)
    return found.generation > found.settled and mine == (found.fence, found.generation, found.arrived)


def _write(connection: Link, valid: Sequence[tuple[int, Outcome]], now_ms: int | None) -> None:
    numbers = words.numbers(connection, chain.from_iterable(texts_of(o.predictions) for _, o in valid))
    withdrawn: list[tuple[object, ...]] = []
    predictions: list[tuple[object, ...]] = []
    restood: list[tuple[object, ...]] = []
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
        _execute(connection, _WITHDRAW, withdrawn, ranged=True)
    if predictions:
        _execute(connection, _WRITE, predictions)
    if restood:
        _execute(connection, _RESTAND, restood, ranged=True)
    evidence.add(connection, measured)
    reports.add(connection, [(n, o.work, o.report) for n, o in valid if o.report is not None], now_ms)
    connection.execute(_SETTLE, ([house for house, _ in valid],))


def _execute(
    connection: Link, statement: str, rows: Sequence[Sequence[object]], *, ranged: bool = False
) -> None:
    """Run a statement on the columns of rows. ranged: it wants the first and the last of their days, too."""
    columns: list[object] = [list(column) for column in zip(*rows, strict=True)]
    days = [row[1] for row in rows]
    ends = [min(days), max(days)] if ranged else []  # type: ignore[type-var]
    connection.execute(statement, columns + ends)
