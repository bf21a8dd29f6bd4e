"""Reaching a queue of Azure: addresses, credentials, bodies. Nothing here is called over a network."""

import base64
import sys
import traceback

import pytest
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import ServiceRequestError

from sunsift.adapters.azure.client import CONNECTION_STRING, SAS, azure_trouble, queue_client
from sunsift.adapters.azure.inbox import _body
from sunsift.domain.errors import MissingExtraError, SettingsError, SunsiftError

URL = "azure://retailer/meter-data"
KEY = base64.b64encode(b"not a key, but as long as one is").decode()
TOKEN = "sv=2025-01-05&sp=rup&se=2030-01-01&sig=c2VjcmV0IHNpZ25hdHVyZQ%3D%3D"
HOST = "https://retailer.queue.core.windows.net/meter-data"


@pytest.mark.parametrize(
    "url",
    [
        "azure://retailer",
        "azure://retailer/",
        "azure://retailer/meter-data/more",
        "azure://re/meter-data",
        "azure://retailer/m",
        "azure://retailer/Meter",
        "azure://retailer/meter--data",
        f"azure://retailer/meter-data?{TOKEN}",
        f"azure://retailer:{KEY}@retailer/meter-data",
    ],
)
def test_an_address_must_be_one_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="azure://ACCOUNT/QUEUE") as caught:
        queue_client(url, {SAS: TOKEN})
    assert "sig=" not in str(caught.value)
    assert KEY not in str(caught.value)


class TestCredentials:
    def test_a_connection_string_comes_first(self) -> None:
        text = f"DefaultEndpointsProtocol=https;AccountName=retailer;AccountKey={KEY}"
        with queue_client(URL, {CONNECTION_STRING: text, SAS: TOKEN}) as client:
            assert client.url == HOST
            assert client.account_name == "retailer"

    def test_it_must_be_for_the_account(self) -> None:
        text = f"DefaultEndpointsProtocol=https;AccountName=wholesaler;AccountKey={KEY}"
        with pytest.raises(SettingsError, match="for the account wholesaler, but the queue is in retailer"):
            queue_client(URL, {CONNECTION_STRING: text})

    def test_one_without_the_name_is_read_by_its_address(self) -> None:
        text = f"QueueEndpoint=https://wholesaler.queue.core.windows.net/;SharedAccessSignature={TOKEN}"
        with pytest.raises(SettingsError, match="for the account wholesaler"):
            queue_client(URL, {CONNECTION_STRING: text})

    @pytest.mark.parametrize("text", [KEY, f"AccountKey={KEY}", "AccountName", f"a=b;{KEY}"])
    def test_it_must_be_one_and_is_not_repeated(self, text: str) -> None:
        with pytest.raises(SettingsError, match=f"{CONNECTION_STRING} cannot be read") as caught:
            queue_client(URL, {CONNECTION_STRING: text})
        assert KEY not in str(caught.value)

    @pytest.mark.parametrize("prefix", ["", "?"])
    def test_a_sas_token_comes_second(self, prefix: str) -> None:
        with queue_client(URL, {SAS: prefix + TOKEN}) as client:
            assert client.url == HOST
            assert isinstance(client.credential, AzureSasCredential)
            assert client.credential.signature == TOKEN

    @pytest.mark.parametrize("sas", [KEY, f"{HOST}?{TOKEN}"])
    def test_a_sas_token_must_be_one_and_is_not_repeated(self, sas: str) -> None:
        with pytest.raises(SettingsError, match=f"{SAS} is no SAS token") as caught:
            queue_client(URL, {SAS: sas})
        assert sas not in str(caught.value)

    def test_an_identity_of_the_machine_comes_last(self) -> None:
        from azure.identity import DefaultAzureCredential

        with queue_client(URL, {}) as client:
            assert client.url == HOST
            assert isinstance(client.credential, DefaultAzureCredential)
            client.credential.close()

    def test_where_nobody_gives_an_identity_it_says_what_to_set(self) -> None:
        from azure.identity import CredentialUnavailableError

        with (
            queue_client(URL, {SAS: TOKEN}) as client,
            pytest.raises(SunsiftError, match=f"set {CONNECTION_STRING} or {SAS}"),
            azure_trouble(client),
        ):
            raise CredentialUnavailableError("none of the ways worked")

    @pytest.mark.parametrize("missing", ["azure.storage.queue", "azure.identity"])
    def test_packages_that_are_not_there_are_named(
        self, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(MissingExtraError, match=r"pip install 'sunsift\[azure\]'") as caught:
            queue_client(URL, {})
        assert missing.replace(".", "-") in str(caught.value)


def test_nothing_of_an_error_of_azure_is_repeated() -> None:
    address = f"{HOST}/messages?numofmessages=32&{TOKEN}"
    with (
        queue_client(URL, {SAS: TOKEN}) as client,
        pytest.raises(SunsiftError, match="retailer/meter-data of Azure cannot be reached") as caught,
        azure_trouble(client),
    ):
        raise ServiceRequestError(f"Max retries exceeded with url: {address}")
    assert "sig=" not in "".join(traceback.format_exception(caught.value))


PACKET = b'{"schema": 1, "house_id": "\xc3\xbc"}'


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (PACKET.decode(), PACKET),
        ("\n [1]", b"\n [1]"),
        (base64.b64encode(PACKET).decode(), PACKET),
        (base64.encodebytes(PACKET * 5).decode(), PACKET * 5),
        (base64.b64encode(b"\xff\x00").decode(), b"\xff\x00"),
        ("not base64!", b"not base64!"),
        ("abc", b"abc"),
        ('"\u00fc"', b'"\xc3\xbc"'),
        ("", b""),
    ],
)
def test_a_body_is_what_the_sender_meant(content: str, body: bytes) -> None:
    assert _body(content) == body
