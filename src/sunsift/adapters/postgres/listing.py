"""Reading many rows in little memory."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from psycopg.abc import Params

from sunsift.adapters.postgres.database import Link

PAGE: Final = 2000
_numbers = count()


def pages(
    connection: Link, query: str, parameters: Params = (), rows: int = PAGE
) -> Iterator[list[tuple[Any, ...]]]:
    """Return the rows of a query, some at a time, while the transaction lasts.

    The server keeps the place under a name that ends with the transaction, so PgBouncer may pool by
    transactions. Several may be read at once.
    """
    with connection.cursor(name=f"listing_{next(_numbers)}") as cursor:
        cursor.execute(query, parameters, binary=True)
        while page := cursor.fetchmany(rows):
            yield page


def stream(connection: Link, query: str, parameters: Params = ()) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a query, one after the other."""
    for page in pages(connection, query, parameters):
        yield from page
