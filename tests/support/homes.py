"""Small metered homes: real enough that the shipped model can judge them, and quick to make."""

from datetime import date

import numpy as np

from sunsift.domain.readings import FloatArray, day_number
from sunsift.domain.sun import clear_sky_generation
from sunsift.lab.metered import MeteredHome
from tests.support.build import a_house

FIRST_DAY = day_number(date(2025, 6, 1))


def a_metered_home(name: str = "home-1", days: int = 120, *, seed: int = 1, shift: int = 0) -> MeteredHome:
    """Return a home with 4 kWp, hourly readings and a light load, some of whose days are dark.

    shift: days by which its readings begin later than those of other homes.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    house = a_house(name, capacity_kwp=4.0)
    day = FIRST_DAY + shift + np.arange(days)
    clear = clear_sky_generation(house.latitude, house.longitude, house.utc_offset_hours, None, None, day)
    light = np.where(rng.random(days) < 0.2, rng.uniform(0.1, 0.3, days), rng.uniform(0.8, 1.0, days))
    half_hourly = clear * light[:, np.newaxis] * house.capacity_kwp
    generation = half_hourly[:, 0::2] + half_hourly[:, 1::2]
    hour = np.arange(24)
    evening = np.exp(-0.5 * ((hour - 19.0) / 2.0) ** 2)
    load = rng.uniform(0.15, 0.35, (days, 24)) + 1.2 * evening * rng.uniform(0.6, 1.4, (days, 1))
    return MeteredHome(
        house=house,
        interval_minutes=60,
        day=day,
        load_kwh=whole(load),
        generation_kwh=whole(generation),
    )


def whole(kwh: FloatArray) -> FloatArray:
    """Return energies in whole watt-hours [kWh]."""
    rounded: FloatArray = np.rint(kwh * 1000.0) / 1000.0
    return rounded
