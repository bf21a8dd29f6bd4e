"""Measured jobs of the model by itself: how soon it is there, how fast it scores, what it needs along."""

import subprocess
import sys
import time
import zipfile
from importlib import resources
from importlib.metadata import files
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

import sunsift
from sunsift.domain.period import ready_periods
from sunsift.domain.rules import Rules
from sunsift.lab.sensed import fleet_evidence
from sunsift.lab.simulate import simulate_records
from sunsift.model import load
from tests.benchmarks.stopwatch import Figures, Stopwatch, pin_to_one_core

MB: Final = 1e6
_LOAD: Final = "import sunsift.model; sunsift.model.load()"
_IMPORT_THEN_LOAD: Final = """
import time
began = time.perf_counter()
import sunsift.model.trained
imported = time.perf_counter()
sunsift.model.trained.shipped()
print(imported - began, time.perf_counter() - imported)
"""
# What the interpreter loads by itself, before anything of ours, is no need of ours.
_DISTRIBUTIONS: Final = """
import sys
before = set(sys.modules)
import sunsift.model, sunsift.steps.predict
sunsift.model.load()
needed = {name.partition(".")[0] for name in set(sys.modules) - before}
from importlib.metadata import packages_distributions
known = packages_distributions()
print(*sorted({distribution for name in needed for distribution in known.get(name, ())} - {"sunsift"}))
"""


def cold_load(repeats: int) -> Figures:
    """Load the model in fresh interpreters; return each time, and the median parts of them [s]."""
    figures: Figures = {}
    parts = []
    # The first start may find nothing compiled yet, and nothing of it in the memory.
    _fresh(_LOAD)
    for index in range(repeats):
        began = time.perf_counter()
        _fresh(_LOAD)
        figures[f"load_{index}"] = time.perf_counter() - began
        parts.append([float(value) for value in _fresh(_IMPORT_THEN_LOAD).split()])
    importing, reading = (median(values) for values in zip(*parts, strict=True))
    return figures | {"importing": importing, "reading": reading}


def score_year(houses: int, days: int, repeats: int) -> Figures:
    """Score the newest periods of simulated houses, as many as days from the 30th on; return ms a house.

    Each house's is the median of its repeats, by wall time and by processor time.
    """
    pin_to_one_core()
    model, rules = load(), Rules()
    figures: Figures = {}
    records = list(simulate_records(houses, days, seed=3))
    for index, (record, evidence) in enumerate(zip(records, fleet_evidence(records), strict=True)):
        periods = ready_periods(evidence, rules, int(record.day[0]), int(record.day[-1]))
        newest = np.arange(len(periods)) > len(periods) - 1 - (days - rules.period_days + 1)
        periods = periods.take(newest)
        watches = []
        for _ in range(repeats):
            with Stopwatch() as watch:
                scores = model.score(record.house, evidence, periods)
            watches.append(watch)
        if len(scores) != len(periods) or not scores:
            raise RuntimeError(f"{len(scores)} scores for {len(periods)} periods")
        figures[f"house_{index}"] = 1000.0 * median(watch.seconds for watch in watches)
        figures[f"house_{index}_cpu"] = 1000.0 * median(watch.cpu_seconds for watch in watches)
        figures["periods"] = max(figures.get("periods", 0), len(periods))
    return figures


def model_file() -> Figures:
    """Count the bytes of the model that ships."""
    return {"bytes": len(resources.files("sunsift.model").joinpath("shipped.json").read_bytes())}


def zipped_needs(folder: Path) -> Figures:
    """Zip what scoring and the predict step import, a distribution at a time; return megabytes of each.

    What was compiled on this machine is left out, as a wheel leaves it out.
    """
    figures: Figures = {}
    for distribution in _fresh(_DISTRIBUTIONS).split():
        paths = [path for path in files(distribution) or () if ".." not in path.parts]
        figures[distribution] = _zipped_mb([(str(path), Path(str(path.locate()))) for path in paths], folder)
    (package,) = map(Path, sunsift.__path__)
    ours = [(str(path.relative_to(package.parent)), path) for path in sorted(package.rglob("*"))]
    return figures | {"sunsift": _zipped_mb(ours, folder)}


def _zipped_mb(found: list[tuple[str, Path]], folder: Path) -> float:
    target = folder / "needs.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in found:
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, name)
    size = target.stat().st_size / MB
    target.unlink()
    return size


def _fresh(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout
