"""A queue of Azure as inbox and as outbox, on a real azurite."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from sunsift.adapters.azure.inbox import AzureQueueInbox
from sunsift.adapters.azure.sender import AzureQueueSender
from sunsift.domain.errors import SunsiftError
from sunsift.parcels import Message
from tests.contract.suites.inbox import BODIES, InboxContract, OpenInbox, drain
from tests.contract.suites.sender import REPORTS, SenderContract, words
from tests.support.kill import wait_until
from tests.support.servers.azurite import Azurite


def put(queue: QueueClient, bodies: Sequence[bytes], *, plain: bool = False) -> None:
    """Put bodies on a queue; plain: as they are, where they look like JSON, else in base64."""
    for body in bodies:
        as_it_is = plain and body[:1] in b'{["'
        queue.send_message(body.decode() if as_it_is else base64.b64encode(body).decode())


class TestAzureQueueInbox(InboxContract):
    largest_body = 48 * 1024

    @pytest.fixture(params=["base64", "plain"])
    def open_inbox(self, request: pytest.FixtureRequest, azure_queue: QueueClient) -> Iterator[OpenInbox]:
        opened: list[AzureQueueInbox] = []

        def open_(bodies: Sequence[bytes]) -> AzureQueueInbox:
            put(azure_queue, bodies, plain=request.param == "plain")
            opened.append(AzureQueueInbox(azure_queue))
            return opened[-1]

        yield open_
        for inbox in opened:
            inbox.close()


@pytest.fixture
def another(azurite: Azurite, azure_queue: QueueClient) -> Iterator[Callable[..., AzureQueueInbox]]:
    """Opens further inboxes on the queue, each with connections of its own, as another worker has."""
    opened: list[AzureQueueInbox] = []

    def open_(**how: Any) -> AzureQueueInbox:
        opened.append(AzureQueueInbox(azurite.client(azure_queue.queue_name), **how))
        return opened[-1]

    yield open_
    for inbox in opened:
        inbox.close()


Another = Callable[..., AzureQueueInbox]


def take(inbox: AzureQueueInbox, count: int = 1) -> list[Message]:
    """Wait until so many messages can be taken, and take them."""
    wait_until(lambda: len(inbox.receive(32)) >= count)
    return inbox.receive(32)


class TestTaking:
    def test_32_are_taken_at_once_and_no_more(self, azure_queue: QueueClient, another: Another) -> None:
        put(azure_queue, [b'{"n": %d}' % n for n in range(40)])
        first, second = another(), another()
        assert (len(first.receive(100)), len(second.receive(100))) == (32, 8)

    def test_a_message_says_where_it_came_from(self, azure_queue: QueueClient, another: Another) -> None:
        put(azure_queue, BODIES[:1])
        message = take(another())[0]
        assert message.id
        assert message.source == f"azure queue devstoreaccount1/{azure_queue.queue_name} message {message.id}"

    def test_what_a_worker_holds_it_gets_again_and_that_does_not_count(
        self, azure_queue: QueueClient, another: Another
    ) -> None:
        put(azure_queue, BODIES)
        inbox = another(visibility_seconds=1)
        first = inbox.receive(32)
        for _ in range(20):
            assert inbox.receive(32) == first
        inbox.close()
        again = take(another(visibility_seconds=1))
        assert [m.problem for m in again] == [None] * len(again)

    def test_deleting_what_somebody_else_has_taken_since_is_harmless(
        self, azure_queue: QueueClient, another: Another
    ) -> None:
        put(azure_queue, BODIES[:1])
        slow, quick = another(visibility_seconds=1, renew_seconds=0), another()
        mine = slow.receive(32)
        theirs = take(quick)
        slow.delete(mine)
        assert quick.depth() == 1
        quick.delete(theirs)
        slow.delete(mine)
        assert quick.depth() == 0


class TestHolding:
    def test_nobody_else_gets_it_while_it_is_held(self, azure_queue: QueueClient, another: Another) -> None:
        put(azure_queue, BODIES)
        holder, other = another(visibility_seconds=3), another()
        held = holder.receive(32)
        until = time.monotonic() + 7
        while time.monotonic() < until:
            assert other.receive(32) == []
        holder.delete(held)
        assert other.depth() == 0, "the receipts of the renewals delete them"

    def test_a_worker_that_hangs_does_not_hide_it_for_ever(
        self, azure_queue: QueueClient, another: Another
    ) -> None:
        put(azure_queue, BODIES[:1])
        started = time.monotonic()
        assert another(visibility_seconds=1, renew_seconds=2.0).receive(32)
        take(another())
        assert time.monotonic() - started > 2

    def test_others_get_what_a_killed_worker_held(self, azurite: Azurite, azure_queue: QueueClient) -> None:
        put(azure_queue, BODIES)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, azurite.connection_string, azure_queue.queue_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"10\n"
        worker.kill()
        worker.communicate()
        with closing(AzureQueueInbox(azure_queue)) as inbox:
            assert {m.body for m in take(inbox, len(BODIES))} == set(BODIES)


WORKER = """
import sys
from sunsift.adapters.azure.client import CONNECTION_STRING, queue_client
from sunsift.adapters.azure.inbox import AzureQueueInbox
client = queue_client(f"azure://devstoreaccount1/{sys.argv[2]}", {CONNECTION_STRING: sys.argv[1]})
print(len(AzureQueueInbox(client, visibility_seconds=1).receive(32)), flush=True)
sys.stdin.read()
"""


class TestPoison:
    @pytest.mark.parametrize("place", [0, 17, 39])
    def test_a_message_that_ends_workers_is_told_apart_and_takes_no_other_with_it(
        self, azure_queue: QueueClient, another: Another, place: int
    ) -> None:
        bodies = [b'{"n": %d}' % n for n in range(40)]
        put(azure_queue, bodies)
        deaths, done = 0, dict[bytes, Message]()
        while len(done) < len(bodies):
            # To the queue, a worker that ends without deleting is one that died.
            with closing(another(visibility_seconds=1)) as inbox:
                while messages := inbox.receive(32):
                    if any(m.body == bodies[place] and not m.problem for m in messages):
                        deaths += 1
                        break
                    inbox.delete(messages)
                    done |= {m.body: m for m in messages}
        assert deaths == 5
        assert [b for b, m in done.items() if m.problem] == [bodies[place]]
        assert done[bodies[place]].problem == "it was taken 6 times and its processing never finished"
        assert done[bodies[place]].problem_code == "poison"

    def test_a_suspect_comes_alone_and_the_rest_together(
        self, azure_queue: QueueClient, another: Another
    ) -> None:
        put(azure_queue, BODIES[:2])
        for _ in range(2):
            with closing(another(visibility_seconds=1)) as inbox:
                take(inbox, 2)
        wait_until(lambda: len(azure_queue.peek_messages(max_messages=32)) == 2)
        put(azure_queue, BODIES[2:])
        sizes = []
        inbox = another()
        while messages := inbox.receive(32):
            sizes.append(len(messages))
            inbox.delete(messages)
        assert sorted(sizes) == [1, 1, 8]


class TestOutage:
    def test_messages_outlive_a_restart_of_the_service(self, lasting_azurite: Azurite) -> None:
        with lasting_azurite.queue() as queue, closing(AzureQueueInbox(queue)) as inbox:
            put(queue, BODIES)
            lasting_azurite.stop()
            with pytest.raises(SunsiftError, match="cannot be reached"):
                inbox.receive(32)
            lasting_azurite.start()
            assert sorted(m.body for m in drain(inbox, 32)) == BODIES

    def test_reports_go_out_after_one(self, lasting_azurite: Azurite) -> None:
        with lasting_azurite.queue() as queue:
            sender = AzureQueueSender(queue, words)
            lasting_azurite.stop()
            problems = sender.send(REPORTS)
            assert set(problems) == {r.key for r in REPORTS}
            assert "cannot be reached" in problems[REPORTS[0].key].problem
            lasting_azurite.start()
            assert sender.send(REPORTS) == {}

    def test_a_queue_that_is_not_there_is_named(self, azurite: Azurite) -> None:
        with (
            closing(AzureQueueInbox(azurite.client("nowhere"))) as inbox,
            pytest.raises(SunsiftError, match="there is no queue devstoreaccount1/nowhere in Azure"),
        ):
            inbox.depth()


class TestAzureQueueSender(SenderContract):
    @pytest.fixture
    def sender(self, azure_queue: QueueClient) -> AzureQueueSender:
        return AzureQueueSender(azure_queue, words)

    @pytest.fixture
    def received(self, azure_queue: QueueClient) -> Callable[[], list[dict[str, Any]]]:
        return lambda: [
            json.loads(base64.b64decode(m.content, validate=True))
            for m in azure_queue.peek_messages(max_messages=32)
        ]

    @pytest.fixture
    def outage(self, azure_queue: QueueClient) -> Callable[[], AbstractContextManager[None]]:
        @contextmanager
        def the_queue_is_gone() -> Iterator[None]:
            azure_queue.delete_queue()
            yield
            azure_queue.create_queue()

        return the_queue_is_gone

    def test_a_report_never_expires(self, sender: AzureQueueSender, azure_queue: QueueClient) -> None:
        sender.send(REPORTS)
        expires_on = [m.expires_on for m in azure_queue.peek_messages(max_messages=32)]
        assert all(moment is not None and moment.year == 9999 for moment in expires_on)
        assert len(expires_on) == len(REPORTS)
