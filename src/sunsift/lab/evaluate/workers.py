"""Run worlds side by side: their regions have nothing in common, so one process each changes nothing."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.flow import run_day_by_day
from sunsift.lab.evaluate.trace import Trace
from sunsift.lab.evaluate.virtual import VirtualHouse
from sunsift.lab.record import Progress, Record
from sunsift.model import Model, load

# How often the bar moves [s].
LOOK_SECONDS: Final = 0.5
_done: "Synchronized[Any]"


def run_worlds(
    houses: Sequence[VirtualHouse],
    model: Model | None,
    rules: Rules,
    progress: Progress,
    processes: int | None = None,
) -> list[Trace]:
    """Return each house's trace, in their order, as `run_day_by_day` over all of them does.

    model: None for the one that ships, which every process loads for itself; another one is not carried over
    and runs here. processes: as many as there are processors by default.
    """
    worlds: dict[int, list[int]] = {}
    for number, house in enumerate(houses):
        worlds.setdefault(house.world, []).append(number)
    processes = min(processes or os.cpu_count() or 1, len(worlds))
    if model is not None or processes == 1:
        return run_day_by_day([house.record for house in houses], model or load(), rules, progress)
    # A fresh interpreter each: a copy of this one would copy its threads' locks as well.
    context = multiprocessing.get_context("spawn")
    done: Synchronized[Any] = context.Value("q", 0)
    total = sum(len(house.record) for house in houses)
    traces: dict[int, Trace] = {}
    with ProcessPoolExecutor(processes, context, _start, (done,)) as pool:
        running = {
            pool.submit(_run_world, [houses[number].record for number in numbers], rules): numbers
            for numbers in worlds.values()
        }
        left = set(running)
        while left:
            finished, left = wait(left, LOOK_SECONDS)
            progress(done.value, total)
            for future in finished:
                traces.update(zip(running[future], future.result(), strict=True))
    return [traces[number] for number in range(len(houses))]


def _start(done: "Synchronized[Any]") -> None:
    global _done  # how a pool hands its counter to each process
    _done = done


def _run_world(records: list[Record], rules: Rules) -> list[Trace]:
    before = 0

    def count(done: int, _: int) -> None:
        nonlocal before
        with _done.get_lock():
            _done.value += done - before
        before = done

    return run_day_by_day(records, load(), rules, count)
