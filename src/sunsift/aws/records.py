"""The messages of one batch from SQS, one after the other."""

import logging
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from sunsift.aws.environment import doubt_secret
from sunsift.aws.observe import EMF, Event, logger
from sunsift.aws.once import Once
from sunsift.aws.time_left import Deadline

log = logging.getLogger(__name__)


def bodies_of(event: Event) -> list[str]:
    """Return the bodies of a batch's messages."""
    return [record["body"] for record in event["Records"]]


def each_record(
    event: Event,
    context: Any,
    once: Once,
    deadline: Deadline,
    work: Callable[[str], None],
    hand_on: Callable[[str], None],
) -> dict[str, Any]:
    """Work on each message's body, and return which messages SQS has to bring again.

    When time is short the others are handed on as new messages and count as done: to bring them back would
    count as a failure of theirs. The first is always worked on, lest they go round for ever.
    """
    once.begin(context)
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    first = True

    def one(record: SQSRecord) -> None:
        nonlocal first
        late, first = not first and deadline.passed(), False
        cause = record.message_attributes["traceparent"]
        told = {"message_id": record.message_id, "caused_by": cause.string_value if cause else None}
        with logger.append_context_keys(**told):
            try:
                if late:
                    hand_on(record.body)
                    log.info("time is short: the message was handed on")
                else:
                    once.do(record.message_id, lambda: work(record.body))
            except IdempotencyAlreadyInProgressError:
                log.info("another invocation works on the same message; it will come again")
                raise
            except Exception:
                log.exception("the message failed and will come again")
                EMF.level("MessagesFailed", 1)
                doubt_secret()
                raise

    return dict(process_partial_response(event, one, processor, context))
