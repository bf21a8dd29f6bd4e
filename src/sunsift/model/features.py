"""What the trained model looks at: a house's last days beside its own past, both under the region's sun.

Every feature is one plain number about a period, made from rows of evidence only, NaN where unknown.
"""

from typing import Final

import numpy as np

from sunsift.domain.evidence import BALANCED, FLAT, GEOMETRY, HELD_OFF, WIDTH, Evidence
from sunsift.domain.house import House
from sunsift.domain.ratio import over
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.model.calendar import (
    BLOCK_DAYS,
    HISTORY_DAYS,
    Calendar,
    running,
    running_max,
    running_mean,
    running_ratio,
    unlikely,
)

# How high the output reaches; each is a column of the evidence.
LEVELS: Final = (
    "rise",
    "best",
    "rise_expected",
    "top_am",
    "top_noon",
    "top_pm",
    "top_export",
    "low",
    "trough",
    "net_noon",
)
LEVEL_DAYS: Final = (3, 5, 10, 30)
# Shown by the last two days as well.
SUDDEN: Final = ("rise", "best", "top_export")
# A month holds six spells of five days; the middle of its better half is kept.
SPELL_DAYS: Final = 5
HEALTHY_QUANTILE: Final = 0.8
# A ratio of two levels is taken with this much added to both, so that it stays tame near zero.
TAME: Final = 0.08
# A day shows a trace of generation if it exports in the sun or rises this far above the night's load.
TRACE_RISE: Final = 0.25
BRIGHT_SHARE: Final = 0.8

Features = dict[str, FloatArray]


def features(house: House, evidence: Evidence, end: IntArray) -> Features:
    """Return every feature of the periods that end on the given days, each of shape (p,).

    evidence: at least one day. end: shape (p,), days that the evidence holds. A period sees the HISTORY_DAYS
    up to its end and nothing else, and gets the same numbers whether it is asked for alone or with others.
    """
    calendar = Calendar(evidence, end)
    found: Features = {}
    _levels(calendar, found)
    _shares(calendar, found)
    _silence(calendar, found)
    _shape_of_day(found)
    _circumstances(calendar, found)
    _registered(house, len(end), found)
    return found


def tame_ratio(now: FloatArray, past: FloatArray) -> FloatArray:
    """Return now over past, both raised by TAME so that noise near zero does not explode."""
    ratio: FloatArray = (np.maximum(now, 0.0) + TAME) / (np.maximum(past, 0.0) + TAME)
    return ratio


def _levels(calendar: Calendar, found: Features) -> None:
    """How high the output rose in the last days, weeks and month, and how that compares with the past."""
    values, at = calendar.columns(*LEVELS), calendar.at
    twos = running_max(values, 2)
    fives = running_max(values, SPELL_DAYS)
    tens = running_max(values, BLOCK_DAYS)
    spells = np.stack([fives[:, at - SPELL_DAYS * back] for back in range(30 // SPELL_DAYS)])
    month = np.sort(np.where(np.isnan(spells), -np.inf, spells), axis=0)[-2]
    of_days = {
        2: twos[:, at],
        3: running_max(values, 3)[:, at],
        5: fives[:, at],
        10: tens[:, at],
        30: np.where(np.isfinite(month), month, np.nan),
    }
    past = calendar.past(tens, HEALTHY_QUANTILE)
    compared = {days: tame_ratio(now, past) for days, now in of_days.items()}
    for row, name in enumerate(LEVELS):
        found[f"{name}_past"] = past[row]
        for days in of_days if name in SUDDEN else LEVEL_DAYS:
            found[f"{name}_{days}"] = of_days[days][row]
            found[f"{name}_{days}_vs_past"] = compared[days][row]


def _shares(calendar: Calendar, found: Features) -> None:
    """Noon's energy over what was to be expected, and the slope of net energy on the sun's."""
    at = calendar.at
    top, under = calendar.columns("export_noon", "follows"), calendar.columns("light_noon", "steps")
    of_days = {days: running_ratio(top, under, days) for days in (5, BLOCK_DAYS, 30)}
    past = calendar.past(of_days[BLOCK_DAYS], 0.6)
    past_low = calendar.past(of_days[BLOCK_DAYS], 0.1)
    for row, name in enumerate(("noon_share", "slope")):
        found[f"{name}_past"], found[f"{name}_past_low"] = past[row], past_low[row]
        for days, values in of_days.items():
            found[f"{name}_{days}"] = values[row, at]
            found[f"{name}_{days}_vs_past"] = tame_ratio(values[row, at], past[row])


def _silence(calendar: Calendar, found: Features) -> None:
    """Days on which less came out than ever before under so little light, and days without any trace."""
    at = calendar.at
    am, noon, pm = np.nan_to_num(calendar.columns("export_am", "export_noon", "export_pm"))
    # Rounded, so that days of equal export are equal.
    export = np.where(calendar.usable, np.round(0.3 * am + 0.4 * noon + 0.3 * pm, 6), np.nan)
    expected, clear, rise, exporting, rough = calendar.columns(
        "expected", "clear", "rise", "exporting", "rough"
    )
    light = over(expected, clear)
    months = np.zeros(calendar.length, np.bool_)
    for back in range(BLOCK_DAYS):
        months[at - back] = True
    threes = running_max(np.stack((export, rise, light)), 3)
    of_1 = unlikely(np.stack((export, rise)), light, months)
    of_3 = np.where(calendar.usable, unlikely(threes[:2], threes[2], months), np.nan)[:, at]
    of_days = {days: running_mean(of_1, days)[:, at] for days in (2, 5, 10)}
    for row, name in enumerate(("quiet", "sunk")):
        for days, mean in of_days.items():
            found[f"{name}_{days}"] = mean[row]
        found[f"{name}_of_3"] = of_3[row]

    trace = np.where(calendar.usable, (exporting > 0.0) | (rise > TRACE_RISE), np.nan)
    for days in (3, 7, 30):
        found[f"trace_{days}"] = running_mean(trace, days)[at]
    last = np.maximum.accumulate(np.where(trace == 1.0, np.arange(calendar.length), 0))[at]
    last = np.maximum(last, at - HISTORY_DAYS)  # what lies further back is not seen
    usable = np.cumsum(calendar.usable)
    found["silent_days"] = np.minimum(usable[at] - usable[last], 30).astype(np.float64)
    silent_light = running(np.where(trace == 0.0, light, 0.0), 30)[at]
    found["silent_share_30"] = over(silent_light, running(light, 30)[at])

    with np.errstate(invalid="ignore"):
        bright = light >= BRIGHT_SHARE * running_max(light, 30)
    values = np.where(bright, np.stack((exporting, rough)), np.nan)
    of_days = {days: running_mean(values, days) for days in (BLOCK_DAYS, 30)}
    past = calendar.past(of_days[BLOCK_DAYS], 0.5)
    for row, name in enumerate(("exporting", "rough")):
        found[f"{name}_bright_past"] = past[row]
        for days, mean in of_days.items():
            found[f"{name}_bright_{days}"] = mean[row, at]
            found[f"{name}_bright_{days}_vs_past"] = mean[row, at] - past[row]


def _shape_of_day(found: Features) -> None:
    """How morning, noon and evening compare with each other, against the same in the past."""
    for one, other in (("am", "noon"), ("pm", "noon"), ("am", "pm")):
        past = tame_ratio(found[f"top_{one}_past"], found[f"top_{other}_past"])
        for days in (10, 30):
            now = tame_ratio(found[f"top_{one}_{days}"], found[f"top_{other}_{days}"])
            found[f"{one}_{other}_{days}_vs_past"] = now / past


def _circumstances(calendar: Calendar, found: Features) -> None:
    """Light, load, and signs of batteries and limits."""
    at, usable = calendar.at, calendar.usable.astype(np.float64)
    found["past_days"] = running(usable, HISTORY_DAYS)[at] - running(usable, 30)[at]
    expected, clear = calendar.columns("expected", "clear")
    light = over(expected, clear)
    found["light_5"], found["light_30"] = running_mean(light, 5)[at], running_mean(light, 30)[at]
    names = ("night_low", "night_mean", "exporting", "net_noon")
    values = calendar.columns(*names)
    mean = running_mean(values, 30)[:, at]
    for row, name in enumerate(names):
        found[f"{name}_mean_30"] = mean[row]
    tens = running_mean(values[2:3], BLOCK_DAYS)
    found["exporting_past"] = calendar.past(tens, 0.5)[0]
    flags = running_mean(calendar.flags(FLAT, BALANCED, HELD_OFF, GEOMETRY), 30)[:, at]
    for row, name in enumerate(("flat", "balanced", "held_off", "geometry")):
        found[f"{name}_30"] = flags[row]


def _registered(house: House, count: int, found: Features) -> None:
    """Say what the register tells."""
    limit = 2.0 if house.export_limit_kw is None else min(house.export_limit_kw / house.capacity_kwp, 2.0)
    found["limit_kw_per_kwp"] = np.full(count, limit)
    found["near_limit"] = np.minimum(found["top_export_30"] / max(limit, 1e-3), 1.5)
    found["battery"] = np.full(count, float(house.battery))


def _all_names() -> tuple[str, ...]:
    """Return the names of all features, in their order."""
    nowhere = House(house_id="-", capacity_kwp=1.0, latitude=0.0, longitude=0.0, utc_offset_hours=0.0)
    empty = Evidence(np.zeros(1, np.int64), np.zeros((1, WIDTH), np.uint8))
    return tuple(features(nowhere, empty, empty.day))


FEATURES: Final = _all_names()
