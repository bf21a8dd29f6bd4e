"""Why a score is what it is: the exact contributions of the model, in the words of a support person."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray, IntArray
from sunsift.domain.verdict import Reason
from sunsift.model.artefact import Artefact
from sunsift.model.features import Features

MOST_REASONS: Final = 3
# A group of features that moves the log-odds by less than this is not worth a sentence.
LEAST_STEP: Final = 0.25
# Shorter silences are weather; what is as rare as this is not.
SILENT_DAYS: Final = 2
SILENT_BETWEEN: Final = 4
UNSEEN: Final = 2.0
GAPPY: Final = 0.8
MATCHING: Final = 0.9
FLAT_SHARE: Final = 0.1
BALANCED_SHARE: Final = 0.2

Sentences = list[list[Reason]]


@dataclass(frozen=True, slots=True)
class Group:
    """Features that speak of one thing. begins: how their names begin; ends: how they end, if it matters."""

    name: str
    begins: tuple[str, ...]
    ends: str = ""


# The first group that a feature fits is its own.
GROUPS: Final = (
    Group("past", ("rise", "best", "top", "net_noon", "low", "trough"), "_vs_past"),
    Group("past", ("noon_share", "slope"), "_vs_past"),
    Group("shape", ("am_", "pm_")),
    Group("gaps", ("exporting", "rough", "trough", "low")),
    Group("silence", ("quiet", "sunk", "trace", "silent")),
    Group("level", ("rise", "best", "top", "noon_share", "slope")),
    Group("limit", ("flat", "limit", "near_limit")),
    Group("battery", ("battery", "balanced", "held_off")),
    Group("around", ("",)),
)
NAMES: Final = tuple(dict.fromkeys(group.name for group in GROUPS))

WORDING: Final = {
    "silent_days": "No trace of solar generation on the last {v} days with readings.",
    "silent_between": "On {v} of the last 30 days there was no trace of solar generation.",
    "of_neighbours": "In its best hour of the last ten days it sent out {v} % of what its neighbours' panels "
    "made of the same sun.",
    "of_clear_sky": "In its best hour of the last ten days it sent out {v} % of what its panels make under "
    "a clear sky.",
    "used_to": "In its own past it reached {v} %.",
    "used_to_match": "In its own past it made as much as such a sun allows.",
    "unseen_before": "On days as dark as these it hardly ever showed so little before.",
    "shape": "Its mornings, noons and afternoons no longer compare as they used to.",
    "gaps": "Even in the brightest hours of clear days it exported only {v} % of the time.",
    "export_limit": "Its exports stop at {tenth:.1f} kW, an export limit, which is not a fault.",
    "battery": "A battery seems to take part of the generation, so the estimate is less certain.",
    "load_hides": "The house itself uses so much in the daytime that the panels can hardly be seen.",
    "no_past": "There is no past yet to compare with; it was judged by its registered {tenth:.1f} kWp.",
}


def explain(reason: Reason) -> str:
    """Put a reason in plain words; an unknown code comes back as it is."""
    text = WORDING.get(reason.code)
    return text.format(v=reason.value, tenth=reason.value / 10.0) if text else reason.code


@cache
def group_of(feature: str) -> int:
    """Return the number of the group that a feature belongs to."""
    for group in GROUPS:
        if feature.startswith(group.begins) and feature.endswith(group.ends):
            return NAMES.index(group.name)
    raise AssertionError(feature)


def reasons_of(
    artefact: Artefact, house: House, found: Features, leaves: IntArray, poor: BoolArray
) -> list[tuple[Reason, ...]]:
    """Name what moved each score most, in the direction of its verdict; at most three reasons a period.

    leaves: as `Trees.leaves` gives them for the head "poor". poor: shape (p,), whether the verdict is poor.
    """
    group = np.array([group_of(name) for name in artefact.features])
    steps = artefact.heads["poor"].contributions(leaves, group, len(NAMES))
    towards = np.where(poor[:, np.newaxis], steps, -steps)
    order = np.argsort(-towards, axis=1, kind="stable")
    worth = (np.take_along_axis(towards, order, axis=1) >= LEAST_STEP).sum(axis=1).tolist()
    silent = (poor & (found["silent_days"] >= SILENT_DAYS)).tolist()
    say = {sentences: sentences(house, found, poor) for sentences in set(SENTENCES.values())}
    said = {name: say[sentences] for name, sentences in SENTENCES.items()}
    told = []
    for row, places in enumerate(order.tolist()):
        ranked = [NAMES[place] for place in places[: worth[row]]]
        # Whoever hears of dead panels wants to hear for how long they have been.
        if silent[row]:
            ranked = ["silence", *(name for name in ranked if name != "silence")]
        told.append(_first(reason for name in ranked for reason in said[name][row]))
    return told


def _first(reasons: Iterator[Reason]) -> tuple[Reason, ...]:
    """Return the first few reasons that differ."""
    first: list[Reason] = []
    for reason in reasons:
        if reason not in first:
            first.append(reason)
            if len(first) == MOST_REASONS:
                break
    return tuple(first)


def _whole(value: float) -> int:
    return 0 if math.isnan(value) else round(min(max(value, 0.0), 30000.0))


def _level(house: House, found: Features, poor: BoolArray) -> Sentences:
    """Say how far the output rose: against the neighbours or the clear sky, and against the past."""
    alone = found["geometry_30"] > 0.5
    now, past = np.maximum(found["best_10"], 0.0), found["best_past"]
    result: Sentences = []
    for is_alone, of_sun, before, is_poor in zip(
        alone.tolist(), now.tolist(), past.tolist(), poor.tolist(), strict=True
    ):
        reasons = [Reason("of_clear_sky" if is_alone else "of_neighbours", _whole(100.0 * of_sun))]
        if math.isnan(before):
            reasons.append(Reason("no_past", _whole(10.0 * house.capacity_kwp)))
        elif before >= MATCHING:
            reasons.append(Reason("used_to_match", 0))
        elif not is_poor or before > of_sun:
            reasons.append(Reason("used_to", _whole(100.0 * before)))
        result.append(reasons)
    return result


def _silence(house: House, found: Features, poor: BoolArray) -> Sentences:
    """Say for how long nothing came, or that so little is unusual."""
    fresh, between = found["silent_days"], np.rint(30.0 * (1.0 - np.nan_to_num(found["trace_30"], nan=1.0)))
    unseen = np.nan_to_num(found["quiet_5"]) > UNSEEN
    result: Sentences = []
    for row, is_poor in enumerate(poor.tolist()):
        if not is_poor:
            result.append([])
        elif fresh[row] >= SILENT_DAYS:
            result.append([Reason("silent_days", int(fresh[row]))])
        elif between[row] >= SILENT_BETWEEN:
            result.append([Reason("silent_between", int(between[row]))])
        else:
            result.append([Reason("unseen_before", 0)] if unseen[row] else [])
    return result


def _shape(house: House, found: Features, poor: BoolArray) -> Sentences:
    """Say that the day has another shape than it had."""
    return [[Reason("shape", 0)] if is_poor else [] for is_poor in poor.tolist()]


def _gaps(house: House, found: Features, poor: BoolArray) -> Sentences:
    """Say how often nothing came in bright hours."""
    share = np.where(poor, found["exporting_bright_10"], np.nan)
    return [[Reason("gaps", _whole(100.0 * v))] if v < GAPPY else [] for v in share.tolist()]


def _limit(house: House, found: Features, poor: BoolArray) -> Sentences:
    kw = np.where(found["flat_30"] > FLAT_SHARE, found["top_export_30"] * house.capacity_kwp, np.nan)
    return [[] if math.isnan(k) else [Reason("export_limit", _whole(10.0 * k))] for k in kw.tolist()]


def _battery(house: House, found: Features, poor: BoolArray) -> Sentences:
    seen = house.battery | (found["balanced_30"] > BALANCED_SHARE)
    return [[Reason("battery", 1)] if is_seen else [] for is_seen in seen.tolist()]


def _around(house: House, found: Features, poor: BoolArray) -> Sentences:
    hides = np.nan_to_num(found["net_noon_mean_30"]) < 0.0
    return [[Reason("load_hides", 1)] if hidden else [] for hidden in hides.tolist()]


SENTENCES: Final[dict[str, Callable[[House, Features, BoolArray], Sentences]]] = {
    "past": _level,
    "level": _level,
    "silence": _silence,
    "shape": _shape,
    "gaps": _gaps,
    "limit": _limit,
    "battery": _battery,
    "around": _around,
}
