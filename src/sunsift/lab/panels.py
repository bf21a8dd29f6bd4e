"""Invented panels: what a roof of a region makes of its light, and what a battery does with the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray, IntArray
from sunsift.domain.sun import clear_sky_generation
from sunsift.lab.weather import FINE, Region

# Directions [degrees clockwise from north] and their shares, as on the roofs of a sunny southern suburb.
AZIMUTHS: Final = (0.0, 30.0, 60.0, 90.0, 270.0, 300.0, 330.0)
AZIMUTH_SHARES: Final = (0.30, 0.10, 0.10, 0.10, 0.16, 0.12, 0.12)
TILTS: Final = (10.0, 15.0, 20.0, 25.0, 30.0)
# Output falls with the heat of the panels. [1 per degree Celsius]
HEAT_LOSS: Final = 0.004
BATTERY_KWH: Final = 9.5
BATTERY_KW: Final = 4.0
BATTERY_EFFICIENCY: Final = 0.9

Sky = Callable[[float, float], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """A system of two strings.

    azimuth, tilt: of each string [degrees]; share: of the second string in the capacity.
    efficiency: against a usual healthy system. inverter_kw: the most that comes out.
    shade_from, shade_until: hours of the day in which a neighbour's tree takes shade_loss of the light.
    """

    capacity_kwp: float
    azimuth: tuple[float, float]
    tilt: float
    second_share: float
    efficiency: float
    inverter_kw: float
    shade_from: float
    shade_until: float
    shade_loss: float


def draw_panels(rng: np.random.Generator) -> Panels:
    """Draw a system of 1.5 to 10 kWp; a third of them face two ways, a sixth are shaded a while."""
    capacity = round(float(np.clip(rng.lognormal(1.6, 0.4), 1.5, 10.0)), 2)
    first, second = rng.choice(AZIMUTHS, 2, p=AZIMUTH_SHARES).tolist()
    early = rng.random() < 0.5
    return Panels(
        capacity_kwp=capacity,
        azimuth=(first, second if rng.random() < 0.35 else first),
        tilt=float(rng.choice(TILTS)),
        second_share=float(rng.uniform(0.4, 0.6)),
        efficiency=float(rng.uniform(0.9, 1.1)),
        inverter_kw=capacity * float(rng.uniform(0.76, 1.0)),
        shade_from=0.0 if early else float(rng.uniform(14.5, 16.5)),
        shade_until=float(rng.uniform(8.0, 9.5)) if early else 24.0,
        shade_loss=float(rng.uniform(0.3, 0.7)) * (rng.random() < 1.0 / 6.0),
    )


def clear_sky(region: Region, day: IntArray) -> Sky:
    """Return the clear-sky generation of the region's roofs as a function of azimuth and tilt [degrees].

    Its result has shape (n, 48) [kWh per kWp and half-hour]. Roofs of one direction share it, since
    computing it costs more than everything else about a house.
    """
    known: dict[tuple[float, float], FloatArray] = {}

    def of_roof(azimuth: float, tilt: float) -> FloatArray:
        if (azimuth, tilt) not in known:
            known[azimuth, tilt] = clear_sky_generation(
                region.latitude, region.longitude, region.utc_offset_hours, azimuth, tilt, day
            )
        return known[azimuth, tilt]

    return of_roof


def refine(half_hourly: FloatArray, slots: int) -> FloatArray:
    """Spread shape (n, 48) of energies over `slots` a day, following the curve between them."""
    if slots == SLOTS:
        return half_hourly
    days = len(half_hourly)
    middles = np.arange(days * SLOTS) + 0.5
    wanted = (np.arange(days * slots) + 0.5) * SLOTS / slots
    fine: FloatArray = np.interp(wanted, middles, half_hourly.ravel()) * (SLOTS / slots)
    return fine.reshape(days, slots)


def generation(
    panels: Panels, sky: Sky, light: FloatArray, temperature: FloatArray, left: FloatArray
) -> FloatArray:
    """Return what the panels make.

    light: share of the clear sky's light; temperature: of the air [C]; both of shape (n, slots).
    left: working share of each string, shape (n, 2). Result: shape (n, slots) [kWh per slot].
    """
    slots = light.shape[1]
    hour = (np.arange(slots) + 0.5) * 24.0 / slots
    # Light through clouds has no direction, so a tilted roof gains nothing from facing the sun.
    directed = light**1.5
    flat = refine(sky(0.0, 0.0), slots)
    total = np.zeros_like(light)
    shares = (1.0 - panels.second_share, panels.second_share)
    for azimuth, share, working in zip(panels.azimuth, shares, left.T, strict=True):
        facing = refine(sky(azimuth, panels.tilt), slots)
        total += share * working[:, np.newaxis] * (directed * facing + (1.0 - directed) * flat)
    heat = 1.0 - HEAT_LOSS * (temperature - 20.0)
    shade = 1.0 - panels.shade_loss * ((hour >= panels.shade_from) & (hour < panels.shade_until))
    made = total * light * heat * shade * panels.efficiency * panels.capacity_kwp
    capped: FloatArray = np.minimum(made, panels.inverter_kw * 24.0 / slots)
    return capped


def with_battery(
    load: FloatArray, made: FloatArray, capacity_kwh: float = BATTERY_KWH, power_kw: float = BATTERY_KW
) -> FloatArray:
    """Return the load as the meter sees it, once a battery stores the surplus and gives it back.

    load, made: shape (n, slots) [kWh per slot]. Result: the same shape, never below zero.
    """
    most = power_kw * 24.0 / load.shape[1]
    stored = 0.0
    seen = []
    for used, surplus in zip(load.ravel().tolist(), (made - load).ravel().tolist(), strict=True):
        if surplus > 0.0:
            flow = min(surplus, most, (capacity_kwh - stored) / BATTERY_EFFICIENCY)
            stored += flow * BATTERY_EFFICIENCY
        else:
            flow = -min(-surplus, most, stored)
            stored += flow
        seen.append(used + flow)
    return np.array(seen).reshape(load.shape)


def grid_of(interval_minutes: int) -> int:
    """Return the slots a day on which a meter's house is drawn; hourly meters add two of them up."""
    return SLOTS if interval_minutes >= 30 else FINE
