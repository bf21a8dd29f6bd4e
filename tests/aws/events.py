"""What Lambda gives a handler: events as AWS sends them, and a context."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

REGION = "eu-central-1"
PLENTY_MS = 90_000
_numbers = itertools.count()


@dataclass
class Context:
    """The context of an invocation with so much time left.

    remaining_ms: the answers to how much time is left, one after the other; the last one is repeated.
    """

    remaining_ms: Sequence[int] = (PLENTY_MS,)
    function_name: str = "sunsift-test"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:000000000000:function:sunsift-test"
    aws_request_id: str = field(default_factory=lambda: str(uuid.UUID(int=next(_numbers))))
    asked: int = 0

    def get_remaining_time_in_millis(self) -> int:
        """Return the next answer [ms]."""
        answer = self.remaining_ms[min(self.asked, len(self.remaining_ms) - 1)]
        self.asked += 1
        return answer


Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def scheduled() -> dict[str, Any]:
    """Return the event of a schedule."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-22T02:10:00Z",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:000000000000:rule/sunsift-poll"],
        "detail": {},
    }


def sqs_event(bodies: Sequence[str], ids: Sequence[str] = (), traceparent: str = "") -> dict[str, Any]:
    """Return the event of a batch of messages. ids: their names; by default new ones."""
    names = ids or [str(uuid.UUID(int=next(_numbers))) for _ in bodies]
    attributes = {"traceparent": {"stringValue": traceparent, "dataType": "String"}} if traceparent else {}
    return {
        "Records": [
            {
                "messageId": name,
                "receiptHandle": f"handle-of-{name}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1795394677000",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1795394677010",
                },
                "messageAttributes": attributes,
                "md5OfBody": "336d5ebc5436534e61d16e63ddfca327",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:sunsift",
                "awsRegion": REGION,
            }
            for name, body in zip(names, bodies, strict=True)
        ]
    }


def failed(answer: dict[str, Any]) -> list[str]:
    """Return the names of the messages that SQS is to bring again."""
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]
