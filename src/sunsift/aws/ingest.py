"""On a wake-up: take one batch of messages from the inbox."""

import logging
from typing import Any

from sunsift.aws.environment import INBOX, STORE, TOPICS
from sunsift.aws.observe import Event, logger, observed, trace_id
from sunsift.aws.parts import parts_for
from sunsift.aws.records import each_record
from sunsift.aws.time_left import Deadline
from sunsift.ports import WAKE

log = logging.getLogger(__name__)
NEEDS = (STORE, INBOX, TOPICS[WAKE])
RESERVE_SECONDS = 20.0


@observed("ingest")
def handler(event: Event, context: Any) -> dict[str, Any]:
    """Run the step once for each wake-up."""
    parts = parts_for(NEEDS)

    def ingest(_: str) -> None:
        trace = trace_id()
        with logger.append_context_keys(trace_id=trace):
            done = parts.steps.ingest(parts.inbox, trace)
            log.info("took %d messages", done.taken)

    def hand_on(_: str) -> None:
        parts.topic.publish(WAKE, [""])

    deadline = Deadline(context, RESERVE_SECONDS)
    return each_record(event, context, parts.once("ingest"), deadline, ingest, hand_on)
