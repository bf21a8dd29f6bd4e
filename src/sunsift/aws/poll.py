"""Every minute: wake as many workers as the inbox needs."""

from typing import Any

from sunsift.aws.environment import INBOX, TOPICS
from sunsift.aws.observe import EMF, Event, observed
from sunsift.aws.parts import parts_for
from sunsift.ports import WAKE
from sunsift.steps.poll import poll
from sunsift.telemetry import timed

NEEDS = (INBOX, TOPICS[WAKE])


@observed("poll")
def handler(event: Event, context: Any) -> dict[str, int]:
    """Run the step, for which no store is opened."""
    parts = parts_for(NEEDS)
    with timed() as seconds:
        done = poll(parts.inbox, parts.topic)
    EMF.level("InboxDepth", done.depth)
    EMF.step("poll", seconds(), {"WakeUps": done.wake_ups})
    return {"depth": done.depth, "wake_ups": done.wake_ups}
