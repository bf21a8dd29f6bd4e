"""A coordinator that may be down, and the store's own tables in its place meanwhile."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sunsift.adapters.redis.coordinator import CoordinatorDownError
from sunsift.ports import Coordinator

log = logging.getLogger(__name__)

RETRY_SECONDS = 10.0
"""So long the primary is left alone after it did not answer."""
DRAIN = 1000
"""So many quiet clocks move from the spare to the primary at a time."""

_Answer = TypeVar("_Answer")


class SpareCoordinator(Coordinator, Protocol):
    """A coordinator that can give away what it keeps."""

    def drain(self, limit: int) -> dict[str, int]:
        """Take up to `limit` quiet clocks out, claimed or not; return them with their arrivals [ms]."""
        ...


class FallingBack:
    """Asks the primary, and the spare for as long as the primary does not answer.

    Nobody else notices. Workers may disagree for a while about which of the two is in use, so a house may be
    claimed or leased twice; the store's fence makes that harmless.
    """

    def __init__(
        self,
        primary: Coordinator,
        spare: SpareCoordinator,
        retry_seconds: float = RETRY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """clock: tells seconds that never go back."""
        self._primary = primary
        self._spare = spare
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._down = False
        self._retry_at = -math.inf

    @property
    def down(self) -> bool:
        """Whether the primary did not answer, or was left alone, when something was last asked."""
        return self._down

    def touch(self, arrived: dict[str, int]) -> None:
        """Restart the quiet clock of houses."""
        # To be asked for nothing, here and below, a primary need not be up; it would seem to be back.
        if arrived:
            self._ask(lambda coordinator: coordinator.touch(arrived))

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Take houses that have been quiet long enough, also those whose clock the spare still has."""

        def claim(coordinator: Coordinator) -> list[str]:
            if coordinator is self._primary:
                self._move_clocks()
            return coordinator.claim_quiet(arrived_by, now, until, limit)

        return self._ask(claim)

    def forget(self, settled: dict[str, int]) -> None:
        """Stop the quiet clocks of settled houses, unless touched after the given arrivals."""
        if settled:
            self._ask(lambda coordinator: coordinator.forget(settled))

    def waiting(self) -> int:
        """Return how many houses have a running quiet clock; those that the spare still has are added."""

        def count(coordinator: Coordinator) -> int:
            spare = self._spare.waiting()
            return spare if coordinator is self._spare else spare + coordinator.waiting()

        return self._ask(count)

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take the leases that nobody else holds; return the houses of those."""
        if not house_ids:
            return []
        return self._ask(lambda coordinator: coordinator.acquire(house_ids, token, now, until))

    def release(self, house_ids: Sequence[str], token: str) -> None:
        """Give back the leases that `token` still holds."""
        if house_ids:
            self._ask(lambda coordinator: coordinator.release(house_ids, token))

    def _ask(self, call: Callable[[Coordinator], _Answer]) -> _Answer:
        if self._clock() >= self._retry_at:
            try:
                answer = call(self._primary)
            except CoordinatorDownError as error:
                self._note_down(error)
            else:
                self._note_up()
                return answer
        return call(self._spare)

    def _note_down(self, error: CoordinatorDownError) -> None:
        self._retry_at = self._clock() + self._retry_seconds
        if not self._down:
            log.warning(
                "Redis does not answer: %s; quiet clocks and leases are kept in the store until it does",
                error,
            )
        self._down = True

    def _note_up(self) -> None:
        if self._down:
            log.info("Redis answers again: quiet clocks and leases are kept there")
        self._down = False

    def _move_clocks(self) -> None:
        """Give the primary what the spare got while it was down, here or in another process."""
        if not self._spare.waiting():
            return
        # What is taken out loses its claims, so ask first whether the primary is there.
        self._primary.waiting()
        while clocks := self._spare.drain(DRAIN):
            try:
                self._primary.touch(clocks)
            except CoordinatorDownError:
                self._spare.touch(clocks)
                raise
