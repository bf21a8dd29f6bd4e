"""One house of a rich fleet: its panels in their light, its load, its fault, what stands behind its meter."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.lab.inject import HEALTHY, Scene, inject
from sunsift.lab.inject.household import ev
from sunsift.lab.inject.site import LIMIT_A_KWP, LIMIT_REGISTERED, battery
from sunsift.lab.metered import MeteredHome
from sunsift.lab.record import limited
from sunsift.lab.rich.household import DrawLoad, diverted
from sunsift.lab.rich.places import Place
from sunsift.lab.rich.roof import LitRoof, draw_roof, lit
from sunsift.lab.rich.sun import light_of
from sunsift.lab.simulate import whole_watt_hours

# How much of the panels a lost string takes, before the inverter.
STRINGS: Final = {"string_half": 1.0 / 2.0, "string_third": 1.0 / 3.0}
# Houses stand around the middle of their town. [degrees]
SCATTER: Final = 0.02
SAYS_DIRECTION: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What was dealt to one house: its meter, what happens to it (one of `inject.SCENARIOS`), what it has."""

    interval_minutes: int
    scenario: str = HEALTHY
    export_limited: bool = False
    battery: bool = False
    diverter: bool = False
    car: bool = False


@dataclass(frozen=True, slots=True)
class RichHouse:
    """A simulated house. capacity_kwp: of its panels, whatever was registered."""

    scene: Scene
    traits: Traits
    capacity_kwp: float


def draw_house(
    rng: np.random.Generator,
    house_id: str,
    day: IntArray,
    place: Place,
    draw_load: DrawLoad,
    traits: Traits,
    seed: int,
) -> RichHouse:
    """Draw a house in a place; day: shape (n,), consecutive [days since 1970-01-01]. seed: of its fault."""
    roof = draw_roof(rng, southern=place.latitude < 0.0)
    light = light_of(place.sun, place.light_over_house(rng).ravel())
    panels = lit(roof, place.sun, light, place.temperature.ravel())
    says_direction = rng.random() < SAYS_DIRECTION
    home = MeteredHome(
        house=House(
            house_id=house_id,
            capacity_kwp=roof.capacity_kwp,
            latitude=round(place.latitude + rng.normal(0.0, SCATTER), 4),
            longitude=round(place.longitude + rng.normal(0.0, SCATTER), 4),
            utc_offset_hours=place.utc_offset_hours,
            azimuth=roof.azimuth[0] if says_direction else None,
            tilt=roof.tilt[0] if says_direction else None,
            region=place.region,
        ),
        interval_minutes=traits.interval_minutes,
        day=day,
        load_kwh=whole_watt_hours(draw_load(rng), traits.interval_minutes),
        generation_kwh=whole_watt_hours(panels.generation(), traits.interval_minutes),
    )
    if traits.car:
        home = replace(home, load_kwh=ev(Scene.of(home), rng).load_kwh)
    scene = inject(home, traits.scenario, seed)
    if traits.scenario in STRINGS:
        scene = _without_string(scene, panels, STRINGS[traits.scenario])
    scene = _behind_meter(rng, scene, traits)
    return RichHouse(scene, traits, roof.capacity_kwp)


def _without_string(scene: Scene, panels: LitRoof, lost: float) -> Scene:
    """Lose the string before the inverter, so that the other's plane and the inverter's limit show."""
    made = whole_watt_hours(panels.generation(lost), scene.interval_minutes)
    left = np.where(scene.fault[:, np.newaxis], made, scene.healthy_kwh)
    return replace(scene, generation_kwh=np.where(np.isnan(scene.load_kwh), np.nan, left))


def _behind_meter(rng: np.random.Generator, scene: Scene, traits: Traits) -> Scene:
    """Heat water and charge the battery with what the panels really make, then hold to the export limit."""
    if traits.diverter:
        scene = replace(scene, load_kwh=diverted(rng, scene.load_kwh, scene.generation_kwh))
    if traits.battery:
        scene = replace(battery(scene, rng), onset=scene.onset)
    if traits.export_limited:
        scene = _held_back(rng, scene)

    def metered(kwh: FloatArray) -> FloatArray:
        return whole_watt_hours(kwh, scene.interval_minutes)

    return replace(
        scene,
        load_kwh=metered(scene.load_kwh),
        generation_kwh=metered(scene.generation_kwh),
        healthy_kwh=metered(scene.healthy_kwh),
    )


def _held_back(rng: np.random.Generator, scene: Scene) -> Scene:
    """Hold both the true and the healthy panels back; half of the limits are registered."""
    limit_kw = round(scene.house.capacity_kwp * rng.uniform(*LIMIT_A_KWP), 1)
    truly = replace(scene.house, export_limit_kw=limit_kw)
    hours = scene.interval_minutes / 60.0
    return replace(
        scene,
        house=truly if rng.random() < LIMIT_REGISTERED else scene.house,
        generation_kwh=limited(scene.load_kwh, scene.generation_kwh, truly, hours),
        healthy_kwh=limited(scene.load_kwh, scene.healthy_kwh, truly, hours),
    )
