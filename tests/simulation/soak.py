"""The simulation for long: `python -m tests.simulation.soak --runs 20000 --seed 1`.

Every run has a seed that names it wholly; `--replay SEED` tells one run line by line.
"""

import argparse
import logging
import time
import traceback
from collections import Counter
from collections.abc import Sequence

from tests.simulation.design import REAL
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import Ran, run, seeded
from tests.simulation.witness import BrokenError
from tests.simulation.world import Bench

DESIGNS = {design.name: design for design in (REAL, *MUTANTS)}
MOST_FAILURES = 5
TOLD_LINES = 120
PROGRESS_SECONDS = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak; return 1 if a guarantee was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20_000, help="how many runs (default 20000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run (default 1)")
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after this long (default 3600)")
    parser.add_argument("--design", choices=DESIGNS, default=REAL.name, help="the real design, or a mutant")
    parser.add_argument("--replay", type=int, metavar="SEED", help="tell one run line by line")
    options = parser.parse_args(arguments)
    logging.getLogger("sunsift").setLevel(logging.CRITICAL)
    bench = Bench()
    try:
        if options.replay is not None:
            return _replay(bench, options.design, options.replay)
        return _soak(bench, options.design, options.seed, options.runs, options.seconds)
    finally:
        bench.close()


def _soak(bench: Bench, design: str, first: int, runs: int, seconds: float) -> int:
    began = told = time.monotonic()
    failed: list[int] = []
    done, turns, reports, faults = 0, 0, 0, Counter[str]()
    for seed in range(first, first + runs):
        if len(failed) >= MOST_FAILURES or time.monotonic() > began + seconds:
            break
        try:
            ran = run(bench, seeded(seed), DESIGNS[design])
        except Exception as error:
            failed.append(seed)
            print(f"seed {seed}: {_in_short(error)}")
        else:
            turns, reports, faults = turns + ran.turns, reports + ran.reports, faults + ran.faults
        done += 1
        if time.monotonic() > told + PROGRESS_SECONDS:
            told = time.monotonic()
            print(
                f"{done} of {runs} runs, {len(failed)} failed, {done / (told - began):.0f} a second",
                flush=True,
            )
    print(
        f"{done} runs (seeds {first} to {first + done - 1}), {len(failed)} failed; "
        f"{turns:,} turns, {faults.total():,} faults, {reports:,} reports, "
        f"{done / max(1e-9, time.monotonic() - began):.0f} runs a second"
    )
    print("faults:", ", ".join(f"{kind} {count:,}" for kind, count in faults.most_common()))
    if failed:
        print(f"\nThe end of the run with seed {failed[0]} (all of it with --replay {failed[0]}):")
        _replay(bench, design, failed[0], TOLD_LINES)
    return 1 if failed else 0


def _replay(bench: Bench, design: str, seed: int, last_lines: int | None = None) -> int:
    lines: list[str] = []
    ending: Ran | str
    try:
        ending, code = run(bench, seeded(seed), DESIGNS[design], note=lines.append), 0
    except Exception as error:
        ending, code = _in_short(error), 1
    for line in lines[-last_lines if last_lines else 0 :]:
        print(line[:300])
    print(ending)
    return code


def _in_short(error: Exception) -> str:
    return str(error) if isinstance(error, BrokenError) else "".join(traceback.format_exception(error))


if __name__ == "__main__":
    raise SystemExit(main())
