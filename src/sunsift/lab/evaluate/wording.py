"""How the figures are named, written and what they should reach; shared by the terminal and the page."""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from sunsift.lab.evaluate.metrics import Figure


class Wording(NamedTuple):
    """How one figure is told. style: share (0.912), rate (0.05 a year) or days (whole days)."""

    label: str
    style: str
    target: str


WORDINGS: Final[Mapping[str, Wording]] = {
    "lost_energy_found": Wording("lost energy in reported-poor house-days", "share", ">= 0.90"),
    "specificity": Wording("specificity of house-days", "share", ">= 0.99"),
    "lost_energy_found_at_99": Wording("lost energy found at 99 % specificity", "share", ">= 0.90"),
    "roc_auc_with_past": Wording("ROC-AUC with 90 days of past", "share", ">= 0.99"),
    "roc_auc_without_past": Wording("ROC-AUC without", "share", ">= 0.95"),
    "average_precision_at_5": Wording("average precision at 5 % prevalence", "share", ">= 0.92"),
    "balanced_accuracy_60": Wording("balanced accuracy, poor below 60 %", "share", ">= 0.92"),
    "delay_median": Wording("days from onset to report, median", "days", ""),
    "delay_90": Wording("days from onset to report, 90th percentile", "days", ""),
    "faults_found": Wording("share of faults found", "share", ""),
    "false_alarms_a_year": Wording("false alarms per healthy house-year", "rate", "<= 0.05"),
    "needless_changes_a_year": Wording("needless status changes per house-year", "rate", "<= 0.1"),
    "days_told": Wording("house-days with a status", "share", ""),
    "verdicts_given": Wording("house-days with a verdict", "share", ">= 0.95"),
    "calibration_error": Wording("calibration error of p_poor", "share", "<= 0.03"),
    "calibration_error_at_5": Wording("calibration error at 5 % prevalence", "share", ""),
}
DELAY_TARGETS: Final[Mapping[str, tuple[str, str]]] = {
    "outage": ("<= 3", "<= 7"),
    "string_half": ("<= 10", "<= 21"),
}


def written(name: str, value: float) -> str:
    """Write the value of a figure; nothing to tell is a dash."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "never"
    style = WORDINGS[name].style
    return f"{value:.0f}" if style == "days" else f"{value:.2f}" if style == "rate" else f"{value:.3f}"


def with_interval(name: str, figure: Figure) -> str:
    """Write a figure with its confidence interval."""
    if math.isnan(figure.value):
        return "-"
    interval = f"{written(name, figure.low)} to {written(name, figure.high)}"
    return f"{written(name, figure.value)} ({interval})"
