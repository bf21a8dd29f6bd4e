"""The whole flow in one process: once over what waits, or as a service that goes on."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sunsift.activity import ActivityObserver
from sunsift.domain.errors import SunsiftError
from sunsift.parcels import Saved
from sunsift.ports import DELIVER, PREDICT, WAKE, Inbox, Sender
from sunsift.steps.deliver import Delivered
from sunsift.steps.predict import Predicted
from sunsift.wiring import Sunsift

log = logging.getLogger(__name__)
# Houses that are read, scored and written together: enough to share the cost of a commit, few enough
# that memory stays small and a stop comes soon.
PREDICT_BATCH = 50
PAUSE_AFTER_TROUBLE_SECONDS = 5.0


def _nothing(_: int) -> None:
    pass


def ingest_all(
    parts: Sunsift,
    inbox: Inbox,
    progress: Callable[[int], None] = _nothing,
    stopping: Callable[[], bool] = lambda: False,
) -> Saved:
    """Run ingest until the inbox is empty. progress: called with the growing number of messages."""
    total = Saved()
    taken = 0
    while not stopping():
        done = parts.ingest(inbox)
        if not done.taken:
            break
        taken += done.taken
        add_up(total, done.saved)
        progress(taken)
    return total


def add_up(total: Saved, more: Saved) -> None:
    """Add the counts of one batch to a total."""
    total.add(more)


def settle_all(
    parts: Sunsift,
    progress: Callable[[int], None] = _nothing,
    stopping: Callable[[], bool] = lambda: False,
) -> Predicted:
    """Settle and predict every house that is due. progress: called with the growing number of houses."""
    houses = predictions = reports = overtaken = waiting = 0
    while not stopping() and parts.settle():
        while not stopping() and (batch := parts.topic.take(PREDICT, PREDICT_BATCH)):
            done = parts.predict(batch)
            houses += done.houses
            predictions += done.predictions
            reports += done.reports
            overtaken += done.overtaken
            waiting += done.waiting
            progress(houses)
    return Predicted(houses, predictions, reports, overtaken, waiting)


def deliver_all(parts: Sunsift, sender: Sender, stopping: Callable[[], bool] = lambda: False) -> Delivered:
    """Deliver until no report is due, or none of a batch got through: the receiver is left alone then."""
    sent = failed = given_up = 0
    while not stopping():
        done = parts.deliver(sender)
        sent += done.sent
        failed += done.failed
        given_up += done.given_up
        if not done.sent:
            return Delivered(sent, failed, given_up, done.gone)
    return Delivered(sent, failed, given_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often the service does what [seconds]."""

    poll_seconds: float = 2.0
    settle_seconds: float = 60.0
    deliver_seconds: float = 60.0
    sweep_seconds: float = 3600.0


class Service:
    """Runs each step on its schedule until told to stop.

    It keeps nothing in memory that the store does not know, so it may be killed at any moment.
    """

    def __init__(self, parts: Sunsift, inbox: Inbox, sender: Sender, schedule: Schedule) -> None:
        self._activity = ActivityObserver(parts.store, parts.clock, parts.observer)
        self._parts = replace(parts, observer=self._activity)
        self._inbox = inbox
        self._sender = sender
        self._stop = threading.Event()
        self._jobs: list[tuple[float, Callable[[], None]]] = [
            (schedule.sweep_seconds, self._sweep),
            (schedule.poll_seconds, self._poll),
            (schedule.settle_seconds, self._settle),
            (schedule.deliver_seconds, self._deliver),
        ]

    def stop(self) -> None:
        """Finish the batch at hand and return from `run`. Call it from another thread.

        A signal handler interrupts the very wait whose lock this takes, so it must start a thread.
        """
        self._stop.set()

    def run(self) -> None:
        """Work until stopped. Trouble with the disk is logged and waited out."""
        due = [0.0] * len(self._jobs)
        while not self._stop.is_set():
            for position, (every, job) in enumerate(self._jobs):
                if self._stop.is_set() or time.monotonic() < due[position]:
                    continue
                try:
                    job()
                except (SunsiftError, OSError) as error:
                    log.error("%s", error)
                    self._stop.wait(PAUSE_AFTER_TROUBLE_SECONDS)
                due[position] = time.monotonic() + every
            self._stop.wait(max(0.0, min(due) - time.monotonic()))
        self._activity.write()

    def _poll(self) -> None:
        self._parts.poll(self._inbox)
        while not self._stop.is_set() and self._parts.topic.take(WAKE, 1):
            done = self._parts.ingest(self._inbox)
            if done.taken:
                log.info(
                    "ingested %d: %d accepted (%d revised), %d duplicate, %d superseded, %d quarantined",
                    done.taken,
                    done.saved.accepted,
                    done.saved.revised,
                    done.saved.duplicate,
                    done.saved.superseded,
                    done.saved.quarantined,
                )

                if done.saved.houses or done.saved.redriven:
                    log.info(
                        "messages registered or changed %d houses; %d packets had waited for that",
                        done.saved.houses,
                        done.saved.redriven,
                    )

    def _settle(self) -> None:
        with self._parts.settling(wait=False) as mine:
            if not mine:
                return
            done = settle_all(self._parts, stopping=self._stop.is_set)
        if done.houses:
            log.info(
                "settled %d houses: %d predictions, %d reports", done.houses, done.predictions, done.reports
            )
        if self._parts.topic.take(DELIVER, PREDICT_BATCH):
            self._deliver()

    def _deliver(self) -> None:
        done = deliver_all(self._parts, self._sender, self._stop.is_set)
        if done.sent or done.failed:
            log.info("delivered %d reports, %d failed", done.sent, done.failed)

    def _sweep(self) -> None:
        found = self._parts.sweep()
        if found:
            log.info("sweep: %d houses or messages were waiting", found)
        if (said := self._parts.store.gone(self._sender.target)) is not None:
            # Once an hour, so that nobody forgets it.
            log.warning("reports wait: %s wants no more of them (%s)", self._sender.target, said)
