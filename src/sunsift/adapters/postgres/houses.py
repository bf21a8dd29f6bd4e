"""Registrations."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from sunsift.adapters.postgres import progress
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.registrations import Word, weigh
from sunsift.adapters.rows import HOUSE_COLUMNS, to_house
from sunsift.domain.house import House
from sunsift.parcels import Registered

_TEXTS: Final = ("house_id", "region", "weather_region")
_STORED: Final = (*HOUSE_COLUMNS, "weather_region")
_TYPES: Final = {
    column: "text" if column in _TEXTS else "boolean" if column == "battery" else "double precision"
    for column in _STORED
} | {"said_at": "bigint"}
_GIVEN: Final = (
    f"unnest({', '.join(f'%b::{kind}[]' for kind in _TYPES.values())}) AS given ({', '.join(_TYPES)})"
)
_SELECT = f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house WHERE house_id = ANY (%b::text[])"
_SELECT_WORDS = f"SELECT {', '.join(HOUSE_COLUMNS)}, said_at FROM house WHERE house_id = ANY (%b::text[])"
_NOW: Final = "SELECT (extract(epoch FROM now()) * 1000000)::bigint"
# Sorted, so that two processes that register the same new houses do not wait for each other crosswise.
_INSERT = f"""
WITH added AS (
    INSERT INTO house ({", ".join(_TYPES)}) SELECT * FROM {_GIVEN} ON CONFLICT (house_id) DO NOTHING
    RETURNING id, house_id),
started AS (INSERT INTO progress (house) SELECT id FROM added),
placed AS (INSERT INTO standing (house) SELECT id FROM added)
SELECT house_id FROM added
"""
_UPDATE = f"""
UPDATE house AS h SET {", ".join(f"{c} = given.{c}" for c in _TYPES if c != "house_id")} FROM {_GIVEN}
WHERE h.house_id = given.house_id
"""
_CONFIRM = """
UPDATE house AS h SET said_at = given.said_at
FROM unnest(%b::text[], %b::bigint[]) AS given (house_id, said_at) WHERE h.house_id = given.house_id
"""
# The digest of every period includes the registration, so all of the house's days count as changed.
_MARK_ALL = """
UPDATE progress AS p SET generation = generation + 1, arrived = greatest(%s, arrived + 1),
    changed_from = first, changed_to = last
FROM (SELECT house, min(day) AS first, max(day) AS last FROM day
      WHERE house = ANY (%b::integer[]) GROUP BY house) AS had
WHERE p.house = had.house
"""
_UNSETTLED = """
SELECT h.house_id, p.arrived FROM progress AS p JOIN house AS h ON h.id = p.house
WHERE h.house_id = ANY (%b::text[]) AND p.generation > p.settled
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


def register(
    connection: Link,
    houses: Sequence[House],
    said_at: Sequence[int] | None,
    now: int | None,
    arrived: int,
) -> Registered:
    """Add or change registrations.

    now: wall time [microseconds]; None for the server's. arrived: steady time [ms].
    """
    asked = list(houses)
    moment = _now(connection) if now is None else now
    named = {h.house_id for h in asked}
    before = _words(connection, named)
    first = weigh(asked, said_at, moment, before)
    inserted = _insert(connection, first.new)
    # Whatever is to change is weighed again under its lock, and so is what somebody else inserted meanwhile.
    doubtful = (first.new.keys() - inserted) | first.changed.keys() | first.confirmed.keys()
    if not doubtful:
        arrivals = _unsettled(connection, named)
        return Registered(first.additions, first.changes, first.superseded, arrivals)
    locked = progress.lock(connection, doubtful)
    sure = weigh(*_only(asked, said_at, lambda name: name not in doubtful), moment, before)
    again = weigh(*_only(asked, said_at, doubtful.__contains__), moment, _words(connection, doubtful))
    _insert(connection, again.new)  # of houses that were removed meanwhile
    connection.execute(_CONFIRM, (list(again.confirmed), [w.said_at for w in again.confirmed.values()]))
    _change(connection, again.changed, [locked[house_id] for house_id in again.changed], arrived)
    return Registered(
        sure.additions + again.additions,
        sure.changes + again.changes,
        sure.superseded + again.superseded,
        _unsettled(connection, named),
    )


def _now(connection: Link) -> int:
    ((now,),) = connection.execute(_NOW).fetchall()
    return int(now)


def _words(connection: Link, house_ids: Collection[str]) -> dict[str, Word]:
    """Return what holds of the named houses."""
    rows = connection.execute(_SELECT_WORDS, (list(house_ids),), binary=True)
    return {row[0]: Word(to_house(row[:-1]), row[-1]) for row in rows if row[0] in house_ids}


def _only(
    houses: Sequence[House], said_at: Sequence[int] | None, wanted: Callable[[str], bool]
) -> tuple[list[House], list[int] | None]:
    """Return the words on the wanted houses."""
    places = [place for place, house in enumerate(houses) if wanted(house.house_id)]
    return [houses[p] for p in places], None if said_at is None else [said_at[p] for p in places]


def _insert(connection: Link, words: Mapping[str, Word]) -> set[str]:
    if not words:
        return set()
    rows = connection.execute(_INSERT, _columns([words[house_id] for house_id in sorted(words)]))
    return {house_id for (house_id,) in rows}


def _change(connection: Link, words: Mapping[str, Word], numbers: list[int], arrived: int) -> None:
    if not words:
        return
    connection.execute(_UPDATE, _columns(list(words.values())))
    connection.execute(_MARK_ALL, (arrived, numbers))
    connection.execute(_FORGET_EVIDENCE, (numbers,))
    connection.execute(_OPEN_ALL, (arrived, numbers))


def _unsettled(connection: Link, house_ids: Collection[str]) -> dict[str, int]:
    """Return when those of the houses arrived last that wait to be settled."""
    return dict(connection.execute(_UNSETTLED, (list(house_ids),)).fetchall())


def _columns(words: Sequence[Word]) -> list[list[object]]:
    """Return the stored values, a list for each column of `_TYPES`."""
    houses = [word.house for word in words]
    columns: list[list[object]] = [
        [float(value) if kind == "double precision" and value is not None else value for value in values]
        for column, kind in _TYPES.items()
        if column != "said_at"
        for values in [[getattr(house, column) for house in houses]]
    ]
    return [*columns, [word.said_at for word in words]]
