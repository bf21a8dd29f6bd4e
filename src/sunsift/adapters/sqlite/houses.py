"""Registrations."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from sunsift.adapters.rows import HOUSE_COLUMNS, to_house
from sunsift.domain.house import House

_SELECT = f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house"
_STORED = (*HOUSE_COLUMNS, "weather_region")
_INSERT = f"INSERT INTO house ({', '.join(_STORED)}) VALUES ({', '.join('?' * len(_STORED))})"
_UPDATE = f"UPDATE house SET {', '.join(f'{c} = ?' for c in _STORED[1:])} WHERE house_id = ?"
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


def find(connection: sqlite3.Connection, house_ids: Iterable[str]) -> dict[str, House]:
    """Return the registered ones of the named houses."""
    rows = connection.execute(
        f"{_SELECT} WHERE house_id IN (SELECT value FROM json_each(?))", (json.dumps(list(house_ids)),)
    )
    return {row[0]: to_house(row) for row in rows}


def register(connection: sqlite3.Connection, houses: Sequence[House], arrived: int) -> tuple[int, int]:
    """Add or change registrations; return how many were added and how many changed."""
    known = find(connection, (h.house_id for h in houses))
    added = changed = 0
    for house in houses:
        values = [getattr(house, column) for column in _STORED]
        before = known.get(house.house_id)
        if before is None:
            number = connection.execute(_INSERT, values).lastrowid
            connection.execute("INSERT INTO standing (house) VALUES (?)", (number,))
            added += 1
        elif before != house:
            connection.execute(_UPDATE, [*values[1:], house.house_id])
            connection.execute(_MARK_ALL, (arrived, house.house_id))
            connection.execute(_FORGET_EVIDENCE, (house.house_id,))
            connection.execute(_OPEN_ALL, (arrived, house.house_id))
            changed += 1
        known[house.house_id] = house
    return added, changed
