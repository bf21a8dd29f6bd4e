"""The servers of the measurements: set up as in production where it costs time, unlike those of the tests."""

import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from tests.support.servers.azurite import Azurite
from tests.support.servers.common import TOOLS
from tests.support.servers.postgres import TEMPLATE, Postgres, programs, running
from tests.support.servers.valkey import Valkey

# A commit waits for the disk, as it must where the power may fail.
SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "512MB",
    "max_locks_per_transaction": "256",  # a template has hundreds of relations
}
# What is empty is left out: a new table has a page or two whoever uses it, and there are many partitions.
_BYTES: Final = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text, sum(pg_table_size(c.oid)),
    sum(pg_indexes_size(c.oid))
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
GROUP BY 1 ORDER BY sum(pg_total_relation_size(c.oid)) DESC
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """A PostgreSQL and a valkey that run."""

    postgres: Postgres
    valkey: Valkey
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def coordinator(self) -> str:
        """The URL of the valkey."""
        return self.valkey.url

    @property
    def pids(self) -> dict[str, int]:
        """The number of each server's process, by its name."""
        return {"postgresql": self.postgres.pid, "valkey": self.valkey.pid}

    @contextmanager
    def store(self) -> Iterator[str]:
        """Make an empty database with all tables; give its URL, and remove it in the end."""
        name = sql.Identifier(f"bench_{next(self._numbers)}")
        self.valkey.flush()
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(TEMPLATE)))
        try:
            yield self.postgres.url(name.as_string().strip('"'))
        finally:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def settle_down(self) -> None:
        """Write everything to the disk, so that no measurement pays for what was before it."""
        self._run(sql.SQL("CHECKPOINT"))

    def commit_ms(self) -> float:
        """Return how long a commit of one row takes by itself [ms]."""
        seconds = []
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS one (number integer)")
            for number in range(50):
                began = time.perf_counter()
                connection.execute("INSERT INTO one VALUES (%s)", (number,))
                seconds.append(time.perf_counter() - began)
        return 1000.0 * statistics.median(seconds)

    def bytes_of_tables(self, store: str) -> dict[str, tuple[int, int]]:
        """Return the bytes of each table and of its indexes, partitions added up, largest first."""
        with psycopg.connect(store, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            rows = connection.execute(_BYTES).fetchall()
        return {name: (int(data), int(indexes)) for name, data, indexes in rows}

    def _run(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Run the newest PostgreSQL that is here, and a valkey, while the block runs."""
    logs = folder / "servers"
    logs.mkdir(exist_ok=True)
    with running(next(iter(programs())), logs, SETTINGS) as postgres:
        valkey = Valkey(logs)
        valkey.start()
        try:
            yield Servers(postgres, valkey)
        finally:
            valkey.stop()


def azurite_is_here() -> bool:
    """Return whether tools/servers has installed azurite."""
    return (TOOLS / "node" / "node_modules" / "azurite").exists()


@contextmanager
def azurite(folder: Path) -> Iterator[Azurite]:
    """Run an azurite with its queues in memory while the block runs."""
    server = Azurite(folder / "azurite.log")
    server.start()
    try:
        yield server
    finally:
        server.kill()
