"""Poll: look how much mail waits and wake as many workers as it takes."""

import math
from dataclasses import dataclass

from sunsift.ports import WAKE, Inbox, Topic


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll saw and did. depth: messages that wait, about. wake_ups: sent, one a batch."""

    depth: int
    wake_ups: int


def poll(inbox: Inbox, topic: Topic) -> Polled:
    """Send one wake-up for each batch of waiting messages."""
    depth = inbox.depth()
    wake_ups = math.ceil(depth / inbox.batch)
    if wake_ups:
        topic.publish(WAKE, [""] * wake_ups)
    return Polled(depth, wake_ups)
