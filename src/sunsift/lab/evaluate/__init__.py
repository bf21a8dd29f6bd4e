"""The benchmark: faults injected into metered homes, sent day by day through the steps of production."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.baselines import BASELINES, baseline_traces
from sunsift.lab.evaluate.metrics import RESAMPLES
from sunsift.lab.evaluate.results import Evaluation, SystemResult, judge_system, to_json
from sunsift.lab.evaluate.trace import Trace
from sunsift.lab.evaluate.truth import truth_of
from sunsift.lab.evaluate.virtual import virtual_houses
from sunsift.lab.evaluate.workers import run_worlds
from sunsift.lab.metered import MeteredHome, read_homes, read_metered
from sunsift.lab.record import Progress, no_progress
from sunsift.lab.split import Split
from sunsift.model import Model, load

__all__ = ["DEFAULT_SCENARIOS", "Evaluation", "evaluate", "evaluate_homes"]
DEFAULT_SCENARIOS = 8
SHIPPED = "the model that ships, day by day through the steps of production"


def evaluate(
    homes_csv: Path,
    readings_parquet: Path,
    *,
    seed: int = 1,
    split: Split = Split.ALL,
    capacity_scale: float = 1.0,
    scenarios: int = DEFAULT_SCENARIOS,
    report_dir: Path | None = None,
    json_file: Path | None = None,
    model: Model | None = None,
    resamples: int = RESAMPLES,
    progress: Progress = no_progress,
) -> Evaluation:
    """Run the benchmark on homes with metered load and generation.

    homes_csv, readings_parquet: as in `read_metered`. split: only the homes of that part are read on, as if
    the files held no others. capacity_scale: multiplies generation and capacity.
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
    homes, absent = _read(homes_csv, readings_parquet, split, capacity_scale)
    found = evaluate_homes(
        homes,
        seed=seed,
        split=split,
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
    split: Split = Split.ALL,
    capacity_scale: float = 1.0,
    scenarios: int = DEFAULT_SCENARIOS,
    model: Model | None = None,
    rules: Rules | None = None,
    resamples: int = RESAMPLES,
    without_readings: tuple[str, ...] = (),
    progress: Progress = no_progress,
) -> Evaluation:
    """Run the benchmark on homes that are at hand already, chosen and scaled as the arguments say."""
    rules = rules or Rules()
    houses = virtual_houses(homes, scenarios, seed)
    truths = [truth_of(house.record, rules) for house in houses]
    baselines = [
        baseline_traces(house.record, truth, rules) for house, truth in zip(houses, truths, strict=True)
    ]
    shipped = run_worlds(houses, model, rules, progress)

    def judged(name: str, what: str, traces: Sequence[Trace], of_group: int) -> SystemResult:
        return judge_system(name, what, houses, truths, traces, seed, (resamples, of_group))

    return Evaluation(
        seed=seed,
        split=split,
        capacity_scale=capacity_scale,
        scenarios=scenarios,
        rules=rules,
        without_readings=without_readings,
        houses=houses,
        truths=truths,
        systems=[
            judged((model or load()).version, SHIPPED, shipped, resamples // 2),
            # The many groups of the baselines get rougher intervals, which takes less time.
            *(
                judged(name, what, [traces[name] for traces in baselines], resamples // 8)
                for name, what in BASELINES.items()
            ),
        ],
    )


def _read(
    homes_csv: Path, readings_parquet: Path, split: Split, capacity_scale: float
) -> tuple[list[MeteredHome], tuple[str, ...]]:
    """Return the homes of a split, scaled, and the identifiers of those without readings."""
    homes = [
        home.scaled(capacity_scale)
        for home in read_metered(homes_csv, readings_parquet)
        if split.holds(home.house.house_id) and not np.isnan(home.load_kwh + home.generation_kwh).all()
    ]
    if not homes:
        where = f"{homes_csv.name} (split {split})"
        raise SunsiftError(f"no home of {where} has a reading in {readings_parquet.name}")
    read = {home.house.house_id for home in homes}
    listed = [house.house_id for house, _ in read_homes(homes_csv)]
    return homes, tuple(name for name in listed if split.holds(name) and name not in read)


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
