"""Why a score is what it is: the exact contributions of the model, in the words of a support person."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray, FloatArray, IntArray
from sunsift.domain.verdict import Reason
from sunsift.model.artefact import Artefact
from sunsift.model.features import Features

MOST_REASONS: Final = 3
# A group of features that moves the log-odds by less than this is not worth a sentence.
LEAST_STEP: Final = 0.25
SILENT_DAYS: Final = 2


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
    "reached_of_sun": "In the last ten days its net output rose to {v} % of what that sun allowed.",
    "of_past": "It reaches {v} % of what it used to reach in such a sun.",
    "unseen_before": "On days as dark as these it hardly ever showed so little before.",
    "shape": "Morning, noon and afternoon no longer compare as they used to: {v} % of the usual balance.",
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
    said = {name: SENTENCES[name](house, found) for name in NAMES if name in SENTENCES}
    told = []
    for row in range(len(order)):
        reasons: list[Reason] = []
        for number in order[row].tolist():
            name = NAMES[number]
            if towards[row, number] >= LEAST_STEP and name in said:
                reasons.extend(reason for reason in said[name][row] if reason not in reasons)
        told.append(tuple(reasons[:MOST_REASONS]))
    return told


def _whole(value: float) -> int:
    return 0 if np.isnan(value) else int(np.clip(np.rint(value), 0, 30000))


def _level(house: House, found: Features) -> list[list[Reason]]:
    """How far the output rose: against the sun, and without a past against the register."""
    reached = np.fmax(found["rise_expected_10"], found["rise_10"])
    no_past = found["past_days"] < PAST_DAYS
    result = []
    for of_sun, is_new in zip(reached.tolist(), no_past.tolist(), strict=True):
        reasons = [Reason("reached_of_sun", _whole(100.0 * of_sun))]
        if is_new:
            reasons.append(Reason("no_past", _whole(10.0 * house.capacity_kwp)))
        result.append(reasons)
    return result


def _past(house: House, found: Features) -> list[list[Reason]]:
    """How far the output rises against what it used to under such a sun."""
    ratio, of_clear = found["rise_expected_10_vs_past"], found["rise_10_vs_past"]
    ratio = np.where(np.isnan(ratio), of_clear, ratio)
    return [[] if np.isnan(r) else [Reason("of_past", _whole(100.0 * r))] for r in ratio.tolist()]


def _silence(house: House, found: Features) -> list[list[Reason]]:
    return [
        [Reason("silent_days", int(days))]
        if days >= SILENT_DAYS
        else [Reason("unseen_before", 0)]
        if q > 2.0
        else []
        for days, q in zip(
            found["silent_days"].tolist(), np.nan_to_num(found["quiet_5"]).tolist(), strict=True
        )
    ]


def _of_percent(code: str, feature: str) -> Callable[[House, Features], list[list[Reason]]]:
    def said(house: House, found: Features) -> list[list[Reason]]:
        return [[] if np.isnan(v) else [Reason(code, _whole(100.0 * v))] for v in found[feature].tolist()]

    return said


def _limit(house: House, found: Features) -> list[list[Reason]]:
    kw: FloatArray = found["top_export_30"] * house.capacity_kwp
    held = found["flat_30"] > 0.1
    return [
        [Reason("export_limit", _whole(10.0 * k))] if h else []
        for k, h in zip(kw.tolist(), held.tolist(), strict=True)
    ]


def _battery(house: House, found: Features) -> list[list[Reason]]:
    seen = house.battery | (found["balanced_30"] > 0.2)
    return [[Reason("battery", 1)] if is_seen else [] for is_seen in seen.tolist()]


def _around(house: House, found: Features) -> list[list[Reason]]:
    hides = np.nan_to_num(found["net_noon_mean_30"]) < -0.1
    return [[Reason("load_hides", 1)] if hidden else [] for hidden in hides.tolist()]


PAST_DAYS: Final = 30
SENTENCES: Final[dict[str, Callable[[House, Features], list[list[Reason]]]]] = {
    "past": _past,
    "level": _level,
    "silence": _silence,
    "shape": _of_percent("shape", "am_pm_30_vs_past"),
    "gaps": _of_percent("gaps", "exporting_bright_10"),
    "limit": _limit,
    "battery": _battery,
    "around": _around,
}
