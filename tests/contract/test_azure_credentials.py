"""Credentials of Azure: they open what they should on a real azurite, and nobody ever reads them."""

import base64
import logging
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote

import pytest
from azure.storage.queue import QueueClient, QueueSasPermissions, generate_queue_sas

from sunsift.adapters.azure.client import CONNECTION_STRING, queue_client
from sunsift.adapters.azure.inbox import AzureQueueInbox
from sunsift.adapters.azure.sender import AzureQueueSender
from sunsift.domain.errors import SunsiftError
from tests.contract.suites.inbox import BODIES
from tests.contract.suites.sender import REPORTS, words
from tests.support.servers.azurite import ACCOUNT, KEY, Azurite
from tests.support.servers.common import free_port

Grant = Callable[..., QueueClient]


@pytest.fixture
def grant(azurite: Azurite, azure_queue: QueueClient) -> Grant:
    """Makes a client with a SAS token of the given permissions."""

    def client(permissions: str, hours: float = 1.0) -> QueueClient:
        sas = token(azure_queue.queue_name, permissions, hours)
        return opened(azurite, azure_queue.queue_name, sas)

    return client


def token(queue: str, permissions: str, hours: float = 1.0) -> str:
    """Return a SAS token."""
    allowed = QueueSasPermissions.from_string(permissions)
    expiry = datetime.now(UTC) + timedelta(hours=hours)
    return generate_queue_sas(ACCOUNT, queue, KEY, permission=allowed, expiry=expiry)


def opened(azurite: Azurite, queue: str, sas: str) -> QueueClient:
    """Return a client that has nothing but a SAS token."""
    environment = {CONNECTION_STRING: azurite.connection_string_with(sas)}
    return queue_client(f"azure://{ACCOUNT}/{queue}", environment)


class TestSas:
    def test_read_update_and_process_are_what_an_inbox_needs(
        self, azure_queue: QueueClient, grant: Grant
    ) -> None:
        for body in BODIES:
            azure_queue.send_message(body.decode())
        with closing(AzureQueueInbox(grant("rup"), visibility_seconds=3)) as inbox:
            assert inbox.depth() == len(BODIES)
            held = inbox.receive(32)
            # Held for longer than their visibility: renewing works too.
            until = time.monotonic() + 4
            while time.monotonic() < until:
                assert azure_queue.peek_messages(max_messages=32) == []
            inbox.delete(held)
            assert inbox.depth() == 0

    def test_add_is_what_an_outbox_needs(self, azure_queue: QueueClient, grant: Grant) -> None:
        with grant("a") as client:
            assert AzureQueueSender(client, words).send(REPORTS) == {}
        assert len(azure_queue.peek_messages(max_messages=32)) == len(REPORTS)

    @pytest.mark.parametrize(("permissions", "hours"), [("a", 1.0), ("rup", -1.0)], ids=["wrong", "expired"])
    def test_one_that_does_not_do_is_told(self, grant: Grant, permissions: str, hours: float) -> None:
        with (
            closing(AzureQueueInbox(grant(permissions, hours))) as inbox,
            pytest.raises(SunsiftError, match=f"refuses the credentials for the queue {ACCOUNT}/queue-"),
        ):
            inbox.depth()


class TestSecrets:
    """Whatever happens, with every logger at its most talkative."""

    @pytest.fixture(autouse=True)
    def everything_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

    def test_a_signature_is_in_no_log(
        self, azurite: Azurite, azure_queue: QueueClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        sas = token(azure_queue.queue_name, "raup")
        azure_queue.send_message("{}")
        with closing(AzureQueueInbox(opened(azurite, azure_queue.queue_name, sas))) as inbox:
            inbox.delete(inbox.receive(32))
            AzureQueueSender(inbox._client, words).send(REPORTS)
        assert "sig=HIDDEN" in caplog.text, "or else nothing was there to be hidden"
        assert_untold(caplog.text, signature_of(sas))

    def test_a_signature_is_in_no_trouble(self, azurite: Azurite, caplog: pytest.LogCaptureFixture) -> None:
        sas = token("queue", "raup")
        nobody = azurite.connection_string_with(sas).replace(f":{azurite.port}/", f":{free_port()}/")
        for text in (azurite.connection_string_with(sas), nobody):
            client = queue_client(f"azure://{ACCOUNT}/queue", {CONNECTION_STRING: text})
            assert_untold(trouble(client) + caplog.text + repr(client), signature_of(sas))

    def test_a_key_is_in_no_trouble(self, azurite: Azurite, caplog: pytest.LogCaptureFixture) -> None:
        wrong = base64.b64encode(b"a key of somebody else, and a long one too").decode()
        for key in (wrong, "no base64 at all", KEY):
            text = azurite.connection_string.replace(KEY, key)
            client = queue_client(f"azure://{ACCOUNT}/nowhere", {CONNECTION_STRING: text})
            assert_untold(trouble(client) + caplog.text + repr(client), key)


def trouble(client: QueueClient) -> str:
    """Return everything that an inbox and an outbox say of their trouble, tracebacks included."""
    with closing(AzureQueueInbox(client)) as inbox:
        problems = AzureQueueSender(client, words).send(REPORTS)
        with pytest.raises(SunsiftError) as caught:
            inbox.receive(32)
    assert set(problems) == {r.key for r in REPORTS}
    return "".join([*(why.problem for why in problems.values()), *traceback.format_exception(caught.value)])


def signature_of(sas: str) -> str:
    """Return the secret part of a SAS token, decoded."""
    return parse_qs(sas)["sig"][0]


def assert_untold(text: str, secret: str) -> None:
    """See that a text has no trace of a secret, however it is quoted."""
    assert len(secret) > 10
    for whole in (secret, quote(secret, safe="")):
        assert whole[:10] not in text
        assert whole[-16:] not in text
