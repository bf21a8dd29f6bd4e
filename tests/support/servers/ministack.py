"""A real ministack for tests: the parts of AWS that Sunsift uses, in one process of its own."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.support.servers.common import ROOT, TOOLS, Server, free_port, plain_environment

REGION = "eu-central-1"
ACCOUNT = "000000000000"
PROGRAM = TOOLS / "ministack" / "bin" / "ministack"
_numbers = count()


class Ministack(Server):
    """AWS on a port of this machine."""

    def __init__(self, log: Path) -> None:
        port = free_port()
        environment = plain_environment() | {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
        }
        super().__init__("ministack", [str(PROGRAM)], port, log, environment | self.environment(port))

    @staticmethod
    def environment(port: int) -> dict[str, str]:
        """Return the variables by which boto3 finds a ministack and nothing else."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
        )


class Channels:
    """A topic and a queue for each channel, as serverless.yml lays them out."""

    def __init__(self, server: Ministack, names: Sequence[str]) -> None:
        """Make them, with names that nobody had before."""
        sns, self._sqs = server.client("sns"), server.client("sqs")
        self.arns: dict[str, str] = {}
        self._queues: dict[str, str] = {}
        number = next(_numbers)
        for name in names:
            self.arns[name] = sns.create_topic(Name=f"{name}-{number}")["TopicArn"]
            queue = self._queues[name] = self._sqs.create_queue(QueueName=f"{name}-{number}")["QueueUrl"]
            told = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
            sns.subscribe(
                TopicArn=self.arns[name],
                Protocol="sqs",
                Endpoint=told["QueueArn"],
                Attributes={"RawMessageDelivery": "true"},
            )

    def url(self, channel: str) -> str:
        """Return the URL of a channel's queue."""
        return self._queues[channel]

    def take_messages(self, channel: str, limit: int) -> list[dict[str, Any]]:
        """Receive up to `limit` messages and delete them."""
        url = self._queues[channel]
        taken: list[dict[str, Any]] = []
        while len(taken) < limit:
            found = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=min(10, limit - len(taken)), MessageAttributeNames=["All"]
            ).get("Messages", [])
            if not found:
                break
            for message in found:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken += found
        return taken

    def take(self, channel: str, limit: int) -> list[str]:
        """Receive up to `limit` bodies and delete their messages."""
        return [message["Body"] for message in self.take_messages(channel, limit)]


def put_secret(server: Ministack, kind: str, name: str, values: Mapping[str, str]) -> str:
    """Keep values as JSON in a secret, and return what SUNSIFT_SECRET is set to. Again: replace them."""
    text = json.dumps(values)
    if kind == "ssm":
        server.client("ssm").put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)
    else:
        secrets = server.client("secretsmanager")
        try:
            secrets.create_secret(Name=name, SecretString=text)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=name, SecretString=text)
    return f"{kind}:{name}"


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    """A running ministack, installed if it is not there."""
    if not PROGRAM.exists():
        subprocess.run([ROOT / "tools" / "servers", "ministack"], check=True)
    server = Ministack(tmp_path_factory.mktemp("ministack") / "ministack.log")
    server.start()
    yield server
    server.kill()  # it takes seconds to say goodbye, and keeps nothing


@pytest.fixture
def channels_of(ministack: Ministack) -> Callable[[Sequence[str]], Channels]:
    """Make topics with a queue each."""
    return lambda names: Channels(ministack, names)
