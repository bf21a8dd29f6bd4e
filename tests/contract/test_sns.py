"""The topic on Amazon SNS, as queues see it."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.config import Config

from sunsift.adapters.sns_topic import EMPTY, SnsTopic, TopicError
from sunsift.ports import DELIVER, PREDICT, WAKE
from tests.contract.suites.topic import Take, TopicContract
from tests.support.servers.ministack import REGION, Channels, Ministack

CHANNELS = (WAKE, PREDICT, DELIVER)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def channels(channels_of: Callable[[Sequence[str]], Channels]) -> Channels:
    return channels_of(CHANNELS)


@pytest.fixture
def topic(ministack: Ministack, channels: Channels) -> SnsTopic:
    return SnsTopic(ministack.client("sns"), channels.arns)


class TestSnsTopic(TopicContract):
    @pytest.fixture
    def take(self, channels: Channels) -> Take:
        """What works on wake and deliver reads no body."""
        return lambda channel, limit: ["" if b == EMPTY else b for b in channels.take(channel, limit)]

    def test_a_thousand_houses_arrive_once_each(self, topic: SnsTopic, channels: Channels) -> None:
        houses = [f"61020{n:05}" for n in range(1003)]
        topic.publish(PREDICT, houses)
        assert sorted(channels.take(PREDICT, 2000)) == houses

    def test_a_running_trace_goes_along(self, ministack: Ministack, channels: Channels) -> None:
        SnsTopic(ministack.client("sns"), channels.arns, lambda: TRACEPARENT).publish(PREDICT, ["a"])
        (message,) = channels.take_messages(PREDICT, 1)
        assert message["MessageAttributes"]["traceparent"]["StringValue"] == TRACEPARENT

    def test_without_a_trace_nothing_goes_along(self, topic: SnsTopic, channels: Channels) -> None:
        topic.publish(PREDICT, ["a"])
        (message,) = channels.take_messages(PREDICT, 1)
        assert "MessageAttributes" not in message

    def test_a_channel_without_a_topic_is_named(self, ministack: Ministack, channels: Channels) -> None:
        topic = SnsTopic(ministack.client("sns"), {WAKE: channels.arns[WAKE]})
        with pytest.raises(TopicError, match="no topic for 'predict'"):
            topic.publish(PREDICT, ["a"])

    def test_a_topic_that_was_deleted_is_an_error(self, ministack: Ministack, channels: Channels) -> None:
        client = ministack.client("sns")
        client.delete_topic(TopicArn=channels.arns[PREDICT])
        with pytest.raises(TopicError, match="2 of 2 calls to SNS failed"):
            SnsTopic(client, channels.arns).publish(PREDICT, ["a"] * 11)


class Fussy(ThreadingHTTPServer):
    """Speaks as SNS does, and refuses each message as often as told before it takes it."""

    def __init__(self, refusals: int, sender_fault: bool) -> None:
        self.refusals = refusals
        self.sender_fault = sender_fault
        self.taken: list[str] = []
        self.asked: list[list[str]] = []
        super().__init__(("127.0.0.1", 0), _Answer)

    def answer(self, body: str) -> str:
        """Take or refuse the messages of one call: an odd one only after so many refusals."""
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        kind = r"PublishBatchRequestEntries\.member\.(\d+)\.Id"
        numbers = [match[1] for name in fields if (match := re.fullmatch(kind, name))]
        entries = {
            fields[f"PublishBatchRequestEntries.member.{n}.Id"]: fields[
                f"PublishBatchRequestEntries.member.{n}.Message"
            ]
            for n in numbers
        }
        self.asked.append(sorted(entries.values()))
        fussy = len(self.asked) <= self.refusals
        done = failed = ""
        for key, message in entries.items():
            if fussy and int(message) % 2:
                fault = str(self.sender_fault).lower()
                failed += f"<member><Id>{key}</Id><SenderFault>{fault}</SenderFault>"
                failed += "<Code>InternalError</Code></member>"
            else:
                self.taken.append(message)
                done += f"<member><Id>{key}</Id><MessageId>{key}</MessageId></member>"
        return (
            '<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
            f"<Successful>{done}</Successful><Failed>{failed}</Failed>"
            "</PublishBatchResult></PublishBatchResponse>"
        )


class _Answer(BaseHTTPRequestHandler):
    server: Fussy

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        answer = self.server.answer(asked).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def fussy(request: pytest.FixtureRequest) -> Iterator[Fussy]:
    with Fussy(*request.param) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def topic_of(fussy: Fussy) -> SnsTopic:
    client: Any = boto3.client(
        "sns",
        endpoint_url=f"http://127.0.0.1:{fussy.server_port}",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return SnsTopic(client, {PREDICT: f"arn:aws:sns:{REGION}:000000000000:predict"})


@pytest.mark.parametrize("fussy", [(2, False)], indirect=True)
def test_what_was_refused_is_sent_again_and_nothing_else(fussy: Fussy) -> None:
    topic_of(fussy).publish(PREDICT, ["1", "2", "3"])
    assert fussy.asked == [["1", "2", "3"], ["1", "3"], ["1", "3"]]
    assert sorted(fussy.taken) == ["1", "2", "3"]


@pytest.mark.parametrize("fussy", [(100, False)], indirect=True)
def test_what_is_refused_again_and_again_is_an_error(fussy: Fussy) -> None:
    with pytest.raises(TopicError, match="InternalError"):
        topic_of(fussy).publish(PREDICT, ["1", "2"])
    assert len(fussy.asked) == 4
    assert fussy.taken == ["2"]


@pytest.mark.parametrize("fussy", [(100, True)], indirect=True)
def test_our_own_fault_is_not_tried_again(fussy: Fussy) -> None:
    with pytest.raises(TopicError, match="InternalError"):
        topic_of(fussy).publish(PREDICT, ["1", "2"])
    assert len(fussy.asked) == 1
