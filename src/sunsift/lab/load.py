"""Invented households: what a home draws, with habits, seasons, working weeks and holidays."""

from dataclasses import dataclass

import numpy as np

from sunsift.domain.readings import BoolArray, FloatArray, IntArray

# 1970-01-01 was a Thursday: its number in a week that starts on Monday.
_THURSDAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """The habits of one home; powers in kW, times in hours of the local day."""

    base_kw: float
    morning_kw: float
    morning_hour: float
    evening_kw: float
    evening_hour: float
    daytime_kw: float
    cooling_kw_per_degree: float
    heating_kw_per_degree: float
    hot_water_kw: float
    hot_water_hour: float
    pool_kw: float
    appliance_kw: float
    holidays_a_year: float


def draw_household(rng: np.random.Generator) -> Household:
    """Draw a home: small or large, mostly away or mostly at home, with or without machines."""
    size = rng.lognormal(0.0, 0.35)
    return Household(
        base_kw=rng.uniform(0.08, 0.28) * size,
        morning_kw=rng.uniform(0.2, 0.9) * size,
        morning_hour=rng.uniform(6.3, 8.5),
        evening_kw=rng.uniform(0.5, 1.6) * size,
        evening_hour=rng.uniform(17.8, 20.2),
        daytime_kw=rng.choice((0.05, 0.2, 0.45)) * size,
        cooling_kw_per_degree=rng.uniform(0.08, 0.25) * (rng.random() < 0.65),
        heating_kw_per_degree=rng.uniform(0.03, 0.12) * (rng.random() < 0.5),
        hot_water_kw=rng.uniform(1.8, 3.6) * (rng.random() < 0.3),
        hot_water_hour=rng.uniform(22.0, 26.0),
        pool_kw=rng.uniform(0.6, 1.1) * (rng.random() < 0.1),
        appliance_kw=rng.uniform(0.7, 1.6) * size,
        holidays_a_year=rng.choice((0.0, 1.0, 2.0)),
    )


def draw_load(
    rng: np.random.Generator, home: Household, day: IntArray, temperature: FloatArray
) -> FloatArray:
    """Draw what the home uses.

    day: shape (n,), consecutive [days since 1970-01-01]. temperature: of the air, shape (n, slots) [C].
    Result: shape (n, slots) [kWh per slot], above zero.
    """
    days, slots = temperature.shape
    hour = (np.arange(slots) + 0.5) * 24.0 / slots
    away = _away(rng, home, days)
    awake = 1.0 / (1.0 + np.exp(-3.0 * (hour - 6.2))) - 1.0 / (1.0 + np.exp(-2.5 * (hour - 22.5)))
    power = np.where(away, 0.0, _habits(rng, home, day, hour))

    # Air conditioning answers heat, and heat comes with sun: the hardest thing to tell from panels.
    power += home.cooling_kw_per_degree * np.maximum(temperature - 25.0, 0.0) * awake * ~away
    cold = (hour > 5.5) & (hour < 9.0) | (hour > 16.5) & (hour < 22.5)
    power += home.heating_kw_per_degree * np.maximum(17.0 - temperature, 0.0) * cold * ~away
    power *= rng.lognormal(0.0, 0.25, (days, slots))

    chance = (0.05 if slots <= 48 else 0.03) * (0.15 + awake)
    switched_on = rng.random((days, slots)) < chance * ~away
    power += switched_on * home.appliance_kw * rng.exponential(1.0, (days, slots))
    if home.hot_water_kw:
        since = (hour - home.hot_water_hour) % 24.0
        power += home.hot_water_kw * (since < rng.uniform(0.8, 2.2, (days, 1))) * ~away
    if home.pool_kw:
        power += home.pool_kw * ((hour > 10.0) & (hour < 14.0))
    power += home.base_kw * rng.uniform(0.7, 1.3, (days, slots))
    kwh: FloatArray = power * (24.0 / slots)
    return kwh


def _habits(rng: np.random.Generator, home: Household, day: IntArray, hour: FloatArray) -> FloatArray:
    """Return the mornings, days and evenings of working days and weekends, shape (n, slots) [kW]."""
    weekend = ((day + _THURSDAY) % 7 >= 5)[:, np.newaxis]
    late = rng.normal(0.0, 0.4, (len(day), 1)) + 1.2 * weekend
    morning = np.exp(-0.5 * ((hour - home.morning_hour - late) / 0.8) ** 2)
    evening = np.exp(-0.5 * ((hour - home.evening_hour - 0.5 * late) / 1.9) ** 2)
    daytime = ((hour > 8.5) & (hour < 17.5)) * home.daytime_kw * np.where(weekend, 2.0, 1.0)
    lively = rng.lognormal(-0.03, 0.25, (len(day), 1))
    habits: FloatArray = lively * (home.morning_kw * morning + home.evening_kw * evening + daytime)
    return habits


def _away(rng: np.random.Generator, home: Household, days: int) -> BoolArray:
    """Return the days of holidays, shape (n, 1)."""
    away = np.zeros((days, 1), np.bool_)
    for _ in range(int(rng.poisson(home.holidays_a_year * days / 365.0))):
        first = int(rng.integers(0, days))
        away[first : first + int(rng.integers(4, 15))] = True
    return away
