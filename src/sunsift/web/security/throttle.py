"""Slowing down whoever guesses."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

FAILURES = 10
WITHIN_SECONDS = 300.0
ADDRESSES = 10_000


class Throttle:
    """Counts the failures of each address; forgets them after five minutes.

    now: steady time [s].
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody known."""
        self._now = now
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, address: str) -> int:
        """Return how long an address must wait before its next try; 0 if it may try now."""
        with self._lock:
            times = self._failures.get(address)
            if times is None or len(times) < FAILURES:
                return 0
            return max(0, int(times[0] + WITHIN_SECONDS - self._now()) + 1)

    def failed(self, address: str) -> None:
        """Note a failure. Beyond 10,000 addresses, the one that failed longest ago is forgotten."""
        with self._lock:
            times = self._failures.setdefault(address, deque(maxlen=FAILURES))
            times.append(self._now())
            self._failures.move_to_end(address)
            if len(self._failures) > ADDRESSES:
                self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address."""
        with self._lock:
            self._failures.pop(address, None)
