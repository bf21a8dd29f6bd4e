"""What the model by itself has to reach: it is loaded at once, scores a year at once, and is small."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks.child import run
from tests.benchmarks.rows import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stopwatch import Figures

MB: Final = 1e6


def cold_load_row(sizes: Sizes) -> Row:
    """Time the load of the model in a fresh interpreter."""
    figures = run("cold_load", repeats=sizes.cold_loads)
    importing, reading = 1000.0 * figures["importing"], 1000.0 * figures["reading"]
    return Row(
        what="import and load the model, fresh interpreter",
        unit="ms",
        values=tuple(1000.0 * value for value in _numbered(figures, "load_")),
        target=400.0,
        more_is_better=False,
        note=f"importing {importing:.0f} ms, reading the model {reading:.0f} ms, the rest is Python's start",
    )


def score_row(sizes: Sizes) -> Row:
    """Time scoring alone, of houses with a year of evidence."""
    houses, days, repeats = sizes.score
    figures = run("score_year", houses=houses, days=days, repeats=repeats)
    return Row(
        what=f"score {figures['periods']:.0f} periods of one house, one core",
        unit="ms",
        values=_numbered(figures, "house_"),
        cpu_values=tuple(figures[f"house_{index}_cpu"] for index in range(houses)),
        target=10.0,
        more_is_better=False,
        peak_mb=figures["peak_mb"],
    )


def size_rows(folder: Path) -> Iterator[Row]:
    """Count the bytes of the model, and of all that scoring and predict need."""
    yield Row(
        what="model file",
        unit="MB",
        values=(run("model_file")["bytes"] / MB,),
        target=1.0,
        more_is_better=False,
    )
    figures = run("zipped_needs", folder=folder)
    needs = {name: mb for name, mb in figures.items() if name != "peak_mb"}
    yield Row(
        what="what predict needs, zipped",
        unit="MB",
        values=(sum(needs.values()),),
        target=30.0,
        more_is_better=False,
        note=", ".join(f"{name} {mb:.2f}" for name, mb in sorted(needs.items(), key=lambda n: -n[1])),
    )


def _numbered(figures: Figures, begins: str) -> tuple[float, ...]:
    return tuple(v for name, v in figures.items() if name.startswith(begins) and name[-1].isdigit())
