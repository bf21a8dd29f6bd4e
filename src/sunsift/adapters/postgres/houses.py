"""Registrations."""

from collections.abc import Iterable, Sequence
from typing import Final

from sunsift.adapters.postgres import progress
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.rows import HOUSE_COLUMNS, to_house
from sunsift.domain.house import House

_TEXTS: Final = ("house_id", "region", "weather_region")
_STORED: Final = (*HOUSE_COLUMNS, "weather_region")
_TYPES: Final = {
    column: "text" if column in _TEXTS else "boolean" if column == "battery" else "double precision"
    for column in _STORED
}
_GIVEN: Final = (
    f"unnest({', '.join(f'%b::{kind}[]' for kind in _TYPES.values())}) AS given ({', '.join(_STORED)})"
)
_SELECT = f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house WHERE house_id = ANY (%b::text[])"
# Sorted, so that two processes that register the same new houses do not wait for each other crosswise.
_INSERT = f"""
WITH added AS (
    INSERT INTO house ({", ".join(_STORED)}) SELECT * FROM {_GIVEN} ON CONFLICT (house_id) DO NOTHING
    RETURNING id, house_id),
started AS (INSERT INTO progress (house) SELECT id FROM added),
placed AS (INSERT INTO standing (house) SELECT id FROM added)
SELECT house_id FROM added
"""
_UPDATE = f"""
UPDATE house AS h SET {", ".join(f"{c} = given.{c}" for c in _STORED[1:])} FROM {_GIVEN}
WHERE h.house_id = given.house_id
"""
# The digest of every period includes the registration, so all of the house's days count as changed.
_MARK_ALL = """
UPDATE progress AS p SET generation = generation + 1, arrived = greatest(%s, arrived + 1),
    changed_from = first, changed_to = last
FROM (SELECT house, min(day) AS first, max(day) AS last FROM day
      WHERE house = ANY (%b::integer[]) GROUP BY house) AS had
WHERE p.house = had.house
"""
_FORGET_EVIDENCE = "DELETE FROM evidence WHERE house = ANY (%b::integer[])"
# Days that the new region never had; those that it has stay as they are, open or closed.
_OPEN_ALL = """
INSERT INTO region_day (region, day, opened)
SELECT h.weather_region, d.day, %s FROM house AS h JOIN day AS d ON d.house = h.id
WHERE h.id = ANY (%b::integer[]) AND NOT EXISTS (
    SELECT FROM region_day AS r WHERE r.region = h.weather_region AND r.day = d.day)
GROUP BY h.weather_region, d.day ORDER BY h.weather_region COLLATE "C", d.day
ON CONFLICT DO NOTHING
"""


def find(connection: Link, house_ids: Iterable[str]) -> dict[str, House]:
    """Return the registered ones of the named houses."""
    wanted = set(house_ids)
    rows = connection.execute(_SELECT, (list(wanted),), binary=True)
    # A name that cannot be stored is looked up as what it is shown as, which is another name.
    return {row[0]: to_house(row) for row in rows if row[0] in wanted}


def register(connection: Link, houses: Sequence[House], arrived: int) -> tuple[int, int]:
    """Add or change registrations; return how many were added and how many changed."""
    asked = list(houses)
    known = find(connection, {h.house_id for h in asked})
    new = _insert(connection, {h.house_id: h for h in asked if h.house_id not in known})
    # Whatever is to change is looked at again under its lock. The rest is left alone: it is right already.
    doubtful = {h.house_id for h in asked if known.get(h.house_id) != h} - new
    locked = progress.lock(connection, doubtful)
    if doubtful:
        known.update(find(connection, doubtful))
    changes: dict[str, House] = {}
    added = changed = 0
    for house in asked:
        before = known.get(house.house_id)
        if before is None:
            added += 1
        elif before != house:
            changed += 1
            changes[house.house_id] = house
        known[house.house_id] = house
    changes = {house_id: house for house_id, house in changes.items() if house_id in locked}
    _change(connection, changes, [locked[house_id] for house_id in changes], arrived)
    return added, changed


def _insert(connection: Link, houses: dict[str, House]) -> set[str]:
    if not houses:
        return set()
    rows = connection.execute(_INSERT, _columns([houses[house_id] for house_id in sorted(houses)]))
    return {house_id for (house_id,) in rows}


def _change(connection: Link, houses: dict[str, House], numbers: list[int], arrived: int) -> None:
    if not houses:
        return
    connection.execute(_UPDATE, _columns(list(houses.values())))
    connection.execute(_MARK_ALL, (arrived, numbers))
    connection.execute(_FORGET_EVIDENCE, (numbers,))
    connection.execute(_OPEN_ALL, (arrived, numbers))


def _columns(houses: Sequence[House]) -> list[list[object]]:
    """Return the stored values, a list for each column."""
    return [
        [float(value) if kind == "double precision" and value is not None else value for value in values]
        for column, kind in _TYPES.items()
        for values in [[getattr(house, column) for house in houses]]
    ]
