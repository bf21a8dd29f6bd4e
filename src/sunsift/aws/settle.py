"""Every minute: ask for a predict of each house that has been quiet long enough."""

from typing import Any

from sunsift.aws.environment import STORE, TOPICS
from sunsift.aws.observe import Event, observed
from sunsift.aws.parts import parts_for
from sunsift.aws.time_left import Deadline
from sunsift.ports import PREDICT

NEEDS = (STORE, TOPICS[PREDICT])
RESERVE_SECONDS = 30.0


@observed("settle")
def handler(event: Event, context: Any) -> dict[str, int]:
    """Repeat the step until no house is left, or time is short: the next minute goes on."""
    steps = parts_for(NEEDS).steps
    deadline = Deadline(context, RESERVE_SECONDS)
    claimed = now = steps.settle()
    while now and not deadline.passed():
        now = steps.settle()
        claimed += now
    return {"claimed": claimed}
