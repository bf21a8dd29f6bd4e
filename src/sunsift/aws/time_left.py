"""How long an invocation may still run."""

from typing import Protocol


class Context(Protocol):
    """What is used of the context that Lambda gives a handler."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long until Lambda ends the invocation [ms]."""
        ...


class Deadline:
    """The moment from which on nothing new is begun."""

    def __init__(self, context: Context, reserve_seconds: float) -> None:
        """reserve_seconds: what the last step begun, and everything after it, may take."""
        self._context = context
        self._reserve_ms = reserve_seconds * 1000

    def passed(self) -> bool:
        """Tell whether time is short."""
        return self._context.get_remaining_time_in_millis() < self._reserve_ms
