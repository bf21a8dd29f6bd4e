"""What happens to readings and to the sky over everybody, and must not alarm.

Assumptions, all of them. Most meters are read on well over nine days of ten; ours are the bad ones. Smoke as
in eastern Australia's summer of 2019-20, or weeks of rain, dim everything for longer here than most do.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from sunsift.lab.inject.scene import Scene

GAP_STARTS: Final = 0.03
GAP_DAYS: Final = (1, 4)
LONG_GAP_DAYS: Final = (15, 41)
PART_LOST: Final = 0.03
GUESSED_SPELLS: Final = (2, 5)
GUESSED_DAYS: Final = (5, 21)
SMOKE_DAYS: Final = (10, 26)
SMOKE_LETS_THROUGH: Final = (0.35, 0.75)


def missing_days(scene: Scene, rng: np.random.Generator) -> Scene:
    """Lose the meter's connection: for some days now and then, once for weeks, for hours on others."""
    days = len(scene)
    lost = scene.lost.copy()
    for row in np.flatnonzero(rng.random(days) < GAP_STARTS).tolist():
        lost[row : row + int(rng.integers(*GAP_DAYS))] = True
    first = int(rng.integers(0, max(1, days - LONG_GAP_DAYS[0])))
    lost[first : first + int(rng.integers(*LONG_GAP_DAYS))] = True
    for row in np.flatnonzero(rng.random(days) < PART_LOST).tolist():
        hour = int(rng.integers(0, scene.slots))
        lost[row, hour : hour + max(1, scene.slots // 6)] = True
    return replace(scene, lost=lost, onset=int(np.argmax(lost.any(axis=1))))


def estimated_reads(scene: Scene, rng: np.random.Generator) -> Scene:
    """Have spells of days that nobody read: the mean of two weeks before stands in, with quality E."""
    estimated = scene.estimated.copy()
    for _ in range(int(rng.integers(*GUESSED_SPELLS))):
        first = int(rng.integers(0, max(1, len(scene) - GUESSED_DAYS[0])))
        estimated[first : first + int(rng.integers(*GUESSED_DAYS))] = True
    return replace(scene, estimated=estimated, onset=int(np.argmax(estimated)))


def smoke(scene: Scene, sky: np.random.Generator) -> Scene:
    """Dim the whole region by smoke or long rain: the panels make less, and are healthy.

    sky: seeded for the region, not for the house, so that all houses of a region lose the same days. The
    spell goes by the day of the year, since homes of one region may have been metered in different years.
    """
    first = int(sky.integers(0, 365))
    length = int(sky.integers(*SMOKE_DAYS))
    thickness = sky.uniform(*SMOKE_LETS_THROUGH) + sky.uniform(-0.1, 0.1, length)
    through = np.ones(len(scene))
    since = np.floor((scene.day % 365.25 - first) % 365.25).astype(np.int64)
    under = since < length
    through[under] = thickness[since[under]]
    dim = through[:, np.newaxis]
    return replace(
        scene,
        generation_kwh=scene.generation_kwh * dim,
        healthy_kwh=scene.healthy_kwh * dim,
        onset=int(np.argmax(under)) if under.any() else None,
    )
