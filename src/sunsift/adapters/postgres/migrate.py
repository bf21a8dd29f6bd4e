"""Bringing a database to the revision that this Sunsift knows, with Alembic. There is no way back.

Earlier versions refuse newer tables, so bring the tables up first and the workers after.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import psycopg

from sunsift.adapters.postgres.migrations import HEAD
from sunsift.adapters.postgres.migrations.years import TABLES, further_year
from sunsift.adapters.postgres.trouble import Address, in_plain_words
from sunsift.domain.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_PARTITIONS: Final = """
SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = ANY (%s::regclass[])
"""
OLDEST_SERVER: Final = 15
_IN_THE_WAY: Final = "somebody else uses the tables or migrates them; nothing was changed, try again later"


@contextmanager
def administered(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Give a connection for one transaction, whatever revision the tables have, even none.

    Errors: StoreError in plain words, for everything that the server refuses in the block.
    """
    address = Address(url)
    settings = {"connect_timeout": 10, **address.settings()}
    try:
        with psycopg.connect(
            **settings, application_name="sunsift store", prepare_threshold=None
        ) as connection:
            yield connection
    except psycopg.errors.LockNotAvailable as error:
        raise StoreError(f"{address}: {_IN_THE_WAY}") from error
    except psycopg.Error as error:
        raise in_plain_words(error, address) from error


def current(url: str) -> str | None:
    """Return the revision of a database's tables; None if it has none. Errors: StoreError."""
    with administered(url) as connection:
        return revision_of(connection)


def revision_of(connection: psycopg.Connection[tuple[Any, ...]]) -> str | None:
    """Return the revision of the tables; None if there are none."""
    there = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if there is None or there[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(url: str, to: str = "head") -> None:
    """Bring the tables up to a revision, all in one transaction; at that revision already, do nothing.

    Safe while workers run. Two at a time go one after the other. Errors: StoreError.
    """
    # Here, so that workers need neither Alembic nor SQLAlchemy to see which revision there is.
    from alembic import command
    from alembic.util import CommandError
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    with administered(url) as connection:
        _fit(connection, url)
        # psycopg connects, so that a URL means the same here as everywhere else.
        engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=NullPool)
        try:
            with engine.connect() as shared:
                config = _config()
                config.attributes["connection"] = shared
                command.upgrade(config, to)
        except DBAPIError as error:
            raise error.orig or error from error
        except CommandError as error:
            raise StoreError(f"{Address(url)}: {error}") from error


def script(revision: str | None) -> str:
    """Return the SQL that brings tables up from a revision; for whoever wants to read it first.

    Errors: StoreError if this version does not know the revision.
    """
    from alembic import command
    from alembic.util import CommandError

    text = StringIO()
    try:
        command.upgrade(_config(text), f"{revision}:head" if revision else "head", sql=True)
    except CommandError as error:
        raise StoreError(f"{error}; was it a newer Sunsift that made the tables?") from error
    return text.getvalue()


def last_year(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
    """Return the last year of which both large tables have a partition; 0 without any."""
    last = dict.fromkeys(TABLES, 0)
    for (name,) in connection.execute(_PARTITIONS, (list(TABLES),)):
        table, _, year = str(name).rpartition("_")
        if table in last and year.isdecimal():
            last[table] = max(last[table], int(year))
    return min(last.values())


def further_years(url: str, last: int) -> str:
    """Return the SQL that adds the partitions of all further years up to `last`; nothing if they are there.

    A person runs it, when nobody writes: it locks the tables for as long as it moves what is there already.
    """
    with administered(url) as connection:
        first = last_year(connection) + 1
    statements = [statement for year in range(first, last + 1) for statement in further_year(year)]
    return ";\n".join(["BEGIN", *statements, "COMMIT;\n"]) if statements else ""


def _fit(connection: psycopg.Connection[tuple[Any, ...]], url: str) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER * 10_000:
        raise StoreError(
            f"{Address(url)}: is PostgreSQL {version // 10_000}; Sunsift needs {OLDEST_SERVER} or newer"
        )
    revision = revision_of(connection)
    if revision is not None and revision > HEAD:
        raise StoreError(f"{Address(url)}: was brought up by a newer Sunsift ({revision}); upgrade this one")


def _config(output: StringIO | None = None) -> "Config":
    from alembic.config import Config

    config = Config(output_buffer=output)
    folder = str(resources.files("sunsift.adapters.postgres").joinpath("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config
