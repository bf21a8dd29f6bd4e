"""What the workers' role may do, and no more: rows in Sunsift's tables, never the tables themselves."""

from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import sql

from sunsift.adapters.postgres.migrate import administered
from sunsift.adapters.postgres.trouble import Address
from sunsift.domain.errors import StoreError

TABLES: Final = (
    "house", "progress", "day", "evidence", "region_day", "sunlight_feed", "prediction", "word", "report",
    "gone_receiver", "quarantine", "feedback", "standing", "token", "activity", "erasure", "steady", "quiet",
    "lease",
)  # fmt: skip
"""All tables with rows of Sunsift's. Partitions need no rights of their own, nor do the numbers of rows."""
REVISION: Final = "alembic_version"
WORKER: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
READER: Final = ("SELECT",)
_NOT_MINE: Final = """
SELECT 1 FROM pg_class WHERE oid = ANY (%s::regclass[]) AND NOT pg_has_role(relowner, 'USAGE')
"""


def grant(url: str, role: str, *, read_only: bool = False) -> None:
    """Give a role the rights of a worker, or of a reader, and take other rights on the tables away.

    Run by the owner of the tables. Doing it twice is doing it once. Errors: StoreError.
    """
    rights = READER if read_only else WORKER
    with administered(url) as connection:
        # Whoever does not own the tables is only warned by the server, and grants nothing.
        if connection.execute(_NOT_MINE, (list(TABLES),)).fetchone() is not None:
            raise StoreError(f"{Address(url)}: only the owner of the tables can grant rights on them")
        try:
            for statement in _statements(connection, role, rights):
                connection.execute(statement)
        except psycopg.errors.UndefinedObject as error:
            make = f"CREATE ROLE {role} LOGIN PASSWORD '...'"
            raise StoreError(f"{Address(url)}: there is no role {role}; make it with: {make}") from error


def lacking(connection: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """Return the rights of a worker that the connected role lacks, as in `UPDATE on day`."""
    wanted = [(right, table) for table in TABLES for right in WORKER] + [("SELECT", REVISION)]
    rows = connection.execute(
        'SELECT wanted.right, wanted.of FROM unnest(%s::text[], %s::text[]) AS wanted ("right", of) '
        "WHERE NOT has_table_privilege(wanted.of, wanted.right)",
        ([right for right, _ in wanted], [table for _, table in wanted]),
    )
    return [f"{right} on {table}" for right, table in rows]


def _statements(
    connection: psycopg.Connection[tuple[Any, ...]], role: str, rights: tuple[str, ...]
) -> Iterator[sql.Composed]:
    ((database, schema),) = connection.execute("SELECT current_database(), current_schema()").fetchall()
    names = {
        "role": sql.Identifier(role),
        "database": sql.Identifier(database),
        "schema": sql.Identifier(schema),
        "tables": sql.SQL(", ").join(sql.Identifier(schema, table) for table in TABLES),
        "revision": sql.Identifier(schema, REVISION),
        "rights": sql.SQL(", ").join(sql.SQL(right) for right in rights),
    }
    for statement in (
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "REVOKE ALL ON {tables}, {revision} FROM {role}",
        "GRANT {rights} ON {tables} TO {role}",
        "GRANT SELECT ON {revision} TO {role}",
    ):
        yield sql.SQL(statement).format(**names)
