"""Packets from a queue of Azure."""

import base64
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sunsift.adapters.azure.client import azure_trouble, error_code, queue_name
from sunsift.adapters.azure.held import HeldMessages
from sunsift.parcels import Message

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient, QueueMessage

LARGEST_RECEIVE: Final = 32
POISON: Final = "poison"
_DELETES_AT_ONCE: Final = 8
_GONE: Final = ("MessageNotFound", "PopReceiptMismatch")


class AzureQueueInbox:
    """A queue of Azure as inbox, for one worker: asking for more says that it is done with what it had.

    Bodies may be plain JSON or base64. What was taken is hidden from others for as long as this worker lives
    and holds it, at most `renew_seconds`. What it did not delete it is given again: trouble with the store
    does not count against messages. Only when the worker dies do they come to others, and Azure counts how
    often. A message that was taken more often than `most_dequeues` comes with a problem. Before that it is
    taken alone, so that it takes no other with it.
    """

    batch = LARGEST_RECEIVE

    def __init__(
        self,
        client: "QueueClient",
        visibility_seconds: int = 60,
        most_dequeues: int = 5,
        renew_seconds: float = 1800.0,
    ) -> None:
        self._client = client
        self._visibility = visibility_seconds
        self._most_dequeues = most_dequeues
        self._held = HeldMessages(client, visibility_seconds, renew_seconds)

    def depth(self) -> int:
        """Return about how many messages there are, those included that somebody holds."""
        with azure_trouble(self._client):
            return self._client.get_queue_properties().approximate_message_count or 0

    def receive(self, limit: int) -> list[Message]:
        """Take up to 32 messages; first of all those that this worker took and did not delete."""
        if held := self._held.still():
            return held[:limit]
        with azure_trouble(self._client):
            count = self._how_many(min(limit, LARGEST_RECEIVE))
            if not count:
                return []
            asked = time.monotonic()
            pages = self._client.receive_messages(
                messages_per_page=count, visibility_timeout=self._visibility
            ).by_page()
            messages = [self._message(m) for m in next(pages, ())]
        self._held.add(messages, asked)
        return messages

    def _how_many(self, limit: int) -> int:
        """Return how many messages may be taken together.

        Taking counts, looking does not: a message that was taken often may be what ends workers, and each
        that is taken with it would be counted as often.
        """
        counts = [m.dequeue_count or 0 for m in self._client.peek_messages(max_messages=limit)]
        suspects = [n for n, count in enumerate(counts) if count >= self._most_dequeues // 2]
        if not suspects:
            return limit if counts else 0
        return max(1, suspects[0])

    def _message(self, message: "QueueMessage") -> Message:
        problem = None
        if (message.dequeue_count or 0) > self._most_dequeues:
            problem = f"it was taken {message.dequeue_count} times and its processing never finished"
        return Message(
            _body(message.content or ""),
            message.pop_receipt or "",
            f"azure queue {queue_name(self._client)} message {message.id}",
            problem,
            POISON if problem else "unreadable",
            message.id,
        )

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove messages, several at once. It does no harm if somebody else has taken one since."""
        gone = self._held.let_go(messages)
        with azure_trouble(self._client):
            # All are tried before the first trouble is told.
            for deleted in [self._threads.submit(self._delete, *each) for each in gone]:
                deleted.result()

    def _delete(self, message_id: str, receipt: str) -> None:
        from azure.core.exceptions import HttpResponseError

        try:
            self._client.delete_message(message_id, receipt)
        except HttpResponseError as error:
            if error_code(error) not in _GONE:
                raise

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_DELETES_AT_ONCE, thread_name_prefix="sunsift-azure-delete")

    def close(self) -> None:
        """Let go of what is held, and of the connections."""
        self._held.close()
        self._threads.shutdown()
        self._client.close()


def _body(content: str) -> bytes:
    """Return what the sender meant: a packet is JSON, so anything else that is base64 was encoded."""
    if not content.lstrip().startswith(("{", "[")):
        try:
            # Some tools break base64 into lines.
            return base64.b64decode("".join(content.split()), validate=True)
        except ValueError:
            pass
    return content.encode()
