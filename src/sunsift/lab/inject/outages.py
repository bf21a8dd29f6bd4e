"""Faults that switch panels off: all of them, a string, after rain, at noon.

Sources. Inverters are the commonest cause of lost energy (Golnas 2013, IEEE Journal of Photovoltaics;
Jordan et al. 2020, doi 10.1002/pip.3262), and nobody tells a household that one stopped. Water in rooftop DC
isolators is a known fault of Australian systems, which is why AS/NZS 5033 no longer asks for them since 2021.
Inverters must let go when the grid's voltage rises too high (AS/NZS 4777.2), which happens at noon of clear
mild days. How long and how often within these bounds are assumptions, as no open record tells it.
"""

from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray
from sunsift.lab.inject.scene import CLEAR_FROM, RAINY_UPTO, Scene, brightness, draw_onset
from sunsift.lab.record import day_sums

OUTAGE_DAYS: Final = (7, 200)
# After rain a wet isolator trips with this chance, and stays off until somebody resets it or it has dried.
WET_TRIP_CHANCE: Final = (0.4, 0.9)
WET_OFF_DAYS: Final = (2, 12)
# Hours in which the grid's voltage is highest, and the chance that an interval of them is lost.
NOON_HOURS: Final = (9.5, 15.5)
TRIP_CHANCE: Final = (0.4, 0.9)
# Days on which the home uses less than this quantile of its days count as mild: nobody cools or heats.
MILD_QUANTILE: Final = 0.6


def outage(scene: Scene, rng: np.random.Generator) -> Scene:
    """Make nothing for 7 to 200 days, short ones more often than long ones."""
    days = len(scene)
    shortest, longest = OUTAGE_DAYS
    onset = draw_onset(rng, days)
    length = round(float(np.exp(rng.uniform(np.log(shortest), np.log(longest)))))
    # Whoever is dead from the first day on is told by no change, so it must last for at least two periods.
    length = max(length, 60) if onset == 0 else length
    left = np.ones((days, 1))
    left[onset : onset + length] = 0.0
    return scene.with_left(left, onset)


def _string(scene: Scene, rng: np.random.Generator, strings: int) -> Scene:
    onset = draw_onset(rng, len(scene))
    left = np.ones((len(scene), 1))
    left[onset:] = 1.0 - 1.0 / strings
    return scene.with_left(left, onset)


def half_the_strings(scene: Scene, rng: np.random.Generator) -> Scene:
    """Lose one string of two from a day on."""
    return _string(scene, rng, 2)


def third_of_the_strings(scene: Scene, rng: np.random.Generator) -> Scene:
    """Lose one string of three from a day on."""
    return _string(scene, rng, 3)


def isolator(scene: Scene, rng: np.random.Generator) -> Scene:
    """Let a leaking isolator switch everything off after rain, for days at a time, from a day on."""
    onset = draw_onset(rng, len(scene))
    chance = rng.uniform(*WET_TRIP_CHANCE)
    rainy = brightness(scene.healthy_kwh) <= RAINY_UPTO
    left = np.ones((len(scene), 1))
    row = onset
    while row < len(scene):
        if rainy[row] and rng.random() < chance:
            off = int(rng.integers(WET_OFF_DAYS[0], WET_OFF_DAYS[1] + 1))
            left[row : row + off] = 0.0
            row += off
        row += 1
    return scene.with_left(left, onset)


def overvoltage(scene: Scene, rng: np.random.Generator) -> Scene:
    """Trip at midday of clear mild days, when everybody exports and nobody uses, from a day on."""
    onset = draw_onset(rng, len(scene))
    chance = rng.uniform(*TRIP_CHANCE)
    clear = brightness(scene.healthy_kwh) >= CLEAR_FROM
    used = day_sums(scene.load_kwh)
    mild = used <= np.nanquantile(used, MILD_QUANTILE)
    noon = (scene.hour > NOON_HOURS[0]) & (scene.hour < NOON_HOURS[1])
    tripped = (clear & mild)[:, np.newaxis] & noon & (rng.random((len(scene), scene.slots)) < chance)
    tripped[:onset] = False
    left: FloatArray = np.where(tripped, 0.0, 1.0)
    return scene.with_left(left, onset)
