"""What predict reads of a house and writes back, fenced."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from sunsift.adapters.codec import STATUSES
from sunsift.adapters.rows import (
    HOUSE_COLUMNS,
    prediction_row,
    standing_columns,
    texts_of,
    to_change,
    to_house,
)
from sunsift.adapters.sqlite import regions, reports
from sunsift.adapters.sqlite.packets import read_days
from sunsift.adapters.sqlite.standings import PLACE
from sunsift.domain.evidence import is_current
from sunsift.domain.status import Folded, Opinion
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Outcome, StoredPrediction, Work

_HOUSE = f"SELECT id, {', '.join(HOUSE_COLUMNS)} FROM house WHERE house_id = ?"
_OPEN = """
UPDATE progress SET fence = fence + 1 WHERE house = ? AND generation > settled
RETURNING fence, generation, arrived, changed_from, changed_to, trace
"""
_PREDICTED = "SELECT day, input_digest, p_poor, verdict, average, status, since, came_from FROM prediction"
_EVIDENCE = "SELECT day, row FROM evidence WHERE house = ? AND day BETWEEN ? AND ? ORDER BY day"
_BEFORE = f"{_PREDICTED} WHERE house = ? AND day < ? ORDER BY day DESC LIMIT ?"
_FROM = f"{_PREDICTED} WHERE house = ? AND day >= ? ORDER BY day"
# A work that was committed already is no longer anybody's. Any packet since the opening, even one that
# changes nothing, moved `arrived`: the house is not quiet any more.
_STILL_MINE = """
SELECT 1 FROM progress
WHERE house = ? AND fence = ? AND generation = ? AND generation > settled AND arrived = ?
"""
_WRITE = f"INSERT OR REPLACE INTO prediction VALUES ({', '.join('?' * 15)})"
_MEASURED = "INSERT OR REPLACE INTO evidence (house, day, row) VALUES (?, ?, ?)"
_RESTAND = (
    "UPDATE prediction SET average = ?, status = ?, since = ?, came_from = ? WHERE house = ? AND day = ?"
)


def open_house(
    connection: sqlite3.Connection, house_id: str, history_days: int, fold_predictions: int
) -> Work | None:
    """Read what predict needs of one house and void every earlier opening; None if nothing changed."""
    row = connection.execute(_HOUSE, (house_id,)).fetchone()
    if row is None:
        return None
    number, house = row[0], to_house(row[1:])
    opened = connection.execute(_OPEN, (number,)).fetchone()
    if opened is None:
        return None
    fence, generation, arrived, changed_from, changed_to, trace = opened
    first, last = changed_from - (history_days - 1), changed_to + history_days - 1
    rows = connection.execute(_EVIDENCE, (number, first, last))
    evidence = [(day, row) for day, row in rows if is_current(row)]
    measured = [day for day, _ in evidence]
    packets = read_days(connection, number, house_id, first, last, without=measured)
    days = [packet.day for packet in packets]
    profiles, awaits = regions.known(connection, house.weather_region, days)
    before = connection.execute(_BEFORE, (number, changed_from, fold_predictions)).fetchall()
    after = connection.execute(_FROM, (number, changed_from)).fetchall()
    return Work(
        house=house,
        fence=fence,
        generation=generation,
        arrived=arrived,
        changed_from=changed_from,
        changed_to=changed_to,
        evidence=evidence,
        packets=packets,
        profiles=profiles,
        awaits=awaits,
        predictions=[_stored(r) for r in [*reversed(before), *after]],
        reported=reports.newest(connection, number),
        trace=trace,
    )


def _stored(row: Sequence[Any]) -> StoredPrediction:
    day, digest, p_poor, verdict, average, status, since, came_from = row
    return StoredPrediction(
        input_digest=digest.hex(),
        opinion=Opinion(p_poor / 10_000, STATUSES[verdict]),
        folded=Folded(day, average / 10_000, to_change(since, status, came_from)),
    )


def commit(connection: sqlite3.Connection, outcome: Outcome, now_ms: int) -> bool:
    """Write one outcome if its work is still valid; say whether it was.

    now_ms: wall time, for people [ms since 1970].
    """
    work = outcome.work
    house_id = work.house.house_id
    row = connection.execute("SELECT id FROM house WHERE house_id = ?", (house_id,)).fetchone()
    if row is None:  # erased meanwhile
        return False
    number = row[0]
    claim = (number, work.fence, work.generation, work.arrived)
    if connection.execute(_STILL_MINE, claim).fetchone() is None:
        return False
    words = _words(connection, outcome.predictions)
    standing = {folded.as_of: folded for folded in outcome.statuses}
    connection.executemany(
        "DELETE FROM prediction WHERE house = ? AND day = ?", [(number, day) for day in outcome.withdrawn]
    )
    connection.executemany(
        _WRITE, [prediction_row(number, p, standing.pop(p.period_end), words) for p in outcome.predictions]
    )
    connection.executemany(
        _RESTAND, [(*standing_columns(folded), number, day) for day, folded in standing.items()]
    )
    connection.executemany(_MEASURED, [(number, day, row) for day, row in outcome.evidence])
    if outcome.report is not None:
        reports.add(connection, number, work, outcome.report, now_ms)
    connection.execute(PLACE, (number,))
    connection.execute("UPDATE progress SET settled = generation WHERE house = ?", (number,))
    return True


def _words(connection: sqlite3.Connection, predictions: Sequence[Prediction]) -> dict[str, int]:
    texts = texts_of(predictions)
    words = dict(connection.execute("SELECT text, id FROM word").fetchall())
    for text in sorted(texts - words.keys()):
        cursor = connection.execute("INSERT INTO word (text) VALUES (?)", (text,))
        assert cursor.lastrowid is not None
        words[text] = cursor.lastrowid
    return words
