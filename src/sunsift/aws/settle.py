"""Every minute: ask for a predict of each house that has been quiet long enough."""

import logging
from typing import Any

from sunsift.aws.backlog import room
from sunsift.aws.environment import PREDICT_CONCURRENCY, PREDICT_QUEUE, STORE, TOPICS
from sunsift.aws.observe import Event, observed
from sunsift.aws.parts import parts_for
from sunsift.aws.time_left import Deadline
from sunsift.ports import PREDICT
from sunsift.steps.settle import BATCH

log = logging.getLogger(__name__)
NEEDS = (STORE, TOPICS[PREDICT], PREDICT_QUEUE, PREDICT_CONCURRENCY)
RESERVE_SECONDS = 30.0


@observed("settle")
def handler(event: Event, context: Any) -> dict[str, int]:
    """Repeat the step until no house is left, enough wait for predict, or time is short.

    The next minute goes on. Region days close in any case.
    """
    parts = parts_for(NEEDS)
    steps, told = parts.steps, parts.environment
    may_claim = room(parts.sqs, told.predict_queue, told.predict_concurrency)
    if may_claim < BATCH:
        closed = steps.close_days()
        log.warning("no house is claimed until predict has caught up; region days closed: %d", closed)
        return {"claimed": 0}
    deadline = Deadline(context, RESERVE_SECONDS)
    claimed = now = steps.settle()
    while now and claimed + BATCH <= may_claim and not deadline.passed():
        now = steps.settle()
        claimed += now
    return {"claimed": claimed}
