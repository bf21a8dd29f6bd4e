"""What people do that must not alarm: charge a car, go away, cool the house.

Sources. Chargers draw 2.3 kW (a socket of 10 A), 3.6 kW (16 A) or 7.2 kW (a wall box of 32 A), at 230 V; a
split or ducted air conditioner 1.5 to 5 kW. How often cars are charged, when it is hot enough to cool and how
many weeks people are away are assumptions.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from sunsift.lab.inject.scene import Scene, brightness, draw_onset

CHARGER_KW: Final = (2.3, 3.6, 7.2)
CHARGE_HOURS: Final = (1.0, 3.5)
CHARGES_A_WEEK: Final = (3.0, 7.0)
# Where the car is charged by day, it hides the panels' noon.
CHARGED_BY_DAY: Final = 0.5
TRIPS: Final = (1, 4)
TRIP_DAYS: Final = (7, 29)
COOLING_KW: Final = (1.5, 5.0)
HOT_DAYS: Final = 0.6


def ev(scene: Scene, rng: np.random.Generator) -> Scene:
    """Charge a car at home from a day on, most evenings or most noons."""
    onset = draw_onset(rng, len(scene))
    power = float(rng.choice(CHARGER_KW))
    start = rng.uniform(9.5, 12.5) if rng.random() < CHARGED_BY_DAY else rng.uniform(17.5, 23.0)
    plugged = rng.random(len(scene)) < rng.uniform(*CHARGES_A_WEEK) / 7.0
    hours = rng.uniform(*CHARGE_HOURS, len(scene))
    late = rng.normal(0.0, 0.7, len(scene))
    since = (scene.hour - start - late[:, np.newaxis]) % 24.0
    charging = plugged[:, np.newaxis] & (since < hours[:, np.newaxis])
    charging[:onset] = False
    return replace(scene, load_kwh=scene.load_kwh + charging * scene.kwh(power), onset=onset)


def vacation(scene: Scene, rng: np.random.Generator) -> Scene:
    """Leave the house empty for some weeks: nothing but the fridge and what else stands by."""
    load = scene.load_kwh.copy()
    idle = np.nanquantile(load, 0.08)
    onset = len(scene)
    for _ in range(int(rng.integers(*TRIPS))):
        first = int(rng.integers(0, max(1, len(scene) - TRIP_DAYS[0])))
        last = first + int(rng.integers(*TRIP_DAYS))
        load[first:last] = np.minimum(load[first:last], idle * rng.uniform(0.8, 1.2, load[first:last].shape))
        onset = min(onset, first)
    return replace(scene, load_kwh=load, onset=onset)


def cooling(scene: Scene, rng: np.random.Generator) -> Scene:
    """Strong cooling in the heat of summer, when the sun is highest too: it hides what the panels make.

    Nobody recorded the temperature of the homes, so the clear days of the three warmest months stand for it.
    """
    warmest = 20 if scene.house.latitude < 0.0 else 203
    of_year = scene.day % 365.25 - warmest
    summer = np.abs((of_year + 182.6) % 365.25 - 182.6) < 50.0
    hot = summer & (np.nan_to_num(brightness(scene.healthy_kwh)) > 0.55) & (rng.random(len(scene)) < HOT_DAYS)
    power = rng.uniform(*COOLING_KW)
    first, last = rng.uniform(10.5, 13.0, len(scene)), rng.uniform(17.0, 22.0, len(scene))
    on = hot[:, np.newaxis] & (scene.hour > first[:, np.newaxis]) & (scene.hour < last[:, np.newaxis])
    share = rng.uniform(0.5, 1.0, on.shape)
    load = scene.load_kwh + on * share * scene.kwh(power)
    return replace(scene, load_kwh=load, onset=int(np.argmax(hot)) if hot.any() else None)
