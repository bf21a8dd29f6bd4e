"""What each step did in each minute, written down for people; nothing depends on it."""

import logging
import time
from typing import Final

from sunsift.domain.errors import SunsiftError
from sunsift.parcels import Activity
from sunsift.ports import Clock, Store
from sunsift.telemetry import SILENT, Counts, Observer

log = logging.getLogger(__name__)

WRITE_SECONDS: Final = 10.0
"""It is written at most so often."""
# What of a step's counts it did, and what of that came to nothing.
_DONE: Final = {
    "poll": "WakeUps",
    "ingest": "MessagesTaken",
    "settle": "HousesClaimed",
    "predict": "HousesSettled",
    "deliver": "ReportsSent",
    "sweep": "SweepFound",
}
_FAILED: Final = {"ingest": "MessagesQuarantined", "deliver": "ReportsFailed"}


class ActivityObserver:
    """Adds up what it is told and writes it to the store. One thread may use it, the store's own."""

    def __init__(
        self, store: Store, clock: Clock, also: Observer = SILENT, write_seconds: float = WRITE_SECONDS
    ) -> None:
        """Take the store to write to. also: is told everything, too."""
        self._store = store
        self._clock = clock
        self._also = also
        self._write_seconds = write_seconds
        self._rows: dict[tuple[int, str], Activity] = {}
        self._due = 0.0

    def step(self, name: str, seconds: float, counts: Counts) -> None:
        """Take that the step `name` ran for so long and did this much."""
        self._also.step(name, seconds, counts)
        minute = int(self._clock.now().timestamp()) // 60
        had = self._rows.get((minute, name), Activity(minute, name, 0, 0, 0, 0))
        self._rows[minute, name] = Activity(
            minute=minute,
            step=name,
            runs=had.runs + 1,
            milliseconds=had.milliseconds + round(seconds * 1000),
            done=had.done + counts.get(_DONE.get(name, ""), 0),
            failed=had.failed + counts.get(_FAILED.get(name, ""), 0),
        )
        if time.monotonic() >= self._due:
            self.write()

    def level(self, name: str, value: int) -> None:
        """Take how much of something there is now."""
        self._also.level(name, value)

    def write(self) -> None:
        """Write what was added up. What cannot be written is dropped, so that no step suffers from it."""
        rows, self._rows = list(self._rows.values()), {}
        self._due = time.monotonic() + self._write_seconds
        if not rows:
            return
        try:
            self._store.note_activity(rows)
        except (SunsiftError, OSError) as error:
            # The step that asks the store next says so louder.
            log.info("what steps did is not noted: %s", error)
