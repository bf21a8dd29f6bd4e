"""Faults that creep: dirt, a growing tree, panels that fade.

Sources. Dust takes some 0.05 to 0.5 % a day between rains (Kimber et al. 2006, doi
10.1109/WCPEC.2006.279690; Mejia and Kleissl 2013, Solar Energy). Mild dust is no fault, so ours is the
heavy kind, of dirt roads, birds and lichen, that rain seldom washes off: an assumption. Fading of 0.5 to
1 % a year is normal (Jordan and Kurtz 2013, doi 10.1002/pip.1182); potential-induced degradation takes tens
of per cent (Luo et al. 2017, doi 10.1039/C6EE02271E); within a year is our assumption. The tree is
geometry; it grows faster than most, so that a year shows it: an assumption too.
"""

from typing import Final

import numpy as np

from sunsift.domain.sun import sun_vector
from sunsift.lab.inject.scene import RAINY_UPTO, Scene, brightness, draw_onset

SOILING_A_DAY: Final = (0.003, 0.012)
DIRTIEST: Final = 0.5
# Rain washes with this chance a rainy day, and leaves this share of the dirt.
WASH_CHANCE: Final = 0.08
LEFT_BY_RAIN: Final = 0.2
SHADE_DEPTH: Final = (0.6, 0.9)
# Height of the tree's crown over the roof's horizon, first and last [degrees].
CROWN_FIRST: Final = (5.0, 15.0)
CROWN_LAST: Final = (35.0, 65.0)
GROWING_DAYS: Final = (90, 240)
FADING_A_YEAR: Final = (0.15, 0.60)


def soiling(scene: Scene, rng: np.random.Generator) -> Scene:
    """Dirt that grows day by day and that heavy rain washes off: a sawtooth, from a day on."""
    onset = draw_onset(rng, len(scene))
    rate = float(np.exp(rng.uniform(*np.log(SOILING_A_DAY))))
    rainy = brightness(scene.healthy_kwh) <= RAINY_UPTO
    washed = rainy & (rng.random(len(scene)) < WASH_CHANCE)
    left = np.ones((len(scene), 1))
    dirt = rng.uniform(0.2, DIRTIEST) if onset == 0 else 0.0
    for row in range(onset, len(scene)):
        dirt = dirt * LEFT_BY_RAIN if washed[row] else min(dirt + rate, DIRTIEST)
        left[row] = 1.0 - dirt
    return scene.with_left(left, onset)


def shade(scene: Scene, rng: np.random.Generator) -> Scene:
    """Let a tree in the east, the west or both hide the sun while it stands below the growing crown.

    The lower sun of winter is hidden for longer, so the loss goes by hour and by season.
    """
    onset = draw_onset(rng, len(scene))
    side = int(rng.integers(0, 3))
    depth = rng.uniform(*SHADE_DEPTH)
    first, last = rng.uniform(*CROWN_FIRST), rng.uniform(*CROWN_LAST)
    growing = int(rng.integers(*GROWING_DAYS))
    since = np.arange(len(scene)) - onset
    grown = np.ones(len(scene)) if onset == 0 else np.clip(since / growing, 0.0, 1.0)
    crown = np.where(since >= 0, first + (last - first) * grown, -90.0)
    house = scene.house
    sun = sun_vector(house.latitude, house.longitude, house.utc_offset_hours, scene.day)
    slot = np.minimum((scene.hour * 2.0).astype(np.int64), 47)
    up, east = sun.up[:, slot], sun.east[:, slot]
    low = (up > 0.0) & (np.degrees(np.arcsin(np.clip(up, 0.0, 1.0))) < crown[:, np.newaxis])
    hidden = low & ((east > 0.0) if side == 0 else (east < 0.0) if side == 1 else True)
    return scene.with_left(np.where(hidden, 1.0 - depth, 1.0), onset)


def degradation(scene: Scene, rng: np.random.Generator) -> Scene:
    """Panels that fade far faster than age explains, from a day on."""
    onset = draw_onset(rng, len(scene), from_first_day=0.0)
    rate = rng.uniform(*FADING_A_YEAR)
    since = np.maximum(np.arange(len(scene)) - onset, 0)
    return scene.with_left((1.0 - rate) ** (since / 365.0)[:, np.newaxis], onset)
