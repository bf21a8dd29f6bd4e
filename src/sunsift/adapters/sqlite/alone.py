"""Being the only process that settles a database file."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database


@contextmanager
def alone(database: Database, coordinator: SqliteCoordinator, *, wait: bool) -> Iterator[bool]:
    """Be the only process that settles this database; say whether that was possible.

    Whoever holds this lock knows that every lease and claim in the file belongs to a process that
    died, for the operating system frees the lock of a dead process at once. So they are cleared, and a
    restart need not wait until they expire.
    """
    lock = FileLock(database.path.with_suffix(".settling"))
    try:
        lock.acquire(blocking=wait)
    except Timeout:
        yield False
        return
    try:
        coordinator.clear()
        yield True
    finally:
        lock.release()
