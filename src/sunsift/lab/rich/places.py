"""Where the houses of a rich fleet stand: towns with their sun, temperature and clouds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray, IntArray
from sunsift.lab.rich.clearness import clearness_behind
from sunsift.lab.rich.neighbours import over_house, town_clouds
from sunsift.lab.rich.regional import RegionalYears
from sunsift.lab.rich.sun import Sun, sun_over
from sunsift.lab.weather import REGIONS, coarsen, draw_weather, light_over

UTC_OFFSET: Final = 10.0
# Towns of the Ausgrid network by area: their name, latitude and longitude [degrees].
TOWNS: Final = (
    ("newcastle", -32.93, 151.74),
    ("newcastle", -33.08, 151.63),
    ("newcastle", -32.74, 151.55),
    ("central-coast", -33.28, 151.43),
    ("central-coast", -33.43, 151.34),
    ("central-coast", -33.49, 151.33),
    ("sydney", -33.70, 151.10),
    ("sydney", -33.80, 151.18),
    ("sydney", -33.89, 151.24),
    ("sydney", -33.92, 151.03),
    ("sydney", -34.03, 151.06),
)
# The middle of the roofs whose sum the regional profile is [degrees].
MIDDLE: Final = (-33.5, 151.3)
KM_PER_DEGREE: Final = 111.2
SALT: Final = 7


@dataclass(frozen=True, slots=True)
class Place:
    """A town for some days.

    temperature: of the air, shape (n, 48) [C]. light_over_house: draws the share of the clear sky's light
    over one house, shape (n, 48).
    """

    region: str
    latitude: float
    longitude: float
    utc_offset_hours: float
    sun: Sun
    temperature: FloatArray
    light_over_house: Callable[[np.random.Generator], FloatArray]


def real_places(seed: int, years: RegionalYears) -> list[Place]:
    """Return the towns of the Ausgrid network under its real weather, for all days of the profile."""
    day, temperature = years.day, years.temperature
    middle = sun_over(*MIDDLE, UTC_OFFSET, day)
    clearness = clearness_behind(years.generation_kwh_per_kwp.ravel(), middle, temperature.ravel())
    shared = clearness.reshape(-1, SLOTS)
    position = np.array([town[1:] for town in TOWNS])
    position_km = position * KM_PER_DEGREE * np.array([1.0, np.cos(np.radians(MIDDLE[0]))])
    clouds = town_clouds(np.random.default_rng([seed, SALT, 0]), position_km, shared.shape)

    def place(index: int) -> Place:
        region, latitude, longitude = TOWNS[index]
        return Place(
            region,
            latitude,
            longitude,
            UTC_OFFSET,
            sun_over(latitude, longitude, UTC_OFFSET, day),
            temperature,
            lambda rng: over_house(rng, shared, clouds[index]),
        )

    return [place(index) for index in range(len(TOWNS))]


def invented_places(seed: int, day: IntArray) -> list[Place]:
    """Return the regions of the light fleet under their invented weather; day: shape (n,), consecutive."""

    def place(index: int) -> Place:
        region = REGIONS[index]
        weather = draw_weather(np.random.default_rng([seed, 1, index]), region, day)
        clouds = coarsen(weather.clouds, SLOTS)
        return Place(
            region.name,
            region.latitude,
            region.longitude,
            region.utc_offset_hours,
            sun_over(region.latitude, region.longitude, region.utc_offset_hours, day),
            coarsen(weather.temperature, SLOTS),
            lambda rng: light_over(rng, weather, clouds),
        )

    return [place(index) for index in range(len(REGIONS))]
