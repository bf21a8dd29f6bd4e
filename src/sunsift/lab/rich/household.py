"""What a house of a rich fleet uses, and the tank that its surplus heats.

Shares and sizes, with their sources: docs/simulation.md.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray, IntArray
from sunsift.lab.load import draw_household, draw_load
from sunsift.lab.rich.regional import RealLoads

# A detached home with panels uses about 17 kWh a day, give or take a half.
DAILY_KWH: Final = (17.0, 0.4)
# One real home is scaled by no more than this; a large house is made of several homes.
SCALE: Final = (0.67, 1.5)
MOST_HOMES: Final = 3
# Fewer homes than this to choose from would make a fleet of copies.
LEAST_HOMES: Final = 10
# A home counts if at least this share of its readings is known.
KNOWN_SHARE: Final = 0.8

# What a diverter's heating element draws at most, and what the tank takes a day.
DIVERTER_KW: Final = (2.4, 3.6)
HOT_WATER_KWH: Final = (4.0, 9.0)

# Draws a load for a house, shape (n, 48) [kWh], NaN where missing.
DrawLoad = Callable[[np.random.Generator], FloatArray]


def real_load(loads: RealLoads) -> DrawLoad:
    """Return a function that makes detached homes of metered ones: their sum, scaled; missing stays missing.

    loads: of one home at least.
    """
    homes = list(loads.kwh.values())
    daily = np.array([np.nanmean(kwh) * SLOTS for kwh in homes])

    def draw(rng: np.random.Generator) -> FloatArray:
        wanted = rng.lognormal(np.log(DAILY_KWH[0]), DAILY_KWH[1])
        chosen: list[int] = []
        order = rng.permutation(len(homes)).tolist()
        while order and len(chosen) < MOST_HOMES and wanted > SCALE[1] * daily[chosen].sum():
            chosen.append(order.pop())
        scale = float(np.clip(wanted / daily[chosen].sum(), *SCALE))
        together: FloatArray = np.sum([homes[index] for index in chosen], axis=0) * scale
        return together

    return draw


def generated_load(day: IntArray, temperature: FloatArray) -> DrawLoad:
    """Return a function that draws invented households; temperature: of the air, shape (n, 48) [C]."""
    return lambda rng: draw_load(rng, draw_household(rng), day, temperature)


def diverted(rng: np.random.Generator, load: FloatArray, made: FloatArray) -> FloatArray:
    """Heat a tank of water with the surplus, as a diverter does that follows the meter.

    load, made: shape (n, s) [kWh], NaN where missing. Result: the load as the meter sees it, the same shape.
    """
    most = rng.uniform(*DIVERTER_KW) * 24.0 / load.shape[1]
    tank_kwh = rng.uniform(*HOT_WATER_KWH)
    surplus = np.clip(np.nan_to_num(made - load), 0.0, most)
    heated = np.minimum(np.cumsum(surplus, axis=1), tank_kwh)
    seen: FloatArray = load + np.diff(heated, axis=1, prepend=0.0)
    return seen
