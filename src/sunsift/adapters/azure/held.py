"""The messages that a worker holds: Azure shows them to others again unless that is put off in time."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sunsift.adapters.azure.client import error_code, queue_name
from sunsift.parcels import Message

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    """One message. receipt: the newest. taken, renewed: when, by the monotonic clock [s]."""

    message: Message
    receipt: str
    taken: float
    renewed: float


class HeldMessages:
    """Keeps what is held hidden from others, with a thread of its own.

    A message is renewed when half of its visibility has passed, and no longer than `renew_seconds` after it
    was taken: a worker that hangs must not hide it for ever.
    """

    def __init__(self, client: "QueueClient", visibility_seconds: int, renew_seconds: float) -> None:
        self._client = client
        self._visibility = visibility_seconds
        self._renew_seconds = renew_seconds
        self._held: dict[str, _Held] = {}
        # Held during a renewal too: a receipt must not change between its reading and its use.
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, messages: Sequence[Message], asked: float) -> None:
        """Hold messages. asked: monotonic time before Azure was asked for them [s]."""
        with self._lock:
            self._held |= {m.id: _Held(m, m.receipt, asked, asked) for m in messages}
            if self._held and self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="sunsift-azure-renewal", daemon=True)
                self._thread.start()

    def still(self) -> list[Message]:
        """Return the messages that are held and hidden from others."""
        now = time.monotonic()
        with self._lock:
            self._held = {i: h for i, h in self._held.items() if now < h.renewed + self._visibility}
            return [held.message for held in self._held.values()]

    def let_go(self, messages: Sequence[Message]) -> list[tuple[str, str]]:
        """Stop holding messages; return the id and newest receipt of each."""
        with self._lock:
            gone = [(m, self._held.pop(m.id, None)) for m in messages]
        return [(m.id, held.receipt if held else m.receipt) for m, held in gone]

    def close(self) -> None:
        """Stop renewing: others see what is held when its visibility has passed."""
        self._closing.set()
        if self._thread:
            self._thread.join()
        self._held.clear()

    def _renew(self) -> None:
        while not self._closing.wait(self._visibility / 8):
            now = time.monotonic()
            with self._lock:
                due = [
                    i
                    for i, held in self._held.items()
                    if now > held.renewed + self._visibility / 2 and now < held.taken + self._renew_seconds
                ]
            for message_id in due:
                self._renew_one(message_id)

    def _renew_one(self, message_id: str) -> None:
        from azure.core.exceptions import AzureError, HttpResponseError

        with self._lock:
            held = self._held.get(message_id)
            if held is None or self._closing.is_set():
                return
            now = time.monotonic()
            try:
                renewed = self._client.update_message(
                    message_id, held.receipt, visibility_timeout=self._visibility
                )
            except AzureError as error:
                if isinstance(error, HttpResponseError) and error.status_code in (400, 404):
                    del self._held[message_id]  # someone else has it
                log.warning(
                    "a message of the Azure queue %s could not be kept hidden: %s",
                    queue_name(self._client),
                    error_code(error),
                    extra={"message_ids": [message_id]},
                )
            else:
                held.receipt, held.renewed = renewed.pop_receipt or held.receipt, now
