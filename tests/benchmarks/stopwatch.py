"""What every measured job uses: a stopwatch, a core of its own, and a check that the work was done."""

import os
import resource
import sys
import time
from typing import Final, Self

from tests.benchmarks.processes import peak_mb_of

Figures = dict[str, float]
# The system counts in KiB, one of them in bytes.
_KIB: Final = 1024.0 if sys.platform == "darwin" else 1.0


class Stopwatch:
    """Adds up the wall time and the processor time that passes inside its blocks [s]."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._wall
        self.cpu_seconds += time.process_time() - self._cpu

    def figures(self) -> Figures:
        """Return both times."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}


def pin_to_one_core() -> None:
    """Stay on one processor, where the system lets a process choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_mb() -> float:
    """Return the most memory that this process has used so far [MB]."""
    # The other count begins with what the process had that started this one, where it is the greater.
    return peak_mb_of(os.getpid()) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB / 1024.0


def check(what: str, found: float, expected: float) -> None:
    """Stop when a job did not do its work: the time of something else is no figure."""
    if found != expected:
        raise RuntimeError(f"{what}: {found:g} instead of {expected:g}")
