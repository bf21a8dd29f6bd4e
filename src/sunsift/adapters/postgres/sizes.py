"""How much room the tables take."""

from dataclasses import dataclass
from typing import Any, Final

import psycopg

from sunsift.adapters.postgres.roles import TABLES
from sunsift.adapters.postgres.summary import about

_SIZES: Final = """
SELECT t.name, sum(greatest(c.reltuples, 0))::bigint, sum(pg_table_size(c.oid))::bigint,
    sum(pg_indexes_size(c.oid))::bigint
FROM unnest(%s::text[]) WITH ORDINALITY AS t (name, place)
JOIN pg_class AS c ON c.oid = t.name::regclass AND c.relkind = 'r'
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = t.name::regclass)
GROUP BY t.name, t.place ORDER BY t.place
"""


@dataclass(frozen=True, slots=True)
class Size:
    """The room that one table takes, with all of its partitions.

    rows: as of the server's last look (VACUUM, ANALYZE). table_bytes: with what is kept beside it (TOAST,
    maps of free room).
    """

    table: str
    rows: int
    table_bytes: int
    index_bytes: int

    @property
    def bytes(self) -> int:
        """Of the table and its indexes together."""
        return self.table_bytes + self.index_bytes


def sizes(connection: psycopg.Connection[tuple[Any, ...]]) -> list[Size]:
    """Return the size of every table."""
    return [Size(*row) for row in connection.execute(_SIZES, (list(TABLES),))]


def house_days(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
    """Return how many days of houses are stored; many are estimated."""
    return about(connection, "day")
