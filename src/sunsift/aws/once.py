"""Working on an event once, although queues may bring it twice.

A convenience: it saves the work of a second time. Every step may be repeated, and the store decides, so
without Redis events are simply worked on.
"""

import logging
import warnings
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyPersistenceLayerError
from aws_lambda_powertools.utilities.idempotency.persistence.cache import CachePersistenceLayer

from sunsift.adapters.redis.connection import Client, connect
from sunsift.aws.observe import EMF

log = logging.getLogger(__name__)
KEEP_SECONDS = 3600


class _Commands:
    """The three commands that Powertools gives, for both kinds of client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, name: str) -> Any:
        return self._do("GET", name)

    def set(self, name: str, value: str, ex: int, nx: bool = False) -> Any:
        return self._do("SET", name, value, "EX", ex, *(["NX"] if nx else []))

    def delete(self, name: str) -> Any:
        return self._do("DEL", name)

    def _do(self, *command: str | int) -> Any:
        return self._client.pipeline().execute_command(*command).execute()[0]


class Once:
    """Remembers for an hour which events of one function were worked on."""

    def __init__(self, step: str, client: Client | None) -> None:
        """client: of Redis; None to work on every event."""
        self._prefix = f"sunsift:once:{step}"
        self._config = IdempotencyConfig(expires_after_seconds=KEEP_SECONDS, hash_function="sha256")
        self._layer = None if client is None else _layer(client)
        self._down = False

    def begin(self, context: Any) -> None:
        """Begin an invocation: what it leaves unfinished may be begun again when its time is over."""
        self._config.register_lambda_context(context)
        self._down = False

    def do(self, event_id: str, work: Callable[[], None]) -> None:
        """Work on the event, unless that was done already.

        Errors: those of `work`, which is forgotten then; IdempotencyAlreadyInProgressError while another
        invocation is at it.
        """
        if self._layer is None or self._down:
            work()
            return
        begun = False
        trouble: list[Exception] = []

        def tracked(*, event_id: str) -> None:
            nonlocal begun
            begun = True
            try:
                work()
            except Exception as error:
                trouble.append(error)
                raise

        remembered = idempotent_function(
            tracked,
            data_keyword_argument="event_id",
            persistence_store=self._layer,
            config=self._config,
            key_prefix=self._prefix,
        )
        try:
            remembered(event_id=event_id)
        except IdempotencyPersistenceLayerError as error:
            self._note_down(error)
            if trouble:
                raise trouble[0] from None
            if not begun:
                work()

    def _note_down(self, error: Exception) -> None:
        self._down = True
        EMF.state("CoordinatorFallback")
        log.warning(
            "events may be worked on twice, for Redis does not answer: %s", type(error.__cause__).__name__
        )


def _layer(client: Client) -> Any:
    with warnings.catch_warnings():
        # The class is deprecated under its old name alone, but has only one to warn of.
        warnings.simplefilter("ignore", DeprecationWarning)
        return CachePersistenceLayer(client=_Commands(client))  # type: ignore[arg-type]


def once_in(coordinator: str | None, step: str) -> Once:
    """Return the memory of a step's events in the coordinator's Redis; without one it forgets everything."""
    return Once(step, None if coordinator is None else connect(coordinator))
