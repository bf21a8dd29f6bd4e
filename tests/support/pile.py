"""An inbox in memory."""

from collections.abc import Iterable, Sequence

from sunsift.parcels import Message


class Pile:
    """Gives out so many messages at a time, in their order; what is not deleted comes again."""

    def __init__(self, bodies: Iterable[bytes], batch: int = 1000) -> None:
        self._messages = [Message(body, str(n), f"message {n}") for n, body in enumerate(bodies)]
        self.batch = batch

    def depth(self) -> int:
        """Return how many messages wait."""
        return len(self._messages)

    def receive(self, limit: int) -> list[Message]:
        """Return the first messages."""
        return self._messages[:limit]

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove the first messages, which are these."""
        del self._messages[: len(messages)]
