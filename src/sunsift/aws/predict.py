"""On a message that names a house: judge it."""

from typing import Any

import sunsift.model.trained  # noqa: F401 - imported while Lambda starts, when time costs nothing
from sunsift.aws.environment import STORE, TOPICS
from sunsift.aws.observe import Event, observed
from sunsift.aws.parts import parts_for
from sunsift.aws.records import each_record
from sunsift.aws.time_left import Deadline
from sunsift.ports import DELIVER, PREDICT

NEEDS = (STORE, TOPICS[PREDICT], TOPICS[DELIVER])
RESERVE_SECONDS = 20.0


@observed("predict")
def handler(event: Event, context: Any) -> dict[str, Any]:
    """Run the step for each house."""
    parts = parts_for(NEEDS)

    def predict(house_id: str) -> None:
        parts.steps.predict([house_id])

    def hand_on(house_id: str) -> None:
        parts.topic.publish(PREDICT, [house_id])

    deadline = Deadline(context, RESERVE_SECONDS)
    return each_record(event, context, parts.once("predict"), deadline, predict, hand_on)
