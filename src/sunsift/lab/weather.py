"""Invented weather: a region shares fine days and grey ones, clouds pass every house apart."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray, IntArray

# The finest meters read every 5 minutes; clouds are drawn on that grid and averaged for coarser meters.
FINE: Final = 288


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place that shares its weather.

    mean_celsius, season_celsius, swing_celsius: the year's mean temperature, how far summer lies above it,
    and how far a clear afternoon lies above that. warmest: day of the year. clouds: positive for greyer days.
    """

    name: str
    latitude: float
    longitude: float
    utc_offset_hours: float
    mean_celsius: float
    season_celsius: float
    swing_celsius: float
    clouds: float
    warmest: int = 20


REGIONS: Final = (
    Region(
        name="newcastle",
        latitude=-32.93,
        longitude=151.78,
        utc_offset_hours=10.0,
        mean_celsius=18.5,
        season_celsius=5.5,
        swing_celsius=5.0,
        clouds=0.0,
    ),
    Region(
        name="adelaide",
        latitude=-34.93,
        longitude=138.60,
        utc_offset_hours=9.5,
        mean_celsius=17.3,
        season_celsius=6.5,
        swing_celsius=6.5,
        clouds=-0.2,
    ),
    Region(
        name="brisbane",
        latitude=-27.47,
        longitude=153.02,
        utc_offset_hours=10.0,
        mean_celsius=21.0,
        season_celsius=5.0,
        swing_celsius=5.5,
        clouds=-0.1,
    ),
)


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather of one region.

    day: shape (n,) [days since 1970-01-01].
    clearness: shape (n,), each day's mean share of the clear sky's light, 0.12 to 1.02.
    restless: shape (n,), how strongly passing clouds swing the light around that mean.
    clouds: shape (n, 288), the region's passing clouds, mean 0 and deviation 1.
    temperature: shape (n, 288), of the air [degrees Celsius].
    """

    day: IntArray
    clearness: FloatArray
    restless: FloatArray
    clouds: FloatArray
    temperature: FloatArray


def passing_clouds(rng: np.random.Generator, shape: tuple[int, int], memory: int) -> FloatArray:
    """Return noise of mean 0 and deviation 1 that forgets itself after `memory` slots; shape as asked."""
    white = rng.standard_normal(shape[0] * shape[1] + memory)
    running = np.cumsum(white)
    smooth: FloatArray = (running[memory:] - running[:-memory]) / np.sqrt(memory)
    return smooth.reshape(shape)


def _fading(rng: np.random.Generator, days: int, keep: float) -> FloatArray:
    """Return one number a day that keeps the share `keep` of yesterday's; mean 0, deviation 1."""
    white = rng.standard_normal(days)
    values = np.empty(days)
    last = white[0]
    for index, fresh in enumerate(white):
        last = keep * last + np.sqrt(1.0 - keep**2) * fresh if index else last
        values[index] = last
    return values


def draw_weather(rng: np.random.Generator, region: Region, day: IntArray) -> Weather:
    """Draw a region's weather for consecutive days; day: shape (n,) [days since 1970-01-01]."""
    mood = _fading(rng, len(day), 0.45) - region.clouds
    # Most days are nearly clear, some are mixed, few are dark: as measured in sunny climates.
    clearness = 0.12 + 0.90 / (1.0 + np.exp(-1.9 * mood - 1.4))
    restless = 1.6 * np.clip(clearness, 0.1, 1.0) * np.clip(1.0 - clearness, 0.02, 1.0)
    season = np.cos(2.0 * np.pi * (day % 365.25 - region.warmest) / 365.25)
    hour = (np.arange(FINE) + 0.5) * 24.0 / FINE
    afternoon = np.cos(2.0 * np.pi * (hour - 15.0) / 24.0)
    daily = region.mean_celsius + region.season_celsius * season + 2.8 * _fading(rng, len(day), 0.6)
    swing = region.swing_celsius * (0.3 + 0.7 * clearness)
    return Weather(
        day=day,
        clearness=clearness,
        restless=restless,
        clouds=passing_clouds(rng, (len(day), FINE), memory=9),
        temperature=daily[:, np.newaxis] + swing[:, np.newaxis] * afternoon,
    )


def coarsen(fine: FloatArray, slots: int) -> FloatArray:
    """Average shape (n, 288) down to shape (n, slots)."""
    if slots == fine.shape[1]:
        return fine
    averaged: FloatArray = fine.reshape(len(fine), slots, -1).mean(axis=2)
    return averaged


def light_over(rng: np.random.Generator, weather: Weather, shared_clouds: FloatArray) -> FloatArray:
    """Return the share of the clear sky's light over one house of the region, shape (n, slots).

    shared_clouds: the region's clouds on the house's own grid, shape (n, slots). A house shares the day
    with its neighbours, but about half of the passing clouds are its own.
    """
    days, slots = shared_clouds.shape
    own = passing_clouds(rng, (days, slots), memory=max(1, 9 * slots // FINE))
    if slots < FINE:
        own *= 0.75  # half an hour's mean swings less than five minutes'
    local = weather.clearness + 0.03 * rng.standard_normal(days)
    swing = weather.restless[:, np.newaxis] * (0.7 * shared_clouds + 0.7 * own)
    return np.clip(local[:, np.newaxis] + swing, 0.06, 1.08)
