"""`sunsift doctor` on the web server that takes reports."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.doctor_command import SECRET, Doctor, is_bad
from tests.support.receiver import Receiver
from tests.support.servers.common import free_port
from tests.support.tls import certificate

pytest_plugins = ["tests.acceptance.doctor_fixtures"]


def test_a_webhook_without_tls(doctor: Doctor) -> None:
    receiver = Receiver()
    with receiver.running():
        found = doctor(to=receiver.url, webhook_secret="whsec_" + "QUJD" * 10)
    assert "answers, without TLS" in found["outbox"]["found"]
    assert (found["outbox"]["state"], found["webhook secret"]["state"]) == ("ok", "ok")
    assert receiver.headers == []


def test_a_webhook_that_is_down(doctor: Doctor) -> None:
    url = f"http://retailer:{SECRET}@127.0.0.1:{free_port()}/solar?token={SECRET}"
    found = doctor(to=url, exits=1)
    is_bad(found["outbox"], "no connection", "refused")
    assert found["webhook secret"]["state"] == "missing"


def test_a_webhook_in_our_own_network(doctor: Doctor) -> None:
    with Receiver().running() as receiver:
        found = doctor(to=receiver.url, private_receivers="no", exits=1)
    is_bad(found["outbox"], "127.0.0.1 is the private address", "SUNSIFT_PRIVATE_RECEIVERS")


def test_a_webhook_nowhere(doctor: Doctor) -> None:
    is_bad(
        doctor(to="https://retailer.invalid/solar", exits=1)["outbox"], "there is no host retailer.invalid"
    )


@pytest.mark.parametrize("secret", [SECRET, f"whsec_{SECRET}", base64.b64encode(SECRET.encode()).decode()])
def test_a_webhook_secret_that_is_none(doctor: Doctor, secret: str) -> None:
    receiver = Receiver()
    with receiver.running():
        found = doctor(to=receiver.url, webhook_secret=secret, exits=1)
    is_bad(found["webhook secret"], "openssl rand")


@contextmanager
def tls_server(pem: Path) -> Iterator[str]:
    """Shake hands with everybody, and hang up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with plain:
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/solar"
    finally:
        with closing(listening):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(("days", "state"), [(100, "ok"), (5, "warning")])
def test_a_certificate_that_is_good(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str
) -> None:
    pem = certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with tls_server(pem) as url:
        found = doctor(to=url)["outbox"]
    assert found["state"] == state
    assert "TLSv1.3, certificate until 20" in found["found"]


@pytest.mark.parametrize(("days", "word"), [(100, "self-signed"), (-1, "expired")])
def test_a_certificate_that_is_refused(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, word: str
) -> None:
    pem = certificate(tmp_path, days)
    if days < 0:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with tls_server(pem) as url:
        is_bad(doctor(to=url, exits=1)["outbox"], "the certificate is refused", word)


def test_https_where_there_is_no_tls(doctor: Doctor) -> None:
    receiver = Receiver()
    with receiver.running():
        url = receiver.url.replace("http://", "https://")
        is_bad(doctor(to=url, exits=1)["outbox"], "no TLS")
