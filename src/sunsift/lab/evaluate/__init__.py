"""The benchmark: faults injected into metered homes, sent day by day through the steps of production."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.baselines import (
    RECIPE_MEAN_OF,
    RECIPE_THRESHOLD,
    SYSTEMS,
    Ceiling,
    LargestExport,
    Recipe2017,
)
from sunsift.lab.evaluate.flow import run_day_by_day
from sunsift.lab.evaluate.metrics import RESAMPLES
from sunsift.lab.evaluate.results import Evaluation, judge_system, to_json
from sunsift.lab.evaluate.trace import Trace, plain_means, trace_at_once
from sunsift.lab.evaluate.truth import Truth, truth_of
from sunsift.lab.evaluate.virtual import VirtualHouse, virtual_houses
from sunsift.lab.metered import MeteredHome, read_homes, read_metered
from sunsift.lab.record import Progress, no_progress
from sunsift.model import Model, load

__all__ = ["DEFAULT_SCENARIOS", "Evaluation", "evaluate", "evaluate_homes"]
DEFAULT_SCENARIOS = 8


def evaluate(
    homes_csv: Path,
    readings_parquet: Path,
    *,
    seed: int = 1,
    capacity_scale: float = 1.0,
    scenarios: int = DEFAULT_SCENARIOS,
    report_dir: Path | None = None,
    json_file: Path | None = None,
    model: Model | None = None,
    resamples: int = RESAMPLES,
    progress: Progress = no_progress,
) -> Evaluation:
    """Run the benchmark on homes with metered load and generation.

    homes_csv, readings_parquet: as in `read_metered`. capacity_scale: multiplies generation and capacity.
    scenarios: how many a home. report_dir: gets metrics.json and the page index.html. json_file: a further
    place for metrics.json. model: the shipped one by default. resamples: how often homes are drawn anew for
    the confidence intervals. progress: called with house-days done and in all.
    Equal arguments give equal metrics.json. Errors: MissingExtraError without pyarrow, or without matplotlib
    where a page is asked for; SunsiftError for files or values that cannot be used.
    """
    if not (math.isfinite(capacity_scale) and capacity_scale > 0.0):
        raise SunsiftError(f"capacity_scale is {capacity_scale}, must be positive")
    if report_dir is not None:
        from sunsift.lab.evaluate.pictures import need_matplotlib

        need_matplotlib()
    metered = (home.scaled(capacity_scale) for home in read_metered(homes_csv, readings_parquet))
    homes = [home for home in metered if not np.isnan(home.load_kwh + home.generation_kwh).all()]
    if not homes:
        raise SunsiftError(f"no home of {homes_csv.name} has a reading in {readings_parquet.name}")
    read = {home.house.house_id for home in homes}
    absent = tuple(house.house_id for house, _ in read_homes(homes_csv) if house.house_id not in read)
    found = evaluate_homes(
        homes,
        seed=seed,
        capacity_scale=capacity_scale,
        scenarios=scenarios,
        model=model,
        resamples=resamples,
        without_readings=absent,
        progress=progress,
    )
    _write(found, report_dir, json_file)
    return found


def evaluate_homes(
    homes: Sequence[MeteredHome],
    *,
    seed: int = 1,
    capacity_scale: float = 1.0,
    scenarios: int = DEFAULT_SCENARIOS,
    model: Model | None = None,
    rules: Rules | None = None,
    resamples: int = RESAMPLES,
    without_readings: tuple[str, ...] = (),
    progress: Progress = no_progress,
) -> Evaluation:
    """Run the benchmark on homes that are at hand already, scaled as `capacity_scale` says."""
    model, rules = model or load(), rules or Rules()
    houses = virtual_houses(homes, scenarios, seed)
    truths = [truth_of(house.record, rules) for house in houses]
    traces: dict[str, list[Trace]] = {
        "shipped": run_day_by_day([house.record for house in houses], model, rules, progress)
    }
    for name, trace in _baselines(rules).items():
        traces[name] = [trace(house, truth) for house, truth in zip(houses, truths, strict=True)]
    # Intervals for every group of every baseline would take longer than all the rest.
    drawn = {name: (resamples, resamples // 2 if name == "shipped" else 0) for name in SYSTEMS}
    names = {name: model.version if name == "shipped" else name for name in SYSTEMS}
    return Evaluation(
        seed=seed,
        capacity_scale=capacity_scale,
        scenarios=scenarios,
        rules=rules,
        without_readings=without_readings,
        houses=houses,
        truths=truths,
        systems=[
            judge_system(names[name], what, houses, truths, traces[name], seed, drawn[name])
            for name, what in SYSTEMS.items()
        ],
    )


def _baselines(rules: Rules) -> dict[str, Callable[[VirtualHouse, Truth], Trace]]:
    largest, recipe = LargestExport(), Recipe2017()

    def of_recipe(house: VirtualHouse, truth: Truth) -> Trace:
        trace = trace_at_once(house.record, recipe, rules)
        return plain_means(trace, RECIPE_MEAN_OF, RECIPE_THRESHOLD)

    return {
        largest.version: lambda house, truth: trace_at_once(house.record, largest, rules),
        recipe.version: of_recipe,
        Ceiling.version: lambda house, truth: trace_at_once(
            house.record, Ceiling(int(house.record.day[0]), truth), rules
        ),
    }


def _write(found: Evaluation, report_dir: Path | None, json_file: Path | None) -> None:
    text = to_json(found)
    try:
        if report_dir is not None:
            from sunsift.lab.evaluate.page import page

            report_dir.mkdir(parents=True, exist_ok=True)
            (report_dir / "metrics.json").write_text(text, "utf-8")
            (report_dir / "index.html").write_text(page(found), "utf-8")
        if json_file is not None:
            json_file.parent.mkdir(parents=True, exist_ok=True)
            json_file.write_text(text, "utf-8")
    except OSError as error:
        raise SunsiftError(f"cannot write the report: {error}") from error
