"""Faults and harmless happenings, injected into metered or simulated homes with the truth of every day."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.lab.inject import decline, household, outages, readings, site
from sunsift.lab.inject.scene import Scene
from sunsift.lab.metered import MeteredHome

__all__ = ["FAULTS", "HEALTHY", "MUST_NOT_ALARM", "SCENARIOS", "SMOKE", "Scene", "inject", "region_of"]

Injector = Callable[[Scene, np.random.Generator], Scene]

HEALTHY: Final = "healthy"
SMOKE: Final = "smoke"
_FAULTS: Final[dict[str, Injector]] = {
    "outage": outages.outage,
    "string_half": outages.half_the_strings,
    "string_third": outages.third_of_the_strings,
    "isolator": outages.isolator,
    "soiling": decline.soiling,
    "shade": decline.shade,
    "overvoltage": outages.overvoltage,
    "degradation": decline.degradation,
}
_MUST_NOT_ALARM: Final[dict[str, Injector]] = {
    SMOKE: readings.smoke,
    "export_limit": site.export_limit,
    "battery": site.battery,
    "ev": household.ev,
    "vacation": household.vacation,
    "cooling": household.cooling,
    "nameplate": site.nameplate,
    "expansion": site.expansion,
    "missing_days": readings.missing_days,
    "estimated_reads": readings.estimated_reads,
}
FAULTS: Final = tuple(_FAULTS)
MUST_NOT_ALARM: Final = tuple(_MUST_NOT_ALARM)
SCENARIOS: Final = (HEALTHY, *FAULTS, *MUST_NOT_ALARM)


def region_of(house: House) -> str:
    """Return the name of the house's weather region: as registered, or else its place to a degree."""
    return house.region or f"{round(house.latitude)},{round(house.longitude)}"


def inject(home: MeteredHome, scenario: str, seed: int) -> Scene:
    """Return the home with one of SCENARIOS happening in it.

    Equal homes, scenarios and seeds give equal scenes, whatever else is drawn.
    Errors: ValueError for a scenario that is none.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"no such scenario: {scenario}")
    happens = (_FAULTS | _MUST_NOT_ALARM).get(scenario)
    scene = Scene.of(home)
    if happens is None:
        return scene
    # Smoke is drawn for the region, everything else for the house.
    of_whom = region_of(home.house) if scenario == SMOKE else home.house.house_id
    rng = np.random.default_rng([seed, zlib.crc32(scenario.encode()), zlib.crc32(of_whom.encode())])
    return replace(happens(scene, rng), scenario=scenario)
