"""What a simulated day took: calls, busy time and requests, minute by minute."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from tools.scaling.mail import DAY

# A day's work may last into the next; whatever is left after that is told as left over.
MINUTES: Final = 2 * DAY
# An execution environment is kept for about so long after its last call.
KEPT_MINUTES: Final = 10
# SQS starts with so many pollers at once, and adds so many calls at once each minute.
FIRST_POLLERS: Final = 5
MORE_A_MINUTE: Final = 300

# The processor time of PostgreSQL, counted as if it were requests [ms].
STORE_MS: Final = "PostgreSQL ms"

Floats = npt.NDArray[np.float64]
# Memory of the functions [GB]: infra/serverless.yml, and for 2017 those that do the same.
MEMORY_GB: Final = {
    "poll": 0.5, "ingest": 0.5, "settle": 1.0, "predict": 1.0, "deliver": 0.5, "sweep": 0.5,
    "persist": 0.5, "average": 0.5,
}  # fmt: skip


def _minutes() -> Floats:
    return np.zeros(MINUTES)


@dataclass(slots=True)
class Tally:
    """Counts of one simulated day.

    calls, busy_ms: of each function, by minute. requests: to each service, by minute, "store" counting
    transactions. counts: of packets, houses and messages. lag: the most minutes that a house waited between
    being quiet and being judged; mail_lag: that a packet waited in the inbox.
    """

    calls: dict[str, Floats] = field(default_factory=lambda: defaultdict(_minutes))
    busy_ms: dict[str, Floats] = field(default_factory=lambda: defaultdict(_minutes))
    requests: dict[str, Floats] = field(default_factory=lambda: defaultdict(_minutes))
    stored: Floats = field(default_factory=_minutes)
    judged: Floats = field(default_factory=_minutes)
    counts: Counter[str] = field(default_factory=Counter)
    lag: int = 0
    mail_lag: int = 0

    def call(self, function: str, minute: int, calls: float, busy_ms: float) -> None:
        """Count calls of a function and the time that they took together."""
        self.calls[function][minute] += calls
        self.busy_ms[function][minute] += busy_ms

    def ask(self, service: str, minute: int, requests: float) -> None:
        """Count requests to a service."""
        self.requests[service][minute] += requests

    def busy(self, function: str) -> Floats:
        """Return how many calls were at work at once in each minute, on average (Little's law)."""
        return self.busy_ms[function] / 60_000

    def environments(self, function: str) -> Floats:
        """Return how many execution environments there were in each minute.

        At least as many as were at work, and as pollers started at once.
        """
        at_once = np.maximum(np.ceil(self.busy(function)), np.minimum(self.calls[function], FIRST_POLLERS))
        if function in {"poll", "settle", "sweep", "average"}:
            at_once = np.minimum(at_once, 1)
        padded = np.concatenate([np.zeros(KEPT_MINUTES - 1), at_once])
        kept: Floats = np.lib.stride_tricks.sliding_window_view(padded, KEPT_MINUTES).max(axis=1)
        return kept

    def cold_starts(self, function: str) -> float:
        """Return how many environments were started."""
        kept = self.environments(function)
        return float(np.maximum(np.diff(kept, prepend=0), 0).sum())

    def gb_seconds(self, function: str, cold_start_ms: float) -> float:
        """Return what a function is charged for: memory times busy time, starting included [GB s]."""
        seconds = self.busy_ms[function].sum() + self.cold_starts(function) * cold_start_ms
        return float(seconds) / 1000 * MEMORY_GB[function]

    def all_busy(self) -> Floats:
        """Return how many calls of all functions were at work at once, by minute."""
        together: Floats = np.sum([self.busy(function) for function in self.busy_ms], axis=0)
        return together

    def connections(self) -> float:
        """Return the most connections to the database at once: one of each environment that uses it."""
        users = [function for function in self.calls if function not in {"poll"}]
        return float(np.sum([self.environments(function) for function in users], axis=0).max())

    def total(self, service: str) -> float:
        """Return the requests to a service in the whole day."""
        return float(self.requests[service].sum())

    def peak_a_second(self, service: str) -> float:
        """Return the requests a second to a service in its busiest minute."""
        return float(self.requests[service].max()) / 60


@dataclass(slots=True)
class Pollers:
    """How many calls of one function SQS lets run at once: few at first, more while messages wait."""

    most: int
    allowed: float = 0.0

    def next(self, used: float, *, waiting: bool) -> float:
        """Return how many calls may run at once in the next minute; used: in the last one."""
        floor = min(FIRST_POLLERS, self.most)
        if waiting:
            self.allowed = min(self.most, max(self.allowed, floor) + MORE_A_MINUTE)
        else:
            self.allowed = min(self.most, max(used, floor) + MORE_A_MINUTE)
        return self.allowed
