"""What is true of a site and must not alarm: an export limit, a battery, a wrong nameplate, more panels.

Australian distributors commonly allow 5 kW of export a phase, of panels of 6 to 10 kWp; homes with smaller
panels get the same share here. Batteries of 5 to 15 kWh stand beside such panels: the same share again. How
wrong nameplates are (those of the real homes we know scatter by more than a quarter), by how much systems are
extended, and how many limits and batteries are registered, are assumptions.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from sunsift.lab.inject.scene import Scene, draw_onset
from sunsift.lab.panels import with_battery
from sunsift.lab.record import limited

LIMIT_A_KWP: Final = (0.3, 0.6)
LIMIT_REGISTERED: Final = 0.5
BATTERY_KWH_A_KWP: Final = (1.5, 3.0)
BATTERY_KW_A_KWP: Final = 0.7
BATTERY_REGISTERED: Final = 0.5
NAMEPLATE: Final = (0.7, 1.4)
EXPANSION: Final = (1.3, 2.0)


def export_limit(scene: Scene, rng: np.random.Generator) -> Scene:
    """Hold the panels back when the house uses little, by an export limit; half of them are registered."""
    limit_kw = round(scene.house.capacity_kwp * rng.uniform(*LIMIT_A_KWP), 2)
    truly = replace(scene.house, export_limit_kw=limit_kw)
    made = limited(scene.load_kwh, scene.generation_kwh, truly, 24.0 / scene.slots)
    told = truly if rng.random() < LIMIT_REGISTERED else scene.house
    return replace(scene, house=told, generation_kwh=made, healthy_kwh=made, onset=0)


def battery(scene: Scene, rng: np.random.Generator) -> Scene:
    """Store the surplus for the evening in a battery, from a day on; half of them are registered."""
    onset = draw_onset(rng, len(scene), from_first_day=0.5)
    kwp = scene.house.capacity_kwp
    missing = np.isnan(scene.load_kwh) | np.isnan(scene.generation_kwh)
    load = np.where(missing, 0.0, scene.load_kwh)
    made = np.where(missing, 0.0, scene.generation_kwh)
    made[:onset] = np.minimum(made[:onset], load[:onset])  # nothing to store before it is there
    seen = with_battery(load, made, kwp * rng.uniform(*BATTERY_KWH_A_KWP), kwp * BATTERY_KW_A_KWP)
    seen = np.where(missing, scene.load_kwh, seen)
    told = replace(scene.house, battery=bool(rng.random() < BATTERY_REGISTERED))
    return replace(scene, house=told, load_kwh=seen, onset=onset)


def nameplate(scene: Scene, rng: np.random.Generator) -> Scene:
    """Register a capacity of 0.7 to 1.4 times the true one."""
    wrong = round(scene.house.capacity_kwp * rng.uniform(*NAMEPLATE), 3)
    return replace(scene, house=replace(scene.house, capacity_kwp=max(wrong, 0.1)), onset=0)


def expansion(scene: Scene, rng: np.random.Generator) -> Scene:
    """Add panels from a day on, of which nobody told the register."""
    onset = draw_onset(rng, len(scene), from_first_day=0.0)
    more = np.ones((len(scene), 1))
    more[onset:] = rng.uniform(*EXPANSION)
    made = scene.generation_kwh * more
    return replace(scene, generation_kwh=made, healthy_kwh=scene.healthy_kwh * more, onset=onset)
