"""Storing packets: the winning revision of each house and day, and what it changes."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from sunsift.adapters.codec import KIND_NUMBER, compress_all
from sunsift.adapters.rows import pick_winners, to_packet
from sunsift.domain.readings import Packet
from sunsift.parcels import Saved

_OPEN = "INSERT INTO region_day (region, day, opened) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_UPSERT = "INSERT OR REPLACE INTO day (house, day, kind, updated_at, readings) VALUES (?, ?, ?, ?, ?)"
# A settled house starts a new range of changed days; an unsettled one widens its range. Arrivals of a
# house rise strictly, so that the quiet clock can tell a new one from the one that was settled.
_MARK = """
INSERT INTO progress (house, generation, settled, fence, changed_from, changed_to, arrived, trace)
VALUES (?, 1, 0, 0, ?, ?, ?, ?)
ON CONFLICT (house) DO UPDATE SET
    generation = generation + 1,
    changed_from = iif(generation > settled, min(changed_from, excluded.changed_from), excluded.changed_from),
    changed_to = iif(generation > settled, max(changed_to, excluded.changed_to), excluded.changed_to),
    arrived = max(excluded.arrived, arrived + 1),
    trace = excluded.trace
"""
# Any packet says that the house is not quiet yet, even one that changes nothing.
_STIR = "UPDATE progress SET arrived = max(?, arrived + 1) WHERE house = ? AND generation > settled"
# One look for a whole batch: house and day travel as one number, since days fit 16 bits.
_RIVALS = """
SELECT d.house, d.day, d.kind, d.updated_at, d.readings FROM json_each(?) AS j
JOIN day AS d ON d.house = j.value >> 16 AND d.day = j.value & 65535
"""
_READ = """
SELECT day, kind, updated_at, readings FROM day
WHERE house = ? AND day BETWEEN ? AND ? AND day NOT IN (SELECT value FROM json_each(?)) ORDER BY day
"""


def _numbers_of(
    connection: sqlite3.Connection, house_ids: Iterable[str]
) -> tuple[dict[str, int], dict[int, str]]:
    """Return the row numbers of the registered ones of the named houses, and the region of each number."""
    rows = connection.execute(
        "SELECT house_id, id, weather_region FROM house WHERE house_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(house_ids)),),
    ).fetchall()
    return {row[0]: row[1] for row in rows}, {row[1]: row[2] for row in rows}


def save(connection: sqlite3.Connection, packets: Sequence[Packet], arrived: int, trace: str) -> Saved:
    """Store the packets that win, in one pass.

    arrived: steady time [ms]. trace: names this ingest.
    Errors: UnknownHouseError if a house is not registered.
    """
    saved = Saved()
    numbers, regions = _numbers_of(connection, {p.house_id for p in packets})
    stored = _stored_rivals(connection, numbers, packets)
    winners = pick_winners(packets, numbers, stored, saved)
    _write(connection, winners, arrived, trace)
    opened = sorted({(regions[number], day) for number, day in winners})
    connection.executemany(_OPEN, [(region, day, arrived) for region, day in opened])
    connection.executemany(
        "DELETE FROM evidence WHERE house = ? AND day = ?", sorted(winners.keys() & stored.keys())
    )
    touched = {key[0] for key in winners}
    connection.executemany(_STIR, [(arrived, n) for n in numbers.values() if n not in touched])
    saved.arrived = _unsettled_of(connection, numbers.values())
    return saved


def _stored_rivals(
    connection: sqlite3.Connection, numbers: dict[str, int], packets: Sequence[Packet]
) -> dict[tuple[int, int], Packet]:
    """Return what is stored of the packets' houses and days, by house number and day."""
    names = {number: house_id for house_id, number in numbers.items()}
    keys = [(numbers[p.house_id], p.day) for p in packets if p.house_id in numbers]
    rows = connection.execute(_RIVALS, (json.dumps([number << 16 | day for number, day in keys]),))
    return {(number, row[0]): to_packet(names[number], row) for number, *row in rows}


def _write(
    connection: sqlite3.Connection, winners: dict[tuple[int, int], Packet], arrived: int, trace: str
) -> None:
    order = sorted(winners)
    packets = [winners[key] for key in order]
    connection.executemany(
        _UPSERT,
        [
            (*key, KIND_NUMBER[packet.interval_minutes, packet.quality], packet.updated_at, readings)
            for key, packet, readings in zip(order, packets, compress_all(packets), strict=True)
        ],
    )
    changed: dict[int, tuple[int, int]] = {}
    for number, day in order:
        first, _ = changed.get(number, (day, day))
        changed[number] = (first, day)
    connection.executemany(_MARK, [(n, first, last, arrived, trace) for n, (first, last) in changed.items()])


def _unsettled_of(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[str, int]:
    rows = connection.execute(
        "SELECT h.house_id, p.arrived FROM json_each(?) AS j JOIN progress AS p ON p.house = j.value "
        "JOIN house AS h ON h.id = p.house WHERE p.generation > p.settled",
        (json.dumps(list(numbers)),),
    )
    return dict(rows.fetchall())


def unsettled(connection: sqlite3.Connection, limit: int) -> dict[str, int]:
    """Return houses that wait to be settled and when they last arrived, the oldest first."""
    rows = connection.execute(
        "SELECT h.house_id, p.arrived FROM progress AS p JOIN house AS h ON h.id = p.house "
        "WHERE p.generation > p.settled ORDER BY p.arrived LIMIT ?",
        (limit,),
    )
    return dict(rows.fetchall())


def read_days(
    connection: sqlite3.Connection,
    number: int,
    house_id: str,
    first: int,
    last: int,
    without: Collection[int] = (),
) -> list[Packet]:
    """Return the stored days of one house from `first` to `last`, both included, oldest first.

    without: days to leave out.
    """
    wanted = (number, first, last, json.dumps(list(without)))
    return [to_packet(house_id, row) for row in connection.execute(_READ, wanted)]
