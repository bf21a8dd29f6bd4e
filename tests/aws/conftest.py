"""The functions' surroundings: an Azure queue, topics, a database and a Redis, all of them real."""

import base64
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters
from azure.storage.queue import QueueClient

from sunsift.aws import environment, ingest, observe, settle
from sunsift.aws.parts import forget_parts
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.ports import DELIVER, PREDICT, WAKE
from sunsift.records import Counts
from sunsift.settings import read_settings
from sunsift.wiring import connected
from tests.aws.events import Context, failed, scheduled, sqs_event
from tests.support.build import FIRST_DAY, a_house, days_of, message_of
from tests.support.receiver import HERE, Receiver
from tests.support.servers.azurite import ACCOUNT, Azurite
from tests.support.servers.ministack import Channels, Ministack
from tests.support.servers.postgres import Postgres, emptied, fresh_database
from tests.support.servers.valkey import Valkey

WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"only this test knows it, it is long").decode()


@dataclass
class Surroundings:
    """What the functions are told, and what is around them."""

    values: dict[str, str]
    channels: Channels
    queue: QueueClient
    receiver: Receiver
    set: Callable[[str, str], None]
    unset: Callable[[str], None]

    def send(self, packets: Iterable[Packet]) -> None:
        """Put packets on the inbox queue, as the retailer does."""
        for packet in packets:
            self.queue.send_message(base64.b64encode(message_of(packet)).decode())

    def waiting(self) -> int:
        """Return how many messages are on the inbox queue, hidden ones included."""
        return int(self.queue.get_queue_properties().approximate_message_count or 0)

    def register(self, *houses: House) -> None:
        """Register houses."""
        with closing(connected(read_settings(self.values))) as parts:
            parts.store.register(houses)

    def store(self, house_id: str = "house-1", days: int = 32, *, alive: bool = True) -> None:
        """Have a new house's days ingested, and settled so far that it may be predicted."""
        self.register(a_house(house_id))
        self.send(days_of(house_id, FIRST_DAY, days, alive=alive))
        wake_ups = -(-days // 32)
        assert failed(ingest.handler(sqs_event(["-"] * wake_ups), Context())) == []
        settle.handler(scheduled(), Context())
        assert house_id in self.channels.take(PREDICT, 10)

    def counts(self) -> Counts:
        """Count what is stored."""
        with closing(connected(read_settings(self.values))) as parts:
            return parts.records.counts()


@pytest.fixture(scope="session")
def database(postgres: Postgres) -> str:
    """A database for all these tests, which each finds empty."""
    return fresh_database(postgres)


@pytest.fixture
def around(
    monkeypatch: pytest.MonkeyPatch,
    ministack: Ministack,
    channels_of: Callable[[Sequence[str]], Channels],
    azurite: Azurite,
    azure_queue: QueueClient,
    valkey: Valkey,
    database: str,
) -> Iterator[Surroundings]:
    """Servers, and an environment that names them."""
    valkey.flush()
    channels = channels_of((WAKE, PREDICT, DELIVER))
    with Receiver(WEBHOOK_SECRET).running() as receiver:
        values = {
            "SUNSIFT_STORE": emptied(database),
            "SUNSIFT_COORDINATOR": valkey.url,
            "SUNSIFT_INBOX": f"azure://{ACCOUNT}/{azure_queue.queue_name}",
            "SUNSIFT_TO": receiver.url,
            **HERE,
            "SUNSIFT_AZURE_CONNECTION_STRING": azurite.connection_string,
            "SUNSIFT_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "SUNSIFT_QUIET_MINUTES": "0",
            "SUNSIFT_QUEUE_PREDICT": channels.url(PREDICT),
            "SUNSIFT_PREDICT_CONCURRENCY": "10",
        } | {f"SUNSIFT_TOPIC_{name.upper()}": arn for name, arn in channels.arns.items()}
        for name, value in (ministack.environment(ministack.port) | values).items():
            monkeypatch.setenv(name, value)
        yield Surroundings(values, channels, azure_queue, receiver, monkeypatch.setenv, monkeypatch.delenv)


@pytest.fixture(autouse=True)
def fresh_function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test begin with a cold start, and with no trace."""
    for name in ("_X_AMZN_TRACE_ID", "SUNSIFT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(observe.logger.registered_handler, "stream", _Stdout())
    yield
    forget_parts()
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    environment._last_read.clear()


class Output:
    """What functions write: logs and metrics, each a line of JSON."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text = ""

    def lines(self) -> list[dict[str, Any]]:
        """Return everything written so far."""
        self.text += self._capsys.readouterr().out
        return [json.loads(line) for line in self.text.splitlines()]

    def logs(self) -> list[dict[str, Any]]:
        """Return the lines of the log."""
        return [line for line in self.lines() if "_aws" not in line]

    def metrics(self) -> list[dict[str, Any]]:
        """Return the lines that CloudWatch takes metrics from."""
        return [line for line in self.lines() if "_aws" in line]

    def total(self, metric: str) -> float:
        """Return the sum of a metric; it must have been written."""
        values: list[list[float]] = [line[metric] for line in self.metrics() if metric in line]
        assert values, f"{metric} was not written"
        return sum(itertools.chain.from_iterable(values))


class _Stdout:
    """Whatever stdout is at the moment; pytest puts another in its place for each test."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    """What the functions write during the test."""
    return Output(capsys)
