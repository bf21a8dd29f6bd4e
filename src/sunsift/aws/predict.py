"""On messages that name houses: judge them."""

import logging
from typing import Any

import sunsift.model.trained  # noqa: F401 - imported while Lambda starts, when time costs nothing
from sunsift.aws.environment import STORE, TOPICS
from sunsift.aws.observe import Event, observed
from sunsift.aws.parts import parts_for
from sunsift.aws.records import bodies_of, each_record
from sunsift.aws.time_left import Deadline
from sunsift.ports import DELIVER, PREDICT

log = logging.getLogger(__name__)
NEEDS = (STORE, TOPICS[PREDICT], TOPICS[DELIVER])
RESERVE_SECONDS = 20.0


@observed("predict")
def handler(event: Event, context: Any) -> dict[str, Any]:
    """Run the step for all houses at once, which costs half; if that fails, house by house.

    A message that comes twice finds nothing to judge any more, so it is not looked up before.
    """
    parts = parts_for(NEEDS)
    deadline = Deadline(context, RESERVE_SECONDS)
    if not deadline.passed():
        try:
            parts.steps.predict(bodies_of(event))
        except Exception:
            log.warning("a house of the batch fails: they are judged one by one", exc_info=True)
        else:
            return {"batchItemFailures": []}

    def predict(house_id: str) -> None:
        parts.steps.predict([house_id])

    def hand_on(house_id: str) -> None:
        parts.topic.publish(PREDICT, [house_id])

    return each_record(event, context, parts.once("predict"), deadline, predict, hand_on)
