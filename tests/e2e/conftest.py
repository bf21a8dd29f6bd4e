"""Servers of the tests' own, which they may kill, and the deployment on them."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.e2e.cloud import Cloud
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
def cloud(zips: None, postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Everything that a deployment needs, with tables and queues but without functions yet."""
    folder = tmp_path_factory.mktemp("cloud")
    azurite = Azurite(folder / "azurite.log", folder / "azurite")
    ministack = Ministack(folder / "ministack.log")
    valkey = Valkey(folder)
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE sunsift")
    with ExitStack() as servers:
        for server in (azurite, ministack, valkey):
            servers.enter_context(running(server))
        cloud = Cloud(azurite, ministack, valkey, postgres_server.url("sunsift"), "packets", folder)
        cloud.prepare()
        yield cloud
