"""Print the tables of docs/benchmark.md from two evaluations: panels as they are, and larger ones.

python tools/benchmark_tables.py as-they-are/metrics.json larger/metrics.json
"""

import argparse
import json
from pathlib import Path
from typing import Any

TARGETS = (
    ("lost energy in reported-poor house-days", ">= 0.90", "lost_energy_found", None),
    ("specificity of house-days", ">= 0.99", "specificity", None),
    ("lost energy found at 99 % specificity", ">= 0.90", "lost_energy_found_at_99", None),
    ("ROC-AUC with 90 days of past", ">= 0.99", "roc_auc_with_past", None),
    ("ROC-AUC without", ">= 0.95", "roc_auc_without_past", None),
    ("average precision at 5 % prevalence", ">= 0.92", "average_precision_at_5", None),
    ("balanced accuracy, poor below 60 %", ">= 0.92", "balanced_accuracy_60", None),
    ("outage: days to report, median", "<= 3", "delay_median", "outage"),
    ("outage: 90th percentile", "<= 7", "delay_90", "outage"),
    ("half the strings: days to report, median", "<= 10", "delay_median", "string_half"),
    ("half the strings: 90th percentile", "<= 21", "delay_90", "string_half"),
    ("false alarms per healthy house-year", "<= 0.05", "false_alarms_a_year", None),
    ("needless status changes per house-year", "<= 0.1", "needless_changes_a_year", None),
    ("house-days with a verdict", ">= 0.95", "verdicts_given", None),
    ("calibration error of p_poor", "<= 0.03", "calibration_error", None),
)
BESIDE = (0, 1, 2, 3, 5, 7, 9, 11, 12)
FAULTS = (
    "outage", "string_half", "string_third", "isolator", "soiling", "shade", "overvoltage", "degradation",
)  # fmt: skip


def written(value: float | str | None, figure: str) -> str:
    """Return a number as the page writes it."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if figure.startswith("delay"):
        return f"{value:.0f}"
    return f"{value:.2f}" if figure.endswith("a_year") else f"{value:.3f}"


def whole(found: dict[str, Any], figure: str, scenario: str | None) -> dict[str, Any]:
    """Return one figure of a system, over all houses or those of a scenario."""
    of = found["by"]["scenario"].get(scenario, {}) if scenario else found["overall"]
    result: dict[str, Any] = of.get(figure, {"value": None, "low": None, "high": None})
    return result


def with_interval(told: dict[str, Any], figure: str) -> str:
    """Return a figure with its interval."""
    value, low, high = (written(told[part], figure) for part in ("value", "low", "high"))
    return value if value == "-" else f"{value} ({low} to {high})"


def main() -> None:
    """Print four tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("metrics", nargs=2, type=Path)
    both = [json.loads(path.read_text("utf-8")) for path in parser.parse_args().metrics]
    shipped = [found["systems"][0] for found in both]
    say = print
    scales = [f"panels x {found['capacity_scale']:g}" for found in both]
    say(f"| figure | target | {' | '.join(scales)} |")
    say("|---|---|---|---|")
    for name, target, figure, scenario in TARGETS:
        cells = [with_interval(whole(system, figure, scenario), figure) for system in shipped]
        say(f"| {name} | {target} | {' | '.join(cells)} |")
    for found in both:
        systems = found["systems"]
        say(f"\n| figure | {' | '.join(system['name'] for system in systems)} |")
        say("|---|" + "---|" * len(systems))
        for name, _, figure, scenario in (TARGETS[place] for place in BESIDE):
            cells = [written(whole(system, figure, scenario)["value"], figure) for system in systems]
            say(f"| {name} | {' | '.join(cells)} |")
    say("\n| fault | found | lost energy found | found | lost energy found |")
    say("|---|---|---|---|---|")
    for fault in FAULTS:
        cells = [
            written(whole(system, figure, fault)["value"], figure)
            for system in shipped
            for figure in ("faults_found", "lost_energy_found")
        ]
        say(f"| {fault} | {' | '.join(cells)} |")
    for kind in ("capacity", "self_consumption"):
        say(f"\n| {kind} | lost energy found at 99 % specificity | ROC-AUC with past | specificity |")
        say("|---|---|---|---|")
        for found, system in zip(both, shipped, strict=True):
            for group, of in system["by"][kind].items():
                names = ("lost_energy_found_at_99", "roc_auc_with_past", "specificity")
                cells = [written(of[figure]["value"], figure) for figure in names]
                say(f"| {group}, panels x {found['capacity_scale']:g} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
