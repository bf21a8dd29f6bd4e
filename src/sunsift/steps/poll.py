"""Poll: look how much mail waits and wake as many workers as it takes."""

import math

from sunsift.ports import WAKE, Inbox, Topic


def poll(inbox: Inbox, topic: Topic) -> int:
    """Send one wake-up for each batch of waiting messages; return how many."""
    wake_ups = math.ceil(inbox.depth() / inbox.batch)
    if wake_ups:
        topic.publish(WAKE, [""] * wake_ups)
    return wake_ups
