"""One connection to PostgreSQL: opening it again, transactions, schema revision, errors in plain words.

Nothing here outlives a transaction, so PgBouncer may stand in between and pool by transactions.
"""

import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from sunsift.adapters.postgres.columns import IntegersDumper
from sunsift.adapters.postgres.migrations import HEAD
from sunsift.adapters.postgres.text import StorableBinaryText, StorableText
from sunsift.adapters.postgres.trouble import MIGRATE, Address, in_plain_words
from sunsift.domain.errors import StoreError

T = TypeVar("T")
Link = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]

# Wall time for people [ms since 1970]: as given, or else the server's.
NOW_MS: Final = "coalesce(%s::bigint, (extract(epoch FROM now()) * 1000)::bigint)"

# What the URL does not say. A server that vanished is noticed within half a minute.
_PATIENCE: Final = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# A worker that was frozen in the middle must not keep its locks, and nobody waits for them for ever. There
# is no limit on a statement: judging a large region anew takes its time.
_WRITE: Final = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '60s'; "
    "SET LOCAL idle_in_transaction_session_timeout = '60s'"
)
_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_TRIES: Final = 5
_PAUSE_SECONDS: Final = 0.05
_TAKEN_BACK: Final = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Database:
    """A connection to one database, made when it is needed. Not to be shared between threads."""

    def __init__(self, url: str, *, application: str = "sunsift") -> None:
        """Take the URL `postgresql://user@host:port/database`; its password may come from PGPASSWORD.

        application: what the server lists the connection as. Errors: StoreError for what is no such URL.
        """
        self.address = Address(url)
        self._application = application
        self._connection: Link | None = None

    @contextmanager
    def write(self) -> Iterator[Link]:
        """Run the block as one transaction that may write; all of it happens, or nothing.

        Each statement sees what was committed when it began. Errors: StoreError; if the connection died in
        the block, nobody knows whether it happened, so it has to be safe to do again.
        """
        with self._transaction(_WRITE) as connection:
            yield connection

    def writing(self, work: Callable[[Link], T]) -> T:
        """Run `work` as one transaction that may write, and again if the server took it back.

        That is how it ends a deadlock, which the order of locks should leave no room for.
        """
        for attempt in range(1, _TRIES):
            try:
                with self.write() as connection:
                    return work(connection)
            except StoreError as error:
                if not isinstance(error.__cause__, _TAKEN_BACK):
                    raise
                # The other must come first now, or they meet crosswise again.
                time.sleep(_PAUSE_SECONDS * attempt)
        with self.write() as connection:
            return work(connection)

    @contextmanager
    def read(self) -> Iterator[Link]:
        """Run the block on one unchanging view of the data; within another block, on that one's view."""
        connection = self._connection
        if connection is not None and connection.info.transaction_status is TransactionStatus.INTRANS:
            yield connection
            return
        with self._transaction(_READ) as connection:
            yield connection

    def run(self, statement: str, parameters: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run one statement as a transaction of its own; return its first row, if it has any.

        It has to be safe to do twice, for a connection that died may have taken the answer with it.
        """
        try:
            cursor = self._begin(statement, parameters)
            return cursor.fetchone() if cursor.description else None
        except psycopg.Error as error:
            raise in_plain_words(error, self.address) from error

    def check_schema(self) -> None:
        """Make sure that the server answers and has the tables that this version knows.

        Errors: StoreError that says what to do. Every new connection checks by itself.
        """
        with self.read() as connection:
            self._check(connection)

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Link]:
        try:
            connection = self._begin(begin).connection
            try:
                yield connection
                # A transaction that failed unnoticed would answer ROLLBACK, and no error.
                if connection.execute("COMMIT").statusmessage != "COMMIT":
                    raise StoreError(f"{self.address}: the transaction was taken back")
            except BaseException:
                self._undo(connection)
                raise
        except psycopg.Error as error:
            raise in_plain_words(error, self.address) from error

    def _begin(self, statement: str, parameters: Mapping[str, object] | None = None) -> Cursor:
        """Run the first statement; on a new connection if the one at hand has died since the last."""
        old = self._connection
        if old is not None and not old.closed:
            if old.info.transaction_status is not TransactionStatus.IDLE:
                raise RuntimeError("a transaction of this connection is under way")
            try:
                return old.execute(statement, parameters)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if not old.closed:
                    raise
        self._connection = self._connect()
        return self._connection.execute(statement, parameters)

    def _connect(self) -> Link:
        # Prepared statements would stay behind on a pooled connection.
        settings: dict[str, Any] = {**_PATIENCE, **self.address.settings()}
        connection = psycopg.connect(
            **settings, application_name=self._application, autocommit=True, prepare_threshold=None
        )
        connection.adapters.register_dumper(str, StorableText)
        connection.adapters.register_dumper(str, StorableBinaryText)
        connection.adapters.register_dumper(array, IntegersDumper)
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: Link) -> None:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        revision = "" if row is None else str(row[0])
        if revision < HEAD:
            raise StoreError(f"{self.address}: its tables are older than this Sunsift; {MIGRATE}")
        if revision > HEAD:
            raise StoreError(f"{self.address}: was brought up by a newer Sunsift; upgrade this one to use it")

    def _undo(self, connection: Link) -> None:
        """Take the transaction back; a connection that cannot is given up, and the server does it."""
        try:
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
