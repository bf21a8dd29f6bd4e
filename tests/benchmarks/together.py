"""Several workers at once: processes of their own that begin and end each phase of a job together."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from typing import Any, Concatenate, Final, ParamSpec

from tests.benchmarks.processes import cpu_seconds_of
from tests.benchmarks.stopwatch import Figures, Stopwatch, peak_mb

P = ParamSpec("P")
PATIENCE_SECONDS: Final = 1500.0
_met: list[Barrier] = []


class Together:
    """One worker's view of the workers. number: 0, 1, ..."""

    def __init__(self, number: int, servers: Mapping[str, int]) -> None:
        """servers: the number of each server's process, by its name."""
        self.number = number
        self.figures: Figures = {}
        self._servers = servers

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time the block from the moment when all workers are here to that when the last is done.

        Notes `NAME` [s], `NAME_cpu` of this worker and `NAME_SERVER_cpu` of each server.
        """
        (met,) = _met
        try:
            met.wait(PATIENCE_SECONDS)
            before = {server: cpu_seconds_of(pid) for server, pid in self._servers.items()}
            began = time.perf_counter()
            with Stopwatch() as own:
                yield
            met.wait(PATIENCE_SECONDS)
        except BaseException:
            met.abort()  # lest the others wait for this one
            raise
        self.figures[name] = time.perf_counter() - began
        self.figures[f"{name}_cpu"] = own.cpu_seconds
        for server, pid in self._servers.items():
            self.figures[f"{name}_{server}_cpu"] = cpu_seconds_of(pid) - before[server]


def work_together(
    work: Callable[Concatenate[Together, P], None], shares: Sequence[Any], servers: Mapping[str, int]
) -> Figures:
    """Run `work(together, *share)` in a process for each share, at the same time.

    Times are those of the slowest, and processor time is that of all workers together. `work` has to stand
    in a module, by its name.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(shares))
    # A worker takes one share, for none gets past its first phase before all have begun.
    with ProcessPoolExecutor(len(shares), context, _meet_at, (barrier,)) as pool:
        runs = [pool.submit(_run, work, n, share, servers) for n, share in enumerate(shares)]
        found = [run.result() for run in runs]
    own = {f"{name}_cpu" for name in found[0] if f"{name}_cpu" in found[0]}
    return {
        name: sum(f[name] for f in found) if name in own else max(f[name] for f in found) for name in found[0]
    }


def _meet_at(barrier: Barrier) -> None:
    _met.append(barrier)


def _run(work: Callable[..., None], number: int, share: Any, servers: Mapping[str, int]) -> Figures:
    together = Together(number, servers)
    work(together, *share)
    return together.figures | {"peak_mb": peak_mb()}
