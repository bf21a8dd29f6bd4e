"""What is counted of each step, under the same names wherever it runs."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

from sunsift.steps.deliver import Delivered
from sunsift.steps.ingest import Ingested
from sunsift.steps.predict import Predicted

Counts = Mapping[str, int]


class Observer(Protocol):
    """Takes what was counted."""

    def step(self, name: str, seconds: float, counts: Counts) -> None:
        """Take that the step `name` ran for so long and did this much."""
        ...

    def level(self, name: str, value: int) -> None:
        """Take how much of something there is now."""
        ...


class _Silent:
    """Keeps nothing of it."""

    def step(self, name: str, seconds: float, counts: Counts) -> None:
        """Do nothing."""

    def level(self, name: str, value: int) -> None:
        """Do nothing."""


SILENT: Final[Observer] = _Silent()


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Time the block; the function that it is given tells how long it ran [s]."""
    begun = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - begun
    ended.append(time.perf_counter())


def ingest_counts(done: Ingested) -> Counts:
    """Return what one ingest did."""
    return {
        "MessagesTaken": done.taken,
        "PacketsAccepted": done.saved.accepted,
        "PacketsRevised": done.saved.revised,
        "PacketsDuplicate": done.saved.duplicate,
        "PacketsSuperseded": done.saved.superseded,
        "MessagesQuarantined": done.saved.quarantined,
        "HousesRegistered": done.saved.houses,
        "PacketsRedriven": done.saved.redriven,
        "MessagesErased": done.saved.erased,
    }


def predict_counts(done: Predicted) -> Counts:
    """Return what one predict did."""
    return {
        "HousesSettled": done.houses,
        "PredictionsWritten": done.predictions,
        "ReportsWritten": done.reports,
        "HousesOvertaken": done.overtaken,
        "HousesWaiting": done.waiting,
    }


def deliver_counts(done: Delivered) -> Counts:
    """Return what one deliver did."""
    return {
        "ReportsSent": done.sent,
        "ReportsFailed": done.failed,
        "ReportsGivenUp": done.given_up,
        "ReceiverGone": int(done.gone),
    }
