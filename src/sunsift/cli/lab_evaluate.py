"""`sunsift lab evaluate`: the benchmark on homes with metered load and generation."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.lab import CapacityScale, Homes, Readings, Seed, given_or_real
from sunsift.cli.output import counted, examples, plain, progress, say, show, table
from sunsift.lab.split import Split

if TYPE_CHECKING:
    from rich.table import Table

    from sunsift.lab.evaluate import Evaluation

EPILOG = examples(
    ("sunsift lab evaluate --report report", "on the real homes of the data-set folder"),
    ("sunsift lab evaluate --homes h.csv --readings r.parquet --seed 7 --report report", "your own homes"),
    ("sunsift lab evaluate --split test --report report", "homes that no model has learnt from"),
    ("sunsift lab evaluate --capacity-scale 3 --json metrics.json", "three times the panels; figures only"),
)
_BY_SCENARIO = (
    "faults_found", "delay_median", "delay_90", "lost_energy_found", "specificity", "false_alarms_a_year",
)  # fmt: skip


def evaluate(
    homes: Homes = None,
    readings: Readings = None,
    seed: Seed = 1,
    split: Annotated[
        Split, typer.Option(help="Which homes: those to learn from, the others, all.")
    ] = Split.ALL,
    capacity_scale: CapacityScale = 1.0,
    scenarios: Annotated[
        int, typer.Option(min=4, max=19, metavar="K", help="Scenarios that each home goes through.")
    ] = 8,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Write metrics.json and index.html there."),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", dir_okay=False, help="Write the figures there.")
    ] = None,
) -> None:
    """Measure how well faults are found, day by day, on real homes.

    Faults, and cases that must not alarm, are injected into homes whose load and generation were both
    metered. Their net packets go through the steps of production one simulated day after the other, and the
    reports that come out are held against the truth, beside simpler ways of judging. docs/benchmark.md
    explains every figure.
    """
    from sunsift.lab.evaluate import evaluate as run

    homes_csv, readings_parquet = given_or_real(homes, readings)
    with progress("Running the days", 100) as done:
        found = run(
            homes_csv,
            readings_parquet,
            seed=seed,
            split=split,
            capacity_scale=capacity_scale,
            scenarios=scenarios,
            report_dir=report,
            json_file=json_file,
            progress=lambda days_done, days: done(100 * days_done // days),
        )
    homes_in_words = counted(len(found.homes), "home")
    show(
        _systems(found),
        f"{homes_in_words} x {found.scenarios} scenarios, {found.house_days:,} house-days, "
        f"panels x {capacity_scale:g}, seed {seed}, split {split}; in brackets the 95 % interval over homes",
        _scenarios(found),
    )
    if found.without_readings:
        say(f"Left out, for want of readings: {', '.join(found.without_readings)}")
    if report is not None:
        show(f"The report is in {plain(report / 'index.html')}, its figures in metrics.json beside it")
    if json_file is not None:
        show(f"The figures are in {plain(json_file)}")


def _systems(found: "Evaluation") -> "Table":
    from sunsift.lab.evaluate.wording import WORDINGS, with_interval, written

    shipped, *others = found.systems
    listing = table("*figure", "target", f">{shipped.name}", *(f">{system.name}" for system in others))
    for name, wording in WORDINGS.items():
        listing.add_row(
            wording.label,
            wording.target,
            with_interval(name, shipped.overall[name]),
            *(written(name, system.overall[name].value) for system in others),
        )
    return listing


def _scenarios(found: "Evaluation") -> "Table":
    from sunsift.lab.evaluate.wording import written

    listing = table(
        "scenario",
        ">houses",
        ">found",
        ">days, median",
        ">90 %",
        ">lost found",
        ">specificity",
        ">alarms a year",
    )
    houses = [house.scene.scenario for house in found.houses]
    for scenario, figures in found.systems[0].groups["scenario"].items():
        cells = (written(name, figures[name].value) for name in _BY_SCENARIO)
        listing.add_row(scenario, str(houses.count(scenario)), *cells)
    return listing
