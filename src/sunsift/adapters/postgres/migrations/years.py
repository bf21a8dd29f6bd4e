"""Yearly partitions of the two large tables."""

from collections.abc import Iterator
from datetime import date
from typing import Final

TABLES: Final = ("day", "prediction")
FIRST_YEAR: Final = 2010
LAST_YEAR: Final = 2045
_EPOCH: Final = date(1970, 1, 1)


def days_of_year(year: int) -> tuple[int, int]:
    """Return a year's first day and that of the next [days since 1970-01-01]."""
    return (date(year, 1, 1) - _EPOCH).days, (date(year + 1, 1, 1) - _EPOCH).days


def first_partitions() -> Iterator[str]:
    """Return the statements that make all partitions of new tables.

    What belongs to no year lies in `_rest`, so that nothing is ever refused for its date.
    """
    for table in TABLES:
        yield f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT"
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            first, end = days_of_year(year)
            yield f"CREATE TABLE {table}_{year} PARTITION OF {table} FOR VALUES FROM ({first}) TO ({end})"


def further_year(year: int) -> Iterator[str]:
    """Return the statements, for one transaction, that add a year to tables in use.

    What there is of it already moves from `_rest`, which the new partition would otherwise contradict.
    """
    first, end = days_of_year(year)
    for table in TABLES:
        new = f"{table}_{year}"
        yield f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"
        yield f"CREATE TABLE {new} (LIKE {table} INCLUDING ALL)"
        yield (
            f"WITH moved AS (DELETE FROM {table}_rest WHERE day >= {first} AND day < {end} RETURNING *) "
            f"INSERT INTO {new} SELECT * FROM moved"
        )
        yield f"ALTER TABLE {table} ATTACH PARTITION {new} FOR VALUES FROM ({first}) TO ({end})"
