"""One connection to the SQLite file: opening, transactions, schema version, errors in plain words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from sunsift.adapters.sqlite import migration
from sunsift.domain.errors import StoreError

SCHEMA_VERSION = 4
BUSY_SECONDS = 60.0
# Small pages waste less room at the ends of short rows; the cache is bounded so that memory stays flat.
PAGE_BYTES = 4096
CACHE_KIB = 65_536
# The log is folded into the file when it has this many pages (32 MiB). A page that several commits
# changed is then written to the file once.
LOG_PAGES = 8192

_ADVICE = {
    "full": "the disk is full: free some space and try again; nothing that was stored is lost",
    "readonly": "the data directory is read-only: make it writable, or choose another with --data",
    "unable to open": "the data directory cannot be opened: check that it exists and may be written",
    "disk i/o": "the disk refused to write (is it full, over a quota, or gone?): free space and try again",
    "locked": "another process held the database for too long: try again when it has finished",
    "malformed": "the database file is damaged: restore it from a copy, or ingest the packets again",
    "not a database": "the file is no Sunsift database: choose another directory with --data",
}


def in_plain_words(error: sqlite3.Error, path: Path) -> StoreError:
    """Turn an error of SQLite into one that says what to do."""
    text = str(error).lower()
    for sign, advice in _ADVICE.items():
        if sign in text:
            return StoreError(f"{path}: {advice} ({error})")
    return StoreError(f"{path}: {error}")


class Database:
    """A connection to one SQLite file. One thread at a time may use it, and no other process."""

    def __init__(self, path: Path) -> None:
        """Open the file, and create it and its tables if they are not there.

        Errors: StoreError if that cannot be done, or if the file was written by a newer version.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent}: cannot be created: {error.strerror}") from error
        try:
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise in_plain_words(error, path) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise in_plain_words(error, path) from error
        except StoreError:
            self.close()
            raise

    def _prepare(self) -> None:
        run = self._connection.execute
        run(f"PRAGMA page_size = {PAGE_BYTES}")
        run("PRAGMA journal_mode = WAL")
        run(f"PRAGMA cache_size = -{CACHE_KIB}")
        run(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        run("PRAGMA temp_store = MEMORY")
        # What is deleted is overwritten, so that an erased house is gone from the file and not only unlisted.
        run("PRAGMA secure_delete = ON")
        run("PRAGMA journal_size_limit = 67108864")
        if self._version() < SCHEMA_VERSION:
            with self.write() as connection:
                self._complete(connection, self._version())
        if self._version() > SCHEMA_VERSION:
            raise StoreError(f"{self.path}: was written by a newer Sunsift; upgrade this one to read it")

    def _complete(self, connection: sqlite3.Connection, version: int) -> None:
        """Make the tables that a new or an older file lacks; another process may have been faster."""
        if version >= SCHEMA_VERSION:
            return
        if version == 1:
            migration.add_regions(connection)
        if version in {1, 2}:
            migration.add_traces(connection)
        if version in {1, 2, 3}:
            migration.add_columns_of_deliveries(connection)
        schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
        for statement in _statements(schema):
            connection.execute(statement)
        if version == 1:
            migration.open_region_days(connection)
        if version in {1, 2, 3}:
            migration.place_houses(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction that may write; all of it happens, or nothing.

        It is on the disk before it returns; the guarantees stand on that.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def hint(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction that a power failure may undo, and do not wait for the disk.

        For hints, on which no guarantee stands. The next `write` brings them to the disk as well.
        """
        with self._transaction("BEGIN IMMEDIATE", "NORMAL") as connection:
            yield connection

    def forget_log(self) -> None:
        """Fold the log into the file and empty it, so that nothing deleted is left in it.

        While somebody reads it stays; then a later commit or the last close does it.
        """
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise in_plain_words(error, self.path) from error

    def compact(self) -> None:
        """Write the file anew, without the room of what was deleted before deleting overwrote it."""
        try:
            self._connection.execute("VACUUM")
        except sqlite3.Error as error:
            raise in_plain_words(error, self.path) from error
        self.forget_log()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Run the block on one unchanging view of the data; within another block, on that one's view."""
        if self._connection.in_transaction:
            yield self._connection
            return
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str, synchronous: str = "FULL") -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise in_plain_words(error, self.path) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
