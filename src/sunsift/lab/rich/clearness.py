"""The weather behind a region's generation: which share of the clear sky's light let its roofs make that.

Method: the power of panels is projected back to horizontal light by inverting transposition, temperature
and inverter (Killinger et al. 2016, Solar Energy 136, 153-165); the share of clear-sky light is the
clear-sky index of Engerer and Mills (2014, Solar Energy 105, 679-693). Here the panels are the mean
of 300 homes, so a mixture of planes stands for them.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray
from sunsift.lab.rich.plane import alternating_current, direct_current, plane_light
from sunsift.lab.rich.roof import (
    AZIMUTH_SHARES,
    AZIMUTHS,
    LEFT_BY_LOSSES,
    REACH_HEIGHT,
    REACH_SHARE,
    TILT,
)
from sunsift.lab.rich.sun import Light, Sun, light_of

# Shares of the clear sky's light that are tried; what lies between them is interpolated.
TRIED: Final = np.array([0.0, 0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.05, 1.1])
# A lower sun is hidden from too many roofs to tell clouds by: the nearest half-hour with a higher one
# stands in.
LOWEST_SUN: Final = 20.0
DARKEST: Final = 0.02


def of_many_roofs(sun: Sun, light: Light, temperature: FloatArray) -> FloatArray:
    """Return the mean generation of the roofs of `roof.draw_roof` [kWh/kWp a half-hour], shape (n * 48,).

    The mean over skylines of the light is taken before the panels, which are nearly linear. None clips.
    """
    reaching = np.interp(sun.height, REACH_HEIGHT, REACH_SHARE)
    made = np.zeros_like(temperature)
    for azimuth, share in zip(AZIMUTHS, AZIMUTH_SHARES, strict=True):
        on_plane = plane_light(sun, light, TILT[0], azimuth)
        power = LEFT_BY_LOSSES[0] * direct_current(on_plane.beam * reaching + on_plane.diffuse, temperature)
        made += share * alternating_current(power, 1.0)
    return made * (24.0 / SLOTS)


def clearness_behind(generation: FloatArray, sun: Sun, temperature: FloatArray) -> FloatArray:
    """Return the share of the clear sky's light over the region, shape (n * 48,).

    generation: of the mean roof [kWh/kWp a half-hour]; temperature: of the air [C]; both of shape (n * 48,).
    """
    clearness = np.full(generation.shape, np.nan)
    seen = np.flatnonzero(sun.height >= LOWEST_SUN)
    by_day = Sun(sun.zenith[seen], sun.azimuth[seen], sun.extra[seen], sun.clear[seen])
    wanted, warm = generation[seen], temperature[seen]
    below = of_many_roofs(by_day, light_of(by_day, np.zeros(len(seen))), warm)
    found = np.full(len(seen), TRIED[-1])
    open_still = np.ones(len(seen), np.bool_)
    for lower, upper in pairwise(TRIED.tolist()):
        above = of_many_roofs(by_day, light_of(by_day, np.full(len(seen), upper)), warm)
        within = open_still & (wanted <= above)
        share = (wanted - below) / np.maximum(above - below, 1e-9)
        found[within] = (lower + (upper - lower) * np.clip(share, 0.0, 1.0))[within]
        open_still &= ~within
        below = above
    clearness[seen] = np.maximum(found, DARKEST)
    return _held(clearness.reshape(-1, SLOTS)).ravel()


def _held(clearness: FloatArray) -> FloatArray:
    """Fill each day's ends with its first and last known value, shape (n, 48)."""
    known = ~np.isnan(clearness)
    first, last = np.argmax(known, axis=1), SLOTS - 1 - np.argmax(known[:, ::-1], axis=1)
    slot = np.clip(np.arange(SLOTS), first[:, np.newaxis], last[:, np.newaxis])
    held: FloatArray = np.take_along_axis(clearness, slot, axis=1)
    return np.nan_to_num(held, nan=1.0)
