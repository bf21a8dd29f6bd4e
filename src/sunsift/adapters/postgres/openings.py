"""What predict reads of houses when it opens them, for all of them at once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sunsift.adapters.codec import STATUSES
from sunsift.adapters.postgres import evidence, regions
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.rows import HOUSE_COLUMNS, to_change, to_house, to_packet
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.status import Change, Folded, Opinion
from sunsift.parcels import StoredPrediction, Work

_OPEN = """
WITH mine AS MATERIALIZED (
    SELECT p.house FROM house AS h JOIN progress AS p ON p.house = h.id
    WHERE h.house_id = ANY (%b::text[]) AND p.generation > p.settled ORDER BY p.house FOR UPDATE OF p)
UPDATE progress AS p SET fence = fence + 1 FROM mine WHERE p.house = mine.house
RETURNING p.house, p.fence, p.generation, p.settled, p.arrived, p.changed_from, p.changed_to, p.trace
"""
_HOUSES = f"""
SELECT h.id, r.as_of, r.status, r.previous, {", ".join(f"h.{c}" for c in HOUSE_COLUMNS)} FROM house AS h
LEFT JOIN LATERAL (
    SELECT as_of, status, previous FROM report WHERE house = h.id ORDER BY seq DESC LIMIT 1) AS r ON true
WHERE h.id = ANY (%b::integer[])
"""
# The range of days besides each gap lets the planner leave out whole years.
_DAYS = """
SELECT d.house, d.day, d.kind, d.updated_at, d.readings
FROM unnest(%b::integer[], %b::integer[], %b::integer[]) AS gap (house, first, last)
JOIN day AS d ON d.house = gap.house AND d.day BETWEEN gap.first AND gap.last AND d.day BETWEEN %s AND %s
ORDER BY d.house, d.day
"""
_PREDICTED = "p.house, p.day, p.input_digest, p.p_poor, p.verdict, p.average, p.status, p.since, p.came_from"
_BEFORE = f"""
SELECT {_PREDICTED} FROM unnest(%(houses)s::integer[], %(changed_from)s::integer[]) AS k (house, changed_from)
CROSS JOIN LATERAL (
    SELECT * FROM prediction AS b
    WHERE b.house = k.house AND b.day < k.changed_from AND b.day BETWEEN %(near)s AND %(latest)s
    ORDER BY b.day DESC LIMIT %(fold)s
) AS p
"""
_FROM = f"""
SELECT {_PREDICTED} FROM unnest(%(houses)s::integer[], %(changed_from)s::integer[]) AS k (house, changed_from)
JOIN prediction AS p ON p.house = k.house AND p.day >= k.changed_from AND p.day >= %(earliest)s
"""
# Ten predictions before a change lie within so many days, unless the house is new or was silent for long.
_NEAR_DAYS: Final = 180
_LONG_AGO: Final = -(1 << 31)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A house that is open now: what its row of `progress` says."""

    number: int
    fence: int
    generation: int
    settled: int
    arrived: int
    changed_from: int
    changed_to: int
    trace: str


def open_houses(
    connection: Link, house_ids: Sequence[str], history_days: int, fold_predictions: int
) -> list[Work]:
    """Read what predict needs of houses and void every earlier opening; leave out what did not change."""
    rows = connection.execute(_OPEN, (sorted(set(house_ids)),)).fetchall()
    opened = {row[0]: _Opened(*row) for row in rows}
    if not opened:
        return []
    houses, reported = _houses(connection, opened)
    seen = {
        o.number: (o.changed_from - (history_days - 1), o.changed_to + history_days - 1)
        for o in opened.values()
    }
    measured = evidence.read(connection, seen)
    packets = _unmeasured(connection, houses, seen, measured)
    region_days = regions.known(
        connection, {(houses[n].weather_region, p.day) for n in packets for p in packets[n]}
    )
    predictions = _predictions(connection, opened, fold_predictions)
    works = {}
    for number, found in opened.items():
        house = houses[number]
        known = {p.day: region_days.get((house.weather_region, p.day)) for p in packets[number]}
        works[house.house_id] = Work(
            house=house,
            fence=found.fence,
            generation=found.generation,
            arrived=found.arrived,
            changed_from=found.changed_from,
            changed_to=found.changed_to,
            evidence=measured[number],
            packets=packets[number],
            profiles={day: entry[0] for day, entry in known.items() if entry and entry[0] is not None},
            awaits=max((e[1] for e in known.values() if e and e[0] is None), default=None),
            predictions=predictions[number],
            reported=reported.get(number),
            trace=found.trace,
        )
    return [works[house_id] for house_id in dict.fromkeys(house_ids) if house_id in works]


def _houses(connection: Link, numbers: Mapping[int, object]) -> tuple[dict[int, House], dict[int, Change]]:
    """Return registrations as they are now, and the change that the newest report of each house tells of.

    While a house is locked, nobody changes either.
    """
    rows = connection.execute(_HOUSES, (list(numbers),), binary=True).fetchall()
    told = {row[0]: to_change(*row[1:4]) for row in rows}
    return {row[0]: to_house(row[4:]) for row in rows}, {n: change for n, change in told.items() if change}


def _unmeasured(
    connection: Link,
    houses: Mapping[int, House],
    seen: Mapping[int, tuple[int, int]],
    measured: Mapping[int, Sequence[tuple[int, bytes]]],
) -> dict[int, list[Packet]]:
    """Return the packets of each house, oldest first, of the days in `seen` that are not measured."""
    gaps = [
        (number, *gap)
        for number, (first, last) in seen.items()
        for gap in _gaps(first, last, [day for day, _ in measured[number]])
    ]
    found: dict[int, list[Packet]] = {number: [] for number in seen}
    if gaps:
        columns = [list(column) for column in zip(*gaps, strict=True)]
        ends = (min(columns[1]), max(columns[2]))
        for row in connection.execute(_DAYS, (*columns, *ends), binary=True).fetchall():
            found[row[0]].append(to_packet(houses[row[0]].house_id, row[1:]))
    return found


def _gaps(first: int, last: int, days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return the stretches from `first` to `last` that hold none of the days; days: oldest first."""
    for day in days:
        if day > first:
            yield first, day - 1
        first = day + 1
    if first <= last:
        yield first, last


def _predictions(
    connection: Link, opened: Mapping[int, _Opened], fold_predictions: int
) -> dict[int, list[StoredPrediction]]:
    found: dict[int, list[StoredPrediction]] = {number: [] for number in opened}
    # What was never settled was never predicted: there is no use in looking through all years for it.
    changed_from = {o.number: o.changed_from for o in opened.values() if o.settled}
    if not changed_from:
        return found
    earliest = min(changed_from.values())

    def read(statement: str, houses: Sequence[int], near: int) -> list[tuple[Any, ...]]:
        days = [changed_from[number] for number in houses]
        latest = max(days)
        wanted = {"houses": houses, "changed_from": days, "fold": fold_predictions}
        wanted |= {"near": near, "latest": latest, "earliest": earliest}
        return connection.execute(statement, wanted, binary=True).fetchall()

    rows = read(f"{_BEFORE} UNION ALL {_FROM}", list(changed_from), earliest - _NEAR_DAYS)
    near = Counter(row[0] for row in rows if row[1] < changed_from[row[0]])
    if short := [number for number in changed_from if near[number] < fold_predictions]:
        rows = [row for row in rows if row[0] not in set(short) or row[1] >= changed_from[row[0]]]
        rows += read(_BEFORE, short, _LONG_AGO)
    for row in sorted(rows):
        found[row[0]].append(_stored(row[1:]))
    return found


def _stored(row: Sequence[Any]) -> StoredPrediction:
    day, digest, p_poor, verdict, average, status, since, came_from = row
    return StoredPrediction(
        input_digest=digest.hex(),
        opinion=Opinion(p_poor / 10_000, STATUSES[verdict]),
        folded=Folded(day, average / 10_000, to_change(since, status, came_from)),
    )
