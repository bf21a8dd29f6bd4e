"""Figures from tallies, with confidence intervals from resampled homes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray
from sunsift.lab.evaluate.tally import BINS, count, part

PREVALENCE: Final = 0.05
SPECIFICITY: Final = 0.99
RESAMPLES: Final = 400
CALIBRATION_BINS: Final = 10
DAYS_A_YEAR: Final = 365.25
NEVER: Final = math.inf
_P: Final = np.arange(BINS) / (BINS - 1.0)
_BIN_STARTS: Final = np.arange(CALIBRATION_BINS) * ((BINS - 1) // CALIBRATION_BINS)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % confidence interval; NaN where there is nothing to tell, inf for never."""

    value: float
    low: float
    high: float


def _ratio(over: float, under: float) -> float:
    return over / under if under > 0.0 else math.nan


def roc(poor: FloatArray, well: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return false and true positive rates from the highest threshold down; both histograms over p_poor."""
    rates = [np.concatenate(([0.0], np.cumsum(h[::-1]) / max(h.sum(), 1e-12))) for h in (well, poor)]
    return rates[0], rates[1]


def auc(poor: FloatArray, well: FloatArray) -> float:
    """Return the chance that a poor one lies above a well one, ties counting half."""
    if not (poor.sum() and well.sum()):
        return math.nan
    below = np.cumsum(well) - well
    return float((poor * (below + well / 2.0)).sum() / (poor.sum() * well.sum()))


def precision_recall(poor: FloatArray, well: FloatArray, prevalence: float) -> tuple[FloatArray, FloatArray]:
    """Return precision and recall from the highest threshold down, reweighted to a share of poor ones."""
    false_rate, recall = roc(poor, well)
    found, alarmed = prevalence * recall, prevalence * recall + (1.0 - prevalence) * false_rate
    precision = np.where(alarmed > 0.0, found / np.where(alarmed > 0.0, alarmed, 1.0), 1.0)
    return precision, recall


def average_precision(poor: FloatArray, well: FloatArray, prevalence: float = PREVALENCE) -> float:
    """Return the mean precision over recall, reweighted to a share of poor ones."""
    if not (poor.sum() and well.sum()):
        return math.nan
    precision, recall = precision_recall(poor, well, prevalence)
    return float((np.diff(recall) * precision[1:]).sum())


def calibration(poor: FloatArray, well: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return each of ten bins' weight, mean p_poor and share of poor ones."""
    both = poor + well
    weight, said, true = (np.add.reduceat(h, _BIN_STARTS) for h in (both, both * _P, poor))
    safe = np.where(weight > 0.0, weight, 1.0)
    return weight, said / safe, true / safe


def calibration_error(poor: FloatArray, well: FloatArray) -> float:
    """Return the mean distance between what was said and what was true, weighted by ten bins."""
    if not (poor.sum() and well.sum()):
        return math.nan
    weight, mean, share = calibration(poor, well)
    return float((weight * np.abs(mean - share)).sum() / weight.sum())


def lost_at_specificity(tally: FloatArray, specificity: float = SPECIFICITY) -> float:
    """Return the share of lost energy on days whose average passes the threshold that keeps a specificity.

    Only the threshold changes: a day counts as told poor if its rolling average reaches it, without memory.
    The lowest threshold is taken at which at least `specificity` of the days that are well lie below.
    """
    if count(tally, "well_days") <= 0.0:
        return math.nan
    alarmed = np.cumsum(part(tally, "well_days_by_average")[::-1]) / count(tally, "well_days")
    found = np.cumsum(part(tally, "lost_by_average")[::-1])
    allowed = int(np.searchsorted(alarmed, 1.0 - specificity + 1e-12, side="right"))
    return _ratio(float(found[allowed - 1]) if allowed else 0.0, count(tally, "lost_kwh"))


def _delay(tally: FloatArray, quantile: float) -> float:
    """Return a quantile of the days from onset to report, faults never reported counting as never."""
    delays, missed = part(tally, "delay"), count(tally, "onsets_missed")
    total = delays.sum() + missed
    if total <= 0.0:
        return math.nan
    reached = np.cumsum(delays) >= quantile * total - 1e-9
    return float(np.argmax(reached)) if reached.any() else NEVER


def _balanced_accuracy(tally: FloatArray) -> float:
    half = (BINS - 1) // 2
    poor, well = part(tally, "below60"), part(tally, "well_past") + part(tally, "well_new")
    found, spared = _ratio(poor[half:].sum(), poor.sum()), _ratio(well[:half].sum(), well.sum())
    return (found + spared) / 2.0


def _both(tally: FloatArray, name: str) -> FloatArray:
    return part(tally, f"{name}_past") + part(tally, f"{name}_new")


def _at_prevalence(tally: FloatArray) -> tuple[FloatArray, FloatArray]:
    poor, well = _both(tally, "poor"), _both(tally, "well")
    return PREVALENCE * poor / max(poor.sum(), 1e-12), (1.0 - PREVALENCE) * well / max(well.sum(), 1e-12)


def _found(tally: FloatArray) -> float:
    found = count(tally, "onsets_found") + count(tally, "lasting_found")
    return _ratio(found, found + count(tally, "onsets_missed") + count(tally, "lasting_missed"))


METRICS: Final[dict[str, Callable[[FloatArray], float]]] = {
    "lost_energy_found": lambda t: _ratio(count(t, "lost_told_poor"), count(t, "lost_kwh")),
    "specificity": lambda t: 1.0 - _ratio(count(t, "well_days_told_poor"), count(t, "well_days")),
    "lost_energy_found_at_99": lost_at_specificity,
    "roc_auc_with_past": lambda t: auc(part(t, "poor_past"), part(t, "well_past")),
    "roc_auc_without_past": lambda t: auc(part(t, "poor_new"), part(t, "well_new")),
    "average_precision_at_5": lambda t: average_precision(_both(t, "poor"), _both(t, "well")),
    "balanced_accuracy_60": _balanced_accuracy,
    "delay_median": lambda t: _delay(t, 0.5),
    "delay_90": lambda t: _delay(t, 0.9),
    "faults_found": _found,
    "false_alarms_a_year": lambda t: _ratio(
        count(t, "false_alarms") * DAYS_A_YEAR, count(t, "never_faulty_days")
    ),
    "needless_changes_a_year": lambda t: _ratio(
        count(t, "needless_changes") * DAYS_A_YEAR, count(t, "house_days")
    ),
    "days_told": lambda t: _ratio(count(t, "days_told"), count(t, "house_days")),
    "verdicts_given": lambda t: _ratio(count(t, "verdicts"), count(t, "days_predicted")),
    "calibration_error": lambda t: calibration_error(_both(t, "poor"), _both(t, "well")),
    "calibration_error_at_5": lambda t: calibration_error(*_at_prevalence(t)),
}


def figures(by_home: FloatArray, seed: int, resamples: int = RESAMPLES) -> dict[str, Figure]:
    """Return all figures of homes with their confidence intervals.

    by_home: shape (homes, LENGTH), the sum of each home's tallies. Homes are drawn anew with replacement,
    each with all its scenarios, since these are not independent; the middle 95 % is the interval. Without
    resamples there is none.
    """
    rng = np.random.default_rng([seed, 2])
    homes = len(by_home)
    drawn = rng.multinomial(homes, np.full(homes, 1.0 / homes), resamples).astype(np.float64)
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    used = np.flatnonzero(by_home.any(axis=0))
    filled, tally = by_home[:, used], np.zeros(by_home.shape[1])
    for weights in drawn:
        tally[used] = weights @ filled
        for name, metric in METRICS.items():
            values[name].append(metric(tally))
    whole = by_home.sum(axis=0)
    return {name: Figure(metric(whole), *_middle(values[name])) for name, metric in METRICS.items()}


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of what is known; inf is a value like others."""
    known = sorted(value for value in values if not math.isnan(value))
    if not known:
        return math.nan, math.nan
    last = len(known) - 1
    return known[math.floor(0.025 * last)], known[math.ceil(0.975 * last)]
