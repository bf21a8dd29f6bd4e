"""What every measured job uses: a stopwatch, and a core of its own."""

import os
import time
from typing import Self

Figures = dict[str, float]


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
