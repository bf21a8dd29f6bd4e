"""`sunsift doctor` on PostgreSQL, Valkey and queues of Azure: up, down, locked, misconfigured."""

import base64
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from azure.storage.queue import QueueClient, QueueSasPermissions, generate_queue_sas
from psycopg import sql
from redis import Redis

from tests.acceptance.doctor_command import SECRET, Doctor, Found, is_bad
from tests.support.servers.azurite import ACCOUNT, KEY, Azurite
from tests.support.servers.common import free_port
from tests.support.servers.postgres import NEEDS_PASSWORD, Postgres, fresh_database
from tests.support.servers.valkey import StartValkey, Valkey, ValkeyCluster

pytest_plugins = ["tests.acceptance.doctor_fixtures"]


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
