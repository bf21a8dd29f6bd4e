"""The row of each house that every writer locks first."""

from collections.abc import Iterable
from dataclasses import dataclass

from sunsift.adapters.postgres.database import Link

# Sorted before it is locked: two writers that share houses meet at the first of them, never crosswise.
# Who had to wait is given what the other left.
_LOCK = """
SELECT h.house_id, p.house, p.generation, p.settled, p.fence, p.arrived
FROM house AS h JOIN progress AS p ON p.house = h.id
WHERE h.house_id = ANY (%b::text[]) ORDER BY p.house FOR UPDATE OF p
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a house is; see schema.sql. number: of its row."""

    number: int
    generation: int
    settled: int
    fence: int
    arrived: int


def lock(connection: Link, house_ids: Iterable[str]) -> dict[str, Progress]:
    """Lock houses until the transaction ends; return the registered ones.

    What decides has to be read after this, in a statement of its own: only then it is what the writers
    before left.
    """
    wanted = sorted(set(house_ids))
    if not wanted:
        return {}
    return {row[0]: Progress(*row[1:]) for row in connection.execute(_LOCK, (wanted,))}
