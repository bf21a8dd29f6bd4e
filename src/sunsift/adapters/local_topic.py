"""A topic inside one process."""

from collections import defaultdict, deque
from collections.abc import Sequence


class LocalTopic:
    """Hints in memory. They are gone with the process, which is what hints may do."""

    def __init__(self) -> None:
        self._channels: defaultdict[str, deque[str]] = defaultdict(deque)

    def publish(self, channel: str, bodies: Sequence[str]) -> None:
        """Put hints at the end of the channel."""
        self._channels[channel].extend(bodies)

    def take(self, channel: str, limit: int) -> list[str]:
        """Take up to `limit` hints from the front of the channel."""
        waiting = self._channels[channel]
        return [waiting.popleft() for _ in range(min(limit, len(waiting)))]
