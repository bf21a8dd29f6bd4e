"""`sunsift doctor` on servers: up, down, locked, misconfigured; and that it never tells a secret."""

import base64
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from azure.storage.queue import QueueClient, QueueSasPermissions, generate_queue_sas
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg import sql
from redis import Redis
from typer.testing import CliRunner

from sunsift.cli.app import app
from tests.support.receiver import Receiver
from tests.support.servers.azurite import ACCOUNT, KEY, Azurite
from tests.support.servers.common import free_port
from tests.support.servers.postgres import NEEDS_PASSWORD, Postgres, fresh_database
from tests.support.servers.valkey import StartValkey, Valkey, ValkeyCluster

SECRET = "n0t-for-0thers"
Found = dict[str, dict[str, str]]


class Doctor:
    """`sunsift doctor` on a folder of its own. said: everything that it ever printed."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.said = ""

    def __call__(self, *arguments: str, exits: int = 0, **variables: str) -> Found:
        """Return the checks by name. variables: of the environment, without SUNSIFT_."""
        environment = {f"SUNSIFT_{name.upper()}": value for name, value in variables.items()}
        environment |= {"SUNSIFT_DATA": str(self._data), "COLUMNS": "250"}
        for form in ([], ["--json"]):
            result = CliRunner().invoke(
                app, [*arguments, "doctor", *form], env=environment, prog_name="sunsift"
            )
            assert result.exit_code == exits, result.output
            self.said += result.output
        checks: list[dict[str, str]] = json.loads(result.stdout)
        return {check["check"]: check for check in checks}


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doctor]:
    """The doctor, who in the end must have told no secret."""
    for name in ("SUNSIFT_STORE", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    made = Doctor(tmp_path / "state")
    yield made
    for secret in (SECRET, SECRET.replace("-", "%2D"), KEY, base64.b64encode(SECRET.encode()).decode()):
        assert secret not in made.said


def is_bad(check: Mapping[str, str], *words: str) -> None:
    """Check that it is a problem, which says so in these words, and what to do."""
    said = f"{check['found']} {check['advice']}"
    assert check["state"] == "problem", check
    assert check["advice"], check
    for word in words:
        assert word in said, check


@pytest.fixture
def database(postgres: Postgres) -> str:
    return fresh_database(postgres)


@pytest.fixture
def locked(postgres: Postgres, database: str) -> str:
    """An address with a user who has to give the password SECRET, and without it."""
    name = database.rpartition("/")[2]
    user = f"worker_of_{name}"
    with psycopg.connect(database, autocommit=True) as connection:
        make = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
        connection.execute(make.format(sql.Identifier(user), SECRET, sql.Identifier(NEEDS_PASSWORD)))
    return database.replace("postgres@", f"{user}@")


def of_store(found: Found) -> list[dict[str, str]]:
    return [check for name, check in found.items() if name.startswith("store")]


def test_postgres_that_is_well(doctor: Doctor, database: str) -> None:
    found = doctor(store=database)
    assert {check["state"] for check in of_store(found)} <= {"ok", "warning"}
    assert any("18" in check["found"] for check in of_store(found))
    assert found["contents"]["found"] == "0 houses, 0 days, 0 predictions"
    assert "houses add" in found["contents"]["advice"]
    assert "database" not in found


def test_postgres_that_is_down(doctor: Doctor) -> None:
    found = doctor(store=f"postgresql://sunsift:{SECRET}@127.0.0.1:{free_port()}/sunsift", exits=1)
    is_bad(of_store(found)[0], "cannot be reached")
    assert "contents" not in found  # once is enough


def test_postgres_with_the_wrong_password(doctor: Doctor, locked: str) -> None:
    found = doctor(store=locked.replace("@", f":{SECRET}-not@"), exits=1)
    is_bad(of_store(found)[0], "password")
    found = doctor(store=locked, exits=1)
    is_bad(of_store(found)[0], "password")


def test_postgres_with_the_password_in_the_environment(
    doctor: Doctor, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    found = doctor(store=locked, exits=1)  # it lacks rights, which shows that it was let in
    assert any("store grant" in check["found"] + check["advice"] for check in of_store(found)), found


def test_postgres_without_tables(doctor: Doctor, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS without_tables")
        connection.execute("CREATE DATABASE without_tables TEMPLATE template0")
    found = doctor(store=postgres.url("without_tables"), exits=1)
    assert any("store migrate" in check["advice"] for check in of_store(found)), found


@pytest.mark.parametrize("url", [f"mysql://sunsift:{SECRET}@db/x", f"postgresql://u:{SECRET}@h:port/x"])
def test_what_is_no_store(doctor: Doctor, url: str) -> None:
    found = doctor(store=url, exits=1)
    assert {check["state"] for check in of_store(found)} == {"problem"}


def test_valkey_that_is_well(doctor: Doctor, valkey: Valkey) -> None:
    found = doctor(coordinator=valkey.url)
    assert found["coordinator"]["state"] == "ok"
    assert "Valkey 9" in found["coordinator"]["found"]
    assert found["coordinator memory"]["state"] == "ok"


def test_a_cluster(doctor: Doctor, valkey_cluster: ValkeyCluster) -> None:
    found = doctor(coordinator=valkey_cluster.url)
    assert found["coordinator cluster"]["found"] == "state ok, 16384 of 16384 slots served"
    found = doctor(coordinator=valkey_cluster.url.partition("?")[0], exits=1)
    is_bad(found["coordinator cluster"], "?cluster=true")


def test_a_cluster_that_is_none(doctor: Doctor, valkey: Valkey) -> None:
    is_bad(doctor(coordinator=f"{valkey.url}?cluster=true", exits=1)["coordinator"], "this is no cluster")


def test_valkey_that_is_down(doctor: Doctor, start_valkey: StartValkey) -> None:
    server = start_valkey()
    server.stop()
    url = server.url.replace("//", f"//:{SECRET}@")
    is_bad(doctor(coordinator=url, exits=1)["coordinator"], f"127.0.0.1:{server.port}", "check that it runs")


def test_valkey_with_a_wrong_password_and_the_right_one(doctor: Doctor, start_valkey: StartValkey) -> None:
    server = start_valkey("--requirepass", SECRET)
    for wrong in (server.url, server.url.replace("//", f"//:{SECRET}-not@")):
        is_bad(doctor(coordinator=wrong, exits=1)["coordinator"], "password")
    assert doctor(coordinator=server.url.replace("//", f"//:{SECRET}@"))["coordinator"]["state"] == "ok"


def test_a_user_who_may_not_run_scripts(doctor: Doctor, start_valkey: StartValkey) -> None:
    server = start_valkey()
    with Redis(port=server.port) as client:
        client.execute_command("ACL", "SETUSER", "little", "on", f">{SECRET}", "~*", "+@all", "-eval")
    url = server.url.replace("//", f"//little:{SECRET}@")
    is_bad(doctor(coordinator=url, exits=1)["coordinator"], "no permissions", "scripts")


def test_valkey_that_forgets(doctor: Doctor, start_valkey: StartValkey) -> None:
    server = start_valkey("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    is_bad(doctor(coordinator=server.url, exits=1)["coordinator memory"], "allkeys-lru", "noeviction")
    with Redis(port=server.port) as client:
        client.config_set("maxmemory-policy", "noeviction")
        assert doctor(coordinator=server.url)["coordinator memory"]["state"] == "ok"
        client.config_set("maxmemory", "1kb")
    assert doctor(coordinator=server.url)["coordinator memory"]["state"] == "warning"


def test_a_replica(doctor: Doctor, start_valkey: StartValkey, valkey: Valkey) -> None:
    server = start_valkey("--replicaof", f"127.0.0.1 {valkey.port}")
    is_bad(doctor(coordinator=server.url, exits=1)["coordinator"], "replica", "primary")


def test_a_server_that_never_answers(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        found = doctor(
            coordinator=f"redis://:{SECRET}@127.0.0.1:{port}/0",
            to=f"https://retailer:{SECRET}@127.0.0.1:{port}/solar",
            exits=1,
        )
    is_bad(found["coordinator"], "check that it runs")
    is_bad(found["outbox"], "no connection")


@pytest.fixture
def queue(azurite: Azurite) -> Iterator[QueueClient]:
    with azurite.queue() as queue:
        yield queue


def named(queue: QueueClient) -> str:
    return f"azure://{ACCOUNT}/{queue.queue_name}"


def sas_of(queue: QueueClient, rights: str, days: float) -> str:
    return generate_queue_sas(
        ACCOUNT,
        str(queue.queue_name),
        KEY,
        permission=QueueSasPermissions.from_string(rights),
        start=datetime.now(UTC) - timedelta(days=30),
        expiry=datetime.now(UTC) + timedelta(days=days, minutes=1),
    )


def test_queues_that_are_well(doctor: Doctor, azurite: Azurite, queue: QueueClient) -> None:
    with_key: dict[str, Any] = {"azure_connection_string": azurite.connection_string}
    assert "about 0 messages" in doctor(inbox=named(queue), **with_key)["inbox"]["found"]
    queue.send_message("{}")
    found = doctor(inbox=named(queue), to=named(queue), **with_key)
    assert {found[name]["state"] for name in ("inbox", "outbox")} == {"ok"}
    assert "about 1 messages, the first is there for 0 minutes" in found["inbox"]["found"]
    assert "Azure SAS" not in found
    assert [message.dequeue_count for message in queue.peek_messages()] == [0]


def test_a_queue_that_is_not_there(doctor: Doctor, azurite: Azurite) -> None:
    found = doctor(
        inbox=f"azure://{ACCOUNT}/nowhere", azure_connection_string=azurite.connection_string, exits=1
    )
    is_bad(found["inbox"], "there is no queue")


def test_a_wrong_key(doctor: Doctor, azurite: Azurite, queue: QueueClient) -> None:
    wrong = base64.b64encode(SECRET.encode()).decode()
    connection_string = azurite.connection_string.replace(KEY, wrong)
    found = doctor(inbox=named(queue), azure_connection_string=connection_string, exits=1)
    is_bad(found["inbox"], "refuses the credentials")


def test_azure_that_is_down(doctor: Doctor, azurite: Azurite) -> None:
    elsewhere = azurite.connection_string.replace(f":{azurite.port}/", f":{free_port()}/")
    found = doctor(inbox=f"azure://{ACCOUNT}/packets", azure_connection_string=elsewhere, exits=1)
    is_bad(found["inbox"], "cannot be reached")


@pytest.mark.parametrize(
    ("rights", "days", "inbox", "sas"),
    [
        ("rup", 100, "ok", "ok"),
        ("raup", 13.5, "ok", "warning"),
        ("rup", -1, "problem", "problem"),
        ("r", 100, "problem", "ok"),
    ],
)
def test_a_sas(
    doctor: Doctor, azurite: Azurite, queue: QueueClient, rights: str, days: float, inbox: str, sas: str
) -> None:
    token = sas_of(queue, rights, days)
    found = doctor(
        inbox=named(queue),
        azure_connection_string=azurite.connection_string_with(token),
        exits=int("problem" in (inbox, sas)),
    )
    assert (found["inbox"]["state"], found["Azure SAS"]["state"]) == (inbox, sas), found
    assert token.partition("sig=")[2].partition("&")[0] not in doctor.said
    assert f"{datetime.now(UTC) + timedelta(days=days, minutes=1):%Y-%m-%d}" in found["Azure SAS"]["found"]


def test_a_sas_that_may_only_add(doctor: Doctor, azurite: Azurite, queue: QueueClient) -> None:
    given: dict[str, Any] = {
        "azure_connection_string": azurite.connection_string_with(sas_of(queue, "a", 100))
    }
    assert doctor(to=named(queue), **given)["outbox"]["state"] == "ok"
    is_bad(doctor(inbox=named(queue), **given, exits=1)["inbox"], "read, update, process", "sp=rup")


@pytest.mark.parametrize("sas", [f"sv=2024&sig={SECRET}", f"sv=2024&se=soon&sig={SECRET}", SECRET])
def test_odd_tokens(doctor: Doctor, sas: str) -> None:
    # The queue has no host, for there is no such account; what counts is that nothing is told.
    doctor(inbox="azure://sunsift0nowhere/packets", azure_sas=sas, exits=1)


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


def certificate(folder: Path, days: int) -> Path:
    """Make a certificate of 127.0.0.1 that signs itself; it and its key are in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "retailer")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
    )
    usage |= dict.fromkeys(("encipher_only", "decipher_only"), False)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=400))
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        # From Python 3.13 on, an authority without these is refused.
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


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


def test_everything_at_once(
    doctor: Doctor, database: str, valkey: Valkey, azurite: Azurite, queue: QueueClient
) -> None:
    found = doctor(
        store=database,
        coordinator=valkey.url,
        inbox=named(queue),
        to=named(queue),
        azure_connection_string=azurite.connection_string,
    )
    assert {check["state"] for check in found.values()} <= {"ok", "warning", "missing"}
    assert "data folder" not in found
