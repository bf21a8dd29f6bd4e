"""Servers of the tests' own, which they may kill, and the deployment on them."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.e2e.cloud import Cloud, Servers
from tests.support.servers.azurite import Azurite
from tests.support.servers.common import ROOT, Server
from tests.support.servers.ministack import Ministack
from tests.support.servers.postgres import Postgres, programs
from tests.support.servers.valkey import Valkey


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Run a server while the block does; if that fails, tell what the server said."""
    try:
        server.start()
        yield
    except BaseException:
        server.tell_log()
        raise
    finally:
        server.kill()


@pytest.fixture(scope="session")
def zips() -> None:
    """Make the functions' zips for the interpreter of the emulator."""
    subprocess.run([ROOT / "tools" / "servers", "azurite", "osls", "ministack"], check=True)
    subprocess.run([ROOT / "tools" / "package", "--emulator"], check=True)


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL that tests may kill: what it committed survives."""
    # Not below pytest's folder, which nobody but its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="sunsift-postgres-"))
    server = Postgres(next(iter(programs())), folder, folder / "log")
    with running(server):
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def servers(
    azurite_is_installed: None, postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """PostgreSQL, Valkey and a queue, with tables but without houses yet."""
    folder = tmp_path_factory.mktemp("servers")
    azurite = Azurite(folder / "azurite.log", folder / "azurite")
    valkey = Valkey(folder)
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE sunsift")
    with running(azurite), running(valkey):
        servers = Servers(azurite, valkey, postgres_server.url("sunsift"), folder)
        servers.prepare()
        yield servers


@pytest.fixture(scope="module")
def cloud(zips: None, servers: Servers) -> Iterator[Cloud]:
    """Everything that a deployment needs, without functions yet."""
    ministack = Ministack(servers.folder / "ministack.log")
    with running(ministack):
        cloud = Cloud(servers, ministack)
        cloud.prepare()
        yield cloud
