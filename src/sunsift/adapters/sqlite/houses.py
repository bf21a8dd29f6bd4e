"""Registrations."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from sunsift.adapters.registrations import Word, weigh
from sunsift.adapters.rows import HOUSE_COLUMNS, to_house
from sunsift.domain.house import House
from sunsift.parcels import Registered

_SELECT = f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house"
_SELECT_WORDS = (
    f"SELECT {', '.join(HOUSE_COLUMNS)}, said_at FROM house "
    "WHERE house_id IN (SELECT value FROM json_each(?))"
)
_STORED = (*HOUSE_COLUMNS, "weather_region", "said_at")
_INSERT = f"INSERT INTO house ({', '.join(_STORED)}) VALUES ({', '.join('?' * len(_STORED))})"
_UPDATE = f"UPDATE house SET {', '.join(f'{c} = ?' for c in _STORED[1:])} WHERE house_id = ?"
_CONFIRM = "UPDATE house SET said_at = ? WHERE house_id = ?"
_FORGET_EVIDENCE = "DELETE FROM evidence WHERE house = (SELECT id FROM house WHERE house_id = ?)"
# Days that the new region never had; those that it has stay as they are, open or closed.
_OPEN_ALL = """
INSERT INTO region_day (region, day, opened)
SELECT weather_region, day, ? FROM house JOIN day ON house = id WHERE house_id = ? ON CONFLICT DO NOTHING
"""
# The digest of every period includes the registration, so all of the house's days count as changed.
_MARK_ALL = """
UPDATE progress SET generation = generation + 1, arrived = max(?, arrived + 1),
    changed_from = (SELECT min(day) FROM day WHERE day.house = progress.house),
    changed_to = (SELECT max(day) FROM day WHERE day.house = progress.house)
WHERE house = (SELECT id FROM house WHERE house_id = ?)
"""
_UNSETTLED = """
SELECT h.house_id, p.arrived FROM house AS h JOIN progress AS p ON p.house = h.id
WHERE h.house_id IN (SELECT value FROM json_each(?)) AND p.generation > p.settled
"""


def find(connection: sqlite3.Connection, house_ids: Iterable[str]) -> dict[str, House]:
    """Return the registered ones of the named houses."""
    rows = connection.execute(
        f"{_SELECT} WHERE house_id IN (SELECT value FROM json_each(?))", (json.dumps(list(house_ids)),)
    )
    return {row[0]: to_house(row) for row in rows}


def register(
    connection: sqlite3.Connection,
    houses: Sequence[House],
    said_at: Sequence[int] | None,
    now: int,
    arrived: int,
) -> Registered:
    """Add or change registrations. now: wall time [microseconds]. arrived: steady time [ms]."""
    named = {h.house_id for h in houses}
    weighed = weigh(houses, said_at, now, _words(connection, named))
    for word in weighed.new.values():
        number = connection.execute(_INSERT, _row(word)).lastrowid
        connection.execute("INSERT INTO standing (house) VALUES (?)", (number,))
    for house_id, word in weighed.changed.items():
        connection.execute(_UPDATE, [*_row(word)[1:], house_id])
        connection.execute(_MARK_ALL, (arrived, house_id))
        connection.execute(_FORGET_EVIDENCE, (house_id,))
        connection.execute(_OPEN_ALL, (arrived, house_id))
    connection.executemany(_CONFIRM, [(word.said_at, name) for name, word in weighed.confirmed.items()])
    rows = connection.execute(_UNSETTLED, (json.dumps(list(named)),))
    return Registered(weighed.additions, weighed.changes, weighed.superseded, dict(rows.fetchall()))


def _words(connection: sqlite3.Connection, house_ids: Iterable[str]) -> dict[str, Word]:
    """Return what holds of the named houses."""
    rows = connection.execute(_SELECT_WORDS, (json.dumps(list(house_ids)),))
    return {row[0]: Word(to_house(row[:-1]), row[-1]) for row in rows}


def _row(word: Word) -> list[object]:
    """Return the values of `_STORED`."""
    return [*(getattr(word.house, column) for column in _STORED[:-1]), word.said_at]
