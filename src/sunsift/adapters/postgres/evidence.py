"""Evidence in blocks of 32 days: for each day its place in the block, one byte, and then its row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sunsift.adapters.postgres.database import Link
from sunsift.domain.evidence import LAYOUT, WIDTH, is_current

DAYS: Final = 32
_SIZE: Final = 1 + WIDTH
Block = tuple[int, int]
"""Number of a house, and day // 32."""

_BLOCKS = """
SELECT e.house, e.block, e.days FROM unnest(%b::integer[], %b::integer[]) AS k (house, block)
JOIN evidence AS e ON e.house = k.house AND e.block = k.block
"""
_OF_HOUSES = """
SELECT e.house, e.block, e.days
FROM unnest(%b::integer[], %b::integer[], %b::integer[]) AS k (house, first, last)
JOIN evidence AS e ON e.house = k.house AND e.block BETWEEN k.first AND k.last
"""
_UPSERT = """
INSERT INTO evidence (house, block, days) SELECT * FROM unnest(%b::integer[], %b::integer[], %b::bytea[])
ON CONFLICT (house, block) DO UPDATE SET days = excluded.days
"""
# The rows lie by place, so those before a place are the beginning of the block.
_CUT = f"""
UPDATE evidence SET days = substr(days, 1, {_SIZE} * (
    SELECT count(*)::integer FROM generate_series(0, length(days) - 1, {_SIZE}) AS at
    WHERE get_byte(days, at) < %s))
WHERE block = %s AND house = ANY (%b::integer[])
"""
_DROP = "DELETE FROM evidence WHERE block > %s AND house = ANY (%b::integer[])"


def pack(rows: Mapping[int, bytes]) -> bytes:
    """Pack rows of one block by day. Rows of another layout are left out: they are measured again anyway."""
    return b"".join(bytes((day % DAYS,)) + row for day, row in sorted(rows.items()) if is_current(row))


def unpack(block: int, days: bytes) -> Iterator[tuple[int, bytes]]:
    """Return (day, row) of a block, oldest first; nothing if it is of another layout.

    All rows of a block have one layout, since only rows of the present one are ever written.
    """
    if len(days) % _SIZE or days[1:2] != bytes((LAYOUT,)):
        return
    for at in range(0, len(days), _SIZE):
        yield block * DAYS + days[at], days[at + 1 : at + _SIZE]


def read(connection: Link, wanted: Mapping[int, tuple[int, int]]) -> dict[int, list[tuple[int, bytes]]]:
    """Return (day, row) of each house, oldest first. wanted: first and last day by number of the house."""
    houses = list(wanted)
    first, last = ([wanted[house][which] // DAYS for house in houses] for which in (0, 1))
    found: dict[int, list[tuple[int, bytes]]] = {house: [] for house in houses}
    blocks = connection.execute(_OF_HOUSES, (houses, first, last), binary=True).fetchall()
    for house, block, days in sorted(blocks):
        begin, end = wanted[house]
        found[house].extend((day, row) for day, row in unpack(block, days) if begin <= day <= end)
    return found


def add(connection: Link, measured: Iterable[tuple[int, int, bytes]]) -> None:
    """Store rows beside those that are there. measured: number of the house, day, row."""
    new: dict[Block, dict[int, bytes]] = {}
    for house, day, row in measured:
        new.setdefault((house, day // DAYS), {})[day] = row
    if new:
        blocks = _read_blocks(connection, sorted(new))
        _write(connection, {key: blocks.get(key, {}) | rows for key, rows in sorted(new.items())})


def take_away(connection: Link, days: Sequence[tuple[int, int]]) -> None:
    """Forget the evidence of days. days: number of the house, day."""
    if not days:
        return
    blocks = _read_blocks(connection, sorted({(house, day // DAYS) for house, day in days}))
    changed = {}
    for house, day in days:
        key = (house, day // DAYS)
        if blocks.get(key, {}).pop(day, None) is not None:
            changed[key] = blocks[key]
    if changed:
        _write(connection, changed)


def forget_from(connection: Link, houses: Sequence[int], since: int) -> None:
    """Forget the evidence of houses from the day `since` on."""
    numbers = list(houses)
    connection.execute(_DROP, (since // DAYS, numbers))
    connection.execute(_CUT, (since % DAYS, since // DAYS, numbers))


def _read_blocks(connection: Link, keys: Sequence[Block]) -> dict[Block, dict[int, bytes]]:
    houses, numbers = [house for house, _ in keys], [block for _, block in keys]
    found = connection.execute(_BLOCKS, (houses, numbers), binary=True)
    return {(house, block): dict(unpack(block, days)) for house, block, days in found}


def _write(connection: Link, blocks: Mapping[Block, Mapping[int, bytes]]) -> None:
    houses, numbers = [house for house, _ in blocks], [block for _, block in blocks]
    connection.execute(_UPSERT, (houses, numbers, [pack(rows) for rows in blocks.values()]))
