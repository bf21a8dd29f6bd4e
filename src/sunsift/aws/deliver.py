"""Every minute, and after a predict that wrote reports: send what is due."""

from typing import Any

from sunsift.aws.environment import STORE, TO
from sunsift.aws.observe import Event, observed
from sunsift.aws.parts import parts_for
from sunsift.aws.time_left import Deadline

NEEDS = (STORE, TO)
# A batch whose receiver answers slowly takes this long; reports that were claimed and not sent wait a lease.
RESERVE_SECONDS = 60.0


@observed("deliver")
def handler(event: Event, context: Any) -> dict[str, list[Any]]:
    """Repeat the step while it sends something. What failed waits in the store for its next attempt.

    A message is nothing but a reason to look, like the clock; a second one finds nothing due. So messages
    are not read, and an error brings them again.
    """
    parts = parts_for(NEEDS)
    deadline = Deadline(context, RESERVE_SECONDS)
    while parts.steps.deliver(parts.sender).sent and not deadline.passed():
        pass
    return {"batchItemFailures": []}
