"""A few Sunsifts, each with its own connection, for requests to borrow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue

from sunsift.domain.errors import StoreError
from sunsift.wiring import Sunsift

SIZE = 4
PATIENCE_SECONDS = 20.0


class Pool:
    """Lends parts to one thread at a time; they are opened when they are needed and kept."""

    def __init__(self, open_parts: Callable[[], Sunsift], size: int = SIZE) -> None:
        """Lend at most `size` at once; who comes later waits."""
        self._open = open_parts
        # The one used last comes first, so that a quiet server has one connection.
        self._free: LifoQueue[Sunsift | None] = LifoQueue()
        for _ in range(size):
            self._free.put(None)

    @contextmanager
    def borrow(self) -> Iterator[Sunsift]:
        """Lend parts while the block runs. Errors: StoreError if all of them stay lent for long."""
        try:
            parts = self._free.get(timeout=PATIENCE_SECONDS)
        except Empty:
            raise StoreError("the store is busy with other requests: try again") from None
        try:
            if parts is None:
                parts = self._open()
            yield parts
        finally:
            self._free.put(parts)

    def close(self) -> None:
        """Close what is not lent; call it when the server has stopped."""
        while not self._free.empty():
            parts = self._free.get_nowait()
            if parts is not None:
                parts.close()
