"""The row of each house that every writer locks first."""

from collections.abc import Iterable

from sunsift.adapters.postgres.database import Link

# Sorted before it is locked: two writers that share houses meet at the first of them, never crosswise.
_LOCK = """
SELECT h.house_id, p.house FROM house AS h JOIN progress AS p ON p.house = h.id
WHERE h.house_id = ANY (%b::text[]) ORDER BY p.house FOR UPDATE OF p
"""


def lock(connection: Link, house_ids: Iterable[str]) -> dict[str, int]:
    """Lock houses until the transaction ends; return the numbers of the registered ones.

    What decides has to be read after this, in a statement of its own: only then it is what the writers
    before left.
    """
    wanted = sorted(set(house_ids))
    if not wanted:
        return {}
    return dict(connection.execute(_LOCK, (wanted,)).fetchall())
