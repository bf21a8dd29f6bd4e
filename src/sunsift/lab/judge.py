"""Judge the verdicts on real homes: each as it was metered against itself with its panels switched off."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sunsift.domain.errors import SunsiftError
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods, ready_periods
from sunsift.domain.readings import FloatArray, IntArray, day_number
from sunsift.domain.rules import Rules
from sunsift.domain.status import Status, fold
from sunsift.domain.verdict import Score
from sunsift.lab.metered import MeteredHome, read_metered
from sunsift.lab.record import Progress, no_progress
from sunsift.lab.sensed import Profiles, evidence_under, fleet_profiles
from sunsift.model import Model, load

# A period with this many dead days of its thirty lies at the edge of being poor.
PARTLY_DEAD_DAYS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSeparation:
    """How well one home's dead periods are told from its healthy ones.

    onset: first day without generation [days since 1970-01-01].
    auc_dead: of p_poor, periods that are dead throughout against healthy ones; auc_partly_dead: the same for
    periods of at least PARTLY_DEAD_DAYS dead days. NaN where there are no such periods.
    healthy_poor, healthy_unknown: share of the healthy periods with that verdict.
    days_to_prediction, days_to_status: from the onset to the first poor one, the day of onset being day 1;
    None if there was none. A status that was poor already at the onset makes it 0.
    """

    house_id: str
    onset: int
    healthy_periods: int
    dead_periods: int
    auc_dead: float
    auc_partly_dead: float
    healthy_poor: float
    healthy_unknown: float
    days_to_prediction: int | None
    days_to_status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How well dead panels are told from healthy ones, home by home and over all periods of all homes."""

    model_version: str
    capacity_scale: float
    homes: tuple[HomeSeparation, ...]
    auc_dead: float
    auc_partly_dead: float
    healthy_poor: float
    healthy_unknown: float


@dataclass(frozen=True, slots=True)
class _Judged:
    """A home with the scores that its figures came from; each of shape (periods,)."""

    figures: HomeSeparation
    healthy: FloatArray
    dead: FloatArray
    partly_dead: FloatArray


def roc_auc(positive: npt.ArrayLike, negative: npt.ArrayLike) -> float:
    """Return the chance that a positive score lies above a negative one, ties counting half.

    Both of one dimension. Result: 0 to 1, NaN if either is empty. Errors: ValueError for NaN scores.
    """
    above, below = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    if not (len(above) and len(below)):
        return math.nan
    both = np.concatenate((above, below))
    if np.isnan(both).any():
        raise ValueError("a score is NaN")
    _, place, count = np.unique(both, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2.0
    rank_sum = float(mean_rank[place[: len(above)]].sum())
    return (rank_sum - len(above) * (len(above) + 1) / 2.0) / (len(above) * len(below))


def separation(
    homes_csv: Path,
    readings_parquet: Path,
    capacity_scale: float = 1.0,
    *,
    onset: date | None = None,
    seed: int = 1,
    model: Model | None = None,
    rules: Rules | None = None,
    progress: Progress = no_progress,
) -> Separation:
    """Score each home as metered, and once more with its generation set to zero from a day on.

    Both times the sunlight is what the homes sense as metered, so that nothing but its own panels differs.
    homes_csv, readings_parquet, capacity_scale: as in `write_packets`. onset: the first dead day; by default
    a day near the middle of each home's readings, drawn with `seed`. model: the shipped one by default.
    progress: called with homes done and homes in all. Errors: as `read_metered`; SunsiftError if no home
    has a reading or capacity_scale is not positive.
    """
    if not (math.isfinite(capacity_scale) and capacity_scale > 0.0):
        raise SunsiftError(f"capacity_scale is {capacity_scale}, must be positive")
    model, rules = model or load(), rules or Rules()
    homes = [home.scaled(capacity_scale) for home in read_metered(homes_csv, readings_parquet)]
    if not homes:
        raise SunsiftError(f"no home of {homes_csv.name} has a reading in {readings_parquet.name}")
    sunlight = fleet_profiles([home.record() for home in homes])
    judged: list[_Judged] = []
    for index, home in enumerate(homes):
        rng = np.random.default_rng([seed, 4, index])
        first_dead = _draw_onset(rng, home.day) if onset is None else day_number(onset)
        judged.append(_judge(home, sunlight, first_dead, model, rules))
        progress(index + 1, len(homes))
    healthy = np.concatenate([j.healthy for j in judged])
    weights = np.array([j.figures.healthy_periods for j in judged])
    return Separation(
        model_version=model.version,
        capacity_scale=capacity_scale,
        homes=tuple(j.figures for j in judged),
        auc_dead=roc_auc(np.concatenate([j.dead for j in judged]), healthy),
        auc_partly_dead=roc_auc(np.concatenate([j.partly_dead for j in judged]), healthy),
        healthy_poor=_pooled([j.figures.healthy_poor for j in judged], weights),
        healthy_unknown=_pooled([j.figures.healthy_unknown for j in judged], weights),
    )


def _pooled(shares: Sequence[float], weights: IntArray) -> float:
    known = weights > 0
    return float(np.average(np.array(shares)[known], weights=weights[known])) if known.any() else math.nan


def _draw_onset(rng: np.random.Generator, day: IntArray) -> int:
    """Draw a day from the middle fifth, which leaves both halves of a year many periods."""
    return int(day[0]) + int(len(day) * rng.uniform(0.4, 0.6))


def _judge(home: MeteredHome, sunlight: Profiles, onset: int, model: Model, rules: Rules) -> _Judged:
    scores = _scored(home.house, evidence_under(home.record(), sunlight), model, rules)[1]
    out = evidence_under(home.record(outage_from=onset), sunlight)
    out_periods, out_scores = _scored(home.house, out, model, rules)
    dead_days = np.minimum(out_periods.end - onset + 1, rules.period_days)
    healthy = _p_poor(scores)
    p_poor = _p_poor(out_scores)
    dead, partly_dead = p_poor[dead_days >= rules.period_days], p_poor[dead_days >= PARTLY_DEAD_DAYS]
    verdicts = [score.verdict for score in scores]
    return _Judged(
        HomeSeparation(
            house_id=home.house.house_id,
            onset=onset,
            healthy_periods=len(scores),
            dead_periods=len(dead),
            auc_dead=roc_auc(dead, healthy),
            auc_partly_dead=roc_auc(partly_dead, healthy),
            healthy_poor=_share(verdicts, Status.POOR),
            healthy_unknown=_share(verdicts, Status.UNKNOWN),
            days_to_prediction=_days_to_prediction(out_periods, out_scores, onset),
            days_to_status=_days_to_status(out_periods, out_scores, onset, rules),
        ),
        healthy,
        dead,
        partly_dead,
    )


def _scored(house: House, evidence: Evidence, model: Model, rules: Rules) -> tuple[Periods, list[Score]]:
    periods = ready_periods(evidence, rules, int(evidence.day[0]), int(evidence.day[-1]))
    return periods, model.score(house, evidence, periods)


def _p_poor(scores: Sequence[Score]) -> FloatArray:
    return np.array([score.p_poor for score in scores], np.float64)


def _share(verdicts: Sequence[Status], wanted: Status) -> float:
    return verdicts.count(wanted) / len(verdicts) if verdicts else math.nan


def _days_to_prediction(periods: Periods, scores: Sequence[Score], onset: int) -> int | None:
    for end, score in zip(periods.end.tolist(), scores, strict=True):
        if end >= onset and score.verdict is Status.POOR:
            return int(end) - onset + 1
    return None


def _days_to_status(periods: Periods, scores: Sequence[Score], onset: int, rules: Rules) -> int | None:
    opinions = zip(periods.end.tolist(), (score.opinion() for score in scores), strict=True)
    for folded in fold([], None, opinions, rules.fold_predictions):
        if folded.as_of >= onset and folded.status is Status.POOR:
            return 0 if folded.previous is Status.POOR else folded.as_of - onset + 1
    return None
