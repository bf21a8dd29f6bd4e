"""Why a score is what it is: the exact contributions of the model, in the words of a support person."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray
from sunsift.domain.verdict import Reason
from sunsift.model.artefact import Artefact
from sunsift.model.features import Features
from sunsift.model.trees import Leaves

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

Sentence = Callable[["Seen", int], list[Reason]]
"""What a group has to say of one period."""


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
    artefact: Artefact, house: House, found: Features, leaves: Leaves, poor: BoolArray
) -> list[tuple[Reason, ...]]:
    """Name what moved each score most, in the direction of its verdict; at most three reasons a period.

    leaves: as `Trees.leaves` gives them for the head "poor". poor: shape (p,), whether the verdict is poor.
    """
    group = np.array([group_of(name) for name in artefact.features])
    steps = artefact.heads["poor"].contributions(leaves, group, len(NAMES))
    towards = np.where(poor[:, np.newaxis], steps, -steps)
    order = np.argsort(-towards, axis=1, kind="stable")
    worth = (towards >= LEAST_STEP).sum(axis=1)
    silent = poor & (found["silent_days"] >= SILENT_DAYS)
    seen = Seen.of(house, found, poor)
    told = []
    rows = zip(order.tolist(), worth.tolist(), silent.tolist(), strict=True)
    for row, (places, ranked, is_silent) in enumerate(rows):
        says = [SENTENCES[place] for place in places[:ranked]]
        # Whoever hears of dead panels wants to hear for how long they have been.
        told.append(_first([_silence, *says] if is_silent else says, seen, row))
    return told


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sentences of each period speak of, as plain lists: only the few that are said are built.

    house: the registration. is_poor: the verdict. The others are features, NaN where unknown.
    """

    house: House
    is_poor: list[bool]
    alone: list[float]
    best: list[float]
    best_past: list[float]
    silent_days: list[float]
    silent_between: list[float]
    quiet: list[float]
    exporting: list[float]
    flat: list[float]
    top_export: list[float]
    balanced: list[float]
    net_noon: list[float]

    @classmethod
    def of(cls, house: House, found: Features, poor: BoolArray) -> "Seen":
        """Take what is spoken of from the features."""
        between = np.rint(30.0 * (1.0 - np.nan_to_num(found["trace_30"], nan=1.0)))
        return cls(
            house=house,
            is_poor=poor.tolist(),
            alone=found["geometry_30"].tolist(),
            best=np.maximum(found["best_10"], 0.0).tolist(),
            best_past=found["best_past"].tolist(),
            silent_days=found["silent_days"].tolist(),
            silent_between=between.tolist(),
            quiet=found["quiet_5"].tolist(),
            exporting=found["exporting_bright_10"].tolist(),
            flat=found["flat_30"].tolist(),
            top_export=found["top_export_30"].tolist(),
            balanced=found["balanced_30"].tolist(),
            net_noon=found["net_noon_mean_30"].tolist(),
        )


def _first(says: Iterable[Sentence], seen: Seen, row: int) -> tuple[Reason, ...]:
    """Return the first few reasons that differ; no two sentences give the same one."""
    first: list[Reason] = []
    for sentence in dict.fromkeys(says):
        first += sentence(seen, row)
        if len(first) >= MOST_REASONS:
            break
    return tuple(first[:MOST_REASONS])


# A house gives the same few reasons on most days, and reasons never change: one of each is enough.
_reason: Final = lru_cache(maxsize=4096)(Reason)


def _whole(value: float) -> int:
    return 0 if math.isnan(value) else round(min(max(value, 0.0), 30000.0))


def _level(seen: Seen, row: int) -> list[Reason]:
    """Say how far the output rose: against the neighbours or the clear sky, and against the past."""
    of_sun, before = seen.best[row], seen.best_past[row]
    code = "of_clear_sky" if seen.alone[row] > 0.5 else "of_neighbours"
    reasons = [_reason(code, _whole(100.0 * of_sun))]
    if math.isnan(before):
        reasons.append(_reason("no_past", _whole(10.0 * seen.house.capacity_kwp)))
    elif before >= MATCHING:
        reasons.append(_reason("used_to_match", 0))
    elif not seen.is_poor[row] or before > of_sun:
        reasons.append(_reason("used_to", _whole(100.0 * before)))
    return reasons


def _silence(seen: Seen, row: int) -> list[Reason]:
    """Say for how long nothing came, or that so little is unusual."""
    if not seen.is_poor[row]:
        return []
    if seen.silent_days[row] >= SILENT_DAYS:
        return [_reason("silent_days", int(seen.silent_days[row]))]
    if seen.silent_between[row] >= SILENT_BETWEEN:
        return [_reason("silent_between", int(seen.silent_between[row]))]
    return [_reason("unseen_before", 0)] if seen.quiet[row] > UNSEEN else []


def _shape(seen: Seen, row: int) -> list[Reason]:
    """Say that the day has another shape than it had."""
    return [_reason("shape", 0)] if seen.is_poor[row] else []


def _gaps(seen: Seen, row: int) -> list[Reason]:
    """Say how often nothing came in bright hours."""
    share = seen.exporting[row]
    return [_reason("gaps", _whole(100.0 * share))] if seen.is_poor[row] and share < GAPPY else []


def _limit(seen: Seen, row: int) -> list[Reason]:
    kw = seen.top_export[row] * seen.house.capacity_kwp
    if not seen.flat[row] > FLAT_SHARE or math.isnan(kw):
        return []
    return [_reason("export_limit", _whole(10.0 * kw))]


def _battery(seen: Seen, row: int) -> list[Reason]:
    shown = seen.house.battery or seen.balanced[row] > BALANCED_SHARE
    return [_reason("battery", 1)] if shown else []


def _around(seen: Seen, row: int) -> list[Reason]:
    return [_reason("load_hides", 1)] if seen.net_noon[row] < 0.0 else []


_BY_NAME: Final[dict[str, Sentence]] = {
    "past": _level,
    "level": _level,
    "silence": _silence,
    "shape": _shape,
    "gaps": _gaps,
    "limit": _limit,
    "battery": _battery,
    "around": _around,
}
# In the order of NAMES.
SENTENCES: Final = [_BY_NAME[name] for name in NAMES]
