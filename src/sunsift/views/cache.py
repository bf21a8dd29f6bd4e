"""Answers that are kept for a few seconds, so that many who look at once ask the store once."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_MOST: Final = 64


class Kept(Generic[T]):
    """Keeps answers by key for some seconds. Any number of threads may ask."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[float, T]] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the answer for a key; make it if there is none, or it is too old.

        Only one thread makes an answer at a time; what `make` raises is not kept.
        """
        with self._lock:
            now = self._clock()
            kept = self._kept.get(key)
            if kept is not None and now - kept[0] < self._seconds:
                return kept[1]
            answer = make()
            if len(self._kept) >= _MOST:
                self._kept.clear()
            # Old from its making on: what it says is true of then.
            self._kept[key] = (now, answer)
            return answer
