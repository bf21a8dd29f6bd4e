"""How many more houses predict can be asked for."""

import logging
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sunsift.aws.observe import EMF

log = logging.getLogger(__name__)

HOUSES_A_WORKER: Final = 3_000
"""So many houses may wait for each call of predict that may run at once: 30,000 for the ten as shipped.

A house whose claim ends while its message still waits is claimed again; the doubled message makes all others
wait longer, until predict looks at little else. So whatever waits must be judged well within a claim (120 s):
three thousand take one worker half of it at the time that docs/scale.md measures. Fewer would leave workers
idle until the next settle, a minute later.
"""
_COUNTS: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def room(sqs: Any, queue: str, workers: int) -> float:
    """Return how many houses may be claimed now; without an answer from the queue, as many as there are.

    sqs: a boto3 client. queue: the URL of the queue of predict. workers: calls of predict at once.
    """
    try:
        told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(_COUNTS))["Attributes"]
    except (BotoCoreError, ClientError) as error:
        log.warning("how many houses wait for predict cannot be read, so any number is claimed: %s", error)
        return float("inf")
    waiting = sum(int(told[name]) for name in _COUNTS)
    EMF.level("PredictsWaiting", waiting)
    return max(0, HOUSES_A_WORKER * workers - waiting)
