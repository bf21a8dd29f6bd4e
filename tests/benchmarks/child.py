"""Runs one job in a process of its own, so that its peak memory is its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_type_hints

from tests.benchmarks.jobs import JOBS
from tests.benchmarks.stopwatch import Figures, peak_mb

ROOT: Final = Path(__file__).parents[2]
LONGEST_SECONDS: Final = 1800.0


def run(job: str, **arguments: Any) -> Figures:
    """Run a job in a child and return its figures and `peak_mb`. Errors: RuntimeError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, job, json.dumps(arguments, default=str)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{job} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(name: str, arguments: str) -> None:
    """Run the named job and print its figures as JSON."""
    job = JOBS.get(name) or _other_job(name)
    hints = get_type_hints(job)
    given = {key: Path(v) if hints[key] is Path else v for key, v in json.loads(arguments).items()}
    figures: Figures = job(**given)
    # A job that has workers of its own tells theirs.
    figures.setdefault("peak_mb", peak_mb())
    print(json.dumps(figures))


def _other_job(name: str) -> Callable[..., Figures]:
    # What they import is no part of the memory that others use.
    from tests.benchmarks.server_jobs import SERVER_JOBS

    if name in SERVER_JOBS:
        return SERVER_JOBS[name]
    from tests.benchmarks.web_jobs import WEB_JOBS

    return WEB_JOBS[name]


if __name__ == "__main__":
    main(*sys.argv[1:])
