"""A rich fleet, house by house, and its files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import IntArray, day_number
from sunsift.lab.fleet_files import FleetFiles, FleetResult
from sunsift.lab.inject import FAULTS, HEALTHY
from sunsift.lab.record import Progress, no_progress
from sunsift.lab.rich.homes_files import HomesFiles
from sunsift.lab.rich.house import RichHouse, Traits, draw_house
from sunsift.lab.rich.household import KNOWN_SHARE, LEAST_HOMES, DrawLoad, generated_load, real_load
from sunsift.lab.rich.places import SALT, Place, invented_places, real_places
from sunsift.lab.rich.regional import LOADS, REGION, RegionalYears, read_loads, read_region, rich_data_set
from sunsift.lab.simulate import DEFAULT_SEED, DEFAULT_START, FAULTY_SHARE, deal

# The first whole year in which both the weather and most of the homes are known.
REAL_START: Final = date(2012, 7, 1)
HOURLY_SHARE: Final = 0.25
# What houses have besides panels. Sources: docs/simulation.md.
EXPORT_LIMIT_SHARE: Final = 0.10
BATTERY_SHARE: Final = 0.08
DIVERTER_SHARE: Final = 0.05
CAR_SHARE: Final = 0.06
# What happens to this share of the houses and is no fault, each as often as the others.
HARMLESS_SHARE: Final = 0.18
HARMLESS: Final = ("vacation", "cooling", "nameplate", "expansion", "missing_days", "estimated_reads")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a rich fleet stands, day by day, and what its homes use.

    day: shape (n,), consecutive [days since 1970-01-01]. load: one function a place.
    years: what the region's real roofs made on these days, None under invented weather.
    real_load: whether the load was metered.
    """

    day: IntArray
    places: Sequence[Place]
    load: Sequence[DrawLoad]
    years: RegionalYears | None
    real_load: bool


def find_ground(seed: int, days: int, start: date | None = None) -> Ground:
    """Take weather and load from the data sets; invent what is not there.

    start: first day, by default one for which there is real weather. Load is real where enough homes of the
    data set know these days. Errors: MissingExtraError without pvlib; SunsiftError for days without weather.
    """
    profile, metered = rich_data_set(REGION), rich_data_set(LOADS)
    first = start or (REAL_START if profile else DEFAULT_START)
    day = day_number(first) + np.arange(days)
    if profile is None:
        places, years = invented_places(seed, day), None
    else:
        years = read_region(profile).of_days(day)
        places = real_places(seed, years)
        loads = read_loads(metered, day, KNOWN_SHARE) if metered else None
        if loads is not None and len(loads.kwh) >= LEAST_HOMES:
            return Ground(day, places, [real_load(loads)] * len(places), years, True)
    return Ground(day, places, [generated_load(day, p.temperature) for p in places], years, False)


def can_be_rich() -> bool:
    """Return whether pvlib and the region's real weather are there."""
    return find_spec("pvlib") is not None and rich_data_set(REGION) is not None


def deal_traits(seed: int, houses: int, faulty_share: float) -> list[Traits]:
    """Deal meters, happenings and devices over the fleet, so that their shares come out exactly."""
    rng = np.random.default_rng([seed, SALT, 1])
    shares = [faulty_share / len(FAULTS)] * len(FAULTS)
    shares += [min(HARMLESS_SHARE, 1.0 - faulty_share) / len(HARMLESS)] * len(HARMLESS)
    scenarios = (HEALTHY, *FAULTS, *HARMLESS)
    happens = deal(rng, houses, shares)
    having = {
        name: deal(rng, houses, [share]) > 0
        for name, share in (
            ("export_limited", EXPORT_LIMIT_SHARE),
            ("battery", BATTERY_SHARE),
            ("diverter", DIVERTER_SHARE),
            ("car", CAR_SHARE),
        )
    }
    hourly = deal(rng, houses, [HOURLY_SHARE]) > 0
    return [
        Traits(
            interval_minutes=60 if hourly[index] else 30,
            scenario=scenarios[happens[index]],
            **{name: bool(has[index]) for name, has in having.items()},
        )
        for index in range(houses)
    ]


def rich_houses(
    ground: Ground, houses: int, *, seed: int = DEFAULT_SEED, faulty_share: float = FAULTY_SHARE
) -> Iterator[RichHouse]:
    """Simulate houses one by one. Equal arguments give equal houses.

    Errors: SunsiftError for sizes out of range.
    """
    if houses < 1 or seed < 0 or not 0.0 <= faulty_share <= 1.0:
        raise SunsiftError("houses must be at least 1, seed at least 0, faulty_share within 0 to 1")
    for index, traits in enumerate(deal_traits(seed, houses, faulty_share)):
        rng = np.random.default_rng([seed, SALT, 2, index])
        at = index % len(ground.places)
        yield draw_house(
            rng, f"6102{index + 1:06d}", ground.day, ground.places[at], ground.load[at], traits, seed
        )


def simulate_rich(
    output: Path,
    ground: Ground,
    houses: int = 60,
    *,
    seed: int = DEFAULT_SEED,
    faulty_share: float = FAULTY_SHARE,
    homes: HomesFiles | None = None,
    watch: Callable[[RichHouse], None] = lambda _: None,
    progress: Progress = no_progress,
) -> FleetResult:
    """Simulate a fleet and write its three files, as `simulate.simulate_fleet` does.

    homes: where load and generation are written too, each for itself. watch: called with every house.
    progress: called with houses done and houses in all. Equal arguments give equal bytes.
    Errors: SunsiftError for sizes out of range or files that cannot be written.
    """
    with FleetFiles(output) as files:
        drawn = rich_houses(ground, houses, seed=seed, faulty_share=faulty_share)
        for done, house in enumerate(drawn, start=1):
            files.add(house.scene.record())
            if homes is not None:
                homes.add(house.scene)
            watch(house)
            progress(done, houses)
        return files.result()
