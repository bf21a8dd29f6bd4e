"""Hints through Amazon SNS, which hands them to one queue a channel."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sunsift.domain.errors import SunsiftError

EMPTY = "-"
"""What an empty hint is sent as: SNS takes no empty message. Who works on it does not read it."""
# SNS takes no more in one call.
BATCH = 10
# A call is all waiting: a thousand houses are 100 calls, which one after the other would take seconds.
THREADS = 8
PAUSES_SECONDS = (0.1, 0.3, 1.0)


class TopicError(SunsiftError):
    """Hints could not be published. They may be lost: the schedule and the sweep make up for them."""


class SnsTopic:
    """Publishes hints to the SNS topic of their channel, ten a call.

    The queues must be subscribed with raw message delivery: then a message's body is the hint.
    """

    def __init__(
        self, client: Any, arns: Mapping[str, str], traceparent: Callable[[], str] = lambda: ""
    ) -> None:
        """Publish through a boto3 client of SNS. arns: the topic of each channel.

        traceparent: tells the running trace as in W3C Trace Context, or ""; it is sent as an attribute.
        """
        self._client = client
        self._arns = dict(arns)
        self._traceparent = traceparent

    def publish(self, channel: str, bodies: Sequence[str]) -> None:
        """Send hints, in no order. Errors: TopicError, when some were refused again and again."""
        if not bodies:
            return
        arn = self._arns.get(channel)
        if arn is None:
            raise TopicError(f"there is no topic for {channel!r}")
        attributes = _attributes(self._traceparent())
        batches = [bodies[start : start + BATCH] for start in range(0, len(bodies), BATCH)]

        def send(batch: Sequence[str]) -> str:
            return self._send(arn, batch, attributes)

        if len(batches) == 1:
            problems = [send(batches[0])]
        else:
            with ThreadPoolExecutor(min(THREADS, len(batches)), "sns") as pool:
                problems = list(pool.map(send, batches))
        if problem := next(filter(None, problems), ""):
            failed = sum(map(bool, problems))
            raise TopicError(f"{channel}: {failed} of {len(batches)} calls to SNS failed: {problem}")

    def _send(self, arn: str, bodies: Sequence[str], attributes: dict[str, Any]) -> str:
        """Publish up to ten hints, those that SNS refuses again; return why some were not sent, or ""."""
        left = [{"Id": str(n), "Message": body or EMPTY} | attributes for n, body in enumerate(bodies)]
        problem = ""
        for pause in (*PAUSES_SECONDS, None):
            try:
                failed = self._client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=left)["Failed"]
            except (BotoCoreError, ClientError) as error:
                # The client has already tried again whatever can pass; a call may fail with all its entries.
                return str(error)
            if not failed:
                return ""
            problem = f"{failed[0].get('Code')}: {failed[0].get('Message', '')}"
            refused = {entry["Id"] for entry in failed}
            left = [entry for entry in left if entry["Id"] in refused]
            if all(entry.get("SenderFault") for entry in failed) or pause is None:
                break
            time.sleep(pause)
        return problem


def _attributes(traceparent: str) -> dict[str, Any]:
    if not traceparent:
        return {}
    return {"MessageAttributes": {"traceparent": {"DataType": "String", "StringValue": traceparent}}}
