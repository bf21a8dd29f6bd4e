"""Simulate a fleet: invented weather, homes and panels, with known faults, seen through net meters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.house import House
from sunsift.domain.readings import MISSING, SLOTS, BoolArray, FloatArray, IntArray, WattHours, day_number
from sunsift.lab.faults import KINDS, draw_fault, no_fault
from sunsift.lab.fleet_files import FleetFiles, FleetResult
from sunsift.lab.load import draw_household, draw_load
from sunsift.lab.panels import Sky, clear_sky, draw_panels, generation, grid_of, with_battery
from sunsift.lab.record import Progress, Record, day_sums, limited, net_watt_hours, no_progress
from sunsift.lab.weather import FINE, REGIONS, Region, Weather, coarsen, draw_weather, light_over

DEFAULT_START: Final = date(2025, 9, 1)
DEFAULT_SEED: Final = 1
FAULTY_SHARE: Final = 0.25
# How many of a hundred houses have which meter, and which have more than panels.
INTERVAL_SHARES: Final = {30: 0.72, 60: 0.20, 15: 0.04, 5: 0.04}
EXPORT_LIMIT_SHARE: Final = 0.04
BATTERY_SHARE: Final = 0.03
GAP_SHARE: Final = 0.01
NULL_DAY_SHARE: Final = 0.004


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is dealt out over the whole fleet so that its shares come out exactly; each of shape (houses,)."""

    interval_minutes: IntArray
    fault: IntArray
    export_limited: IntArray
    battery: IntArray


@dataclass(frozen=True, slots=True)
class _Place:
    """A region with its weather, prepared for every grid that its meters need."""

    region: Region
    weather: Weather
    sky: Sky
    clouds: dict[int, FloatArray]
    temperature: dict[int, FloatArray]


def deal(rng: np.random.Generator, houses: int, shares: Sequence[float]) -> IntArray:
    """Deal kinds 1, 2, ... out to their shares of the houses, at random; the others get 0.

    In a fleet of ten or more, every kind with a share above zero gets at least one house.
    """
    counts = [round(share * houses) for share in shares]
    if houses >= 10:
        counts = [max(count, int(share > 0.0)) for count, share in zip(counts, shares, strict=True)]
    kinds = np.repeat(np.arange(1, len(shares) + 1), counts)[:houses]
    return rng.permutation(np.concatenate((kinds, np.zeros(houses - len(kinds), np.int64))))


def _traits(seed: int, houses: int, faulty_share: float) -> _Traits:
    rng = np.random.default_rng([seed, 0])
    usual, *others = INTERVAL_SHARES
    intervals = np.array([usual, *others])[deal(rng, houses, [INTERVAL_SHARES[other] for other in others])]
    return _Traits(
        interval_minutes=intervals,
        fault=deal(rng, houses, [faulty_share / len(KINDS)] * len(KINDS)),
        export_limited=deal(rng, houses, [EXPORT_LIMIT_SHARE]),
        battery=deal(rng, houses, [BATTERY_SHARE]),
    )


def _places(seed: int, day: IntArray) -> list[_Place]:
    places = []
    for index, region in enumerate(REGIONS):
        weather = draw_weather(np.random.default_rng([seed, 1, index]), region, day)
        clouds = {grid: coarsen(weather.clouds, grid) for grid in (SLOTS, FINE)}
        temperature = {grid: coarsen(weather.temperature, grid) for grid in (SLOTS, FINE)}
        places.append(_Place(region, weather, clear_sky(region, day), clouds, temperature))
    return places


def simulate_records(
    houses: int = 60,
    days: int = 90,
    *,
    seed: int = DEFAULT_SEED,
    start: date = DEFAULT_START,
    faulty_share: float = FAULTY_SHARE,
) -> Iterator[Record]:
    """Simulate houses one by one, so that a fleet of any size needs the memory of one house.

    days: number of days from `start` on. faulty_share: of the houses that get one of the faults of
    `faults.KINDS`. Equal arguments give equal records. Errors: SunsiftError for sizes below one.
    """
    if houses < 1 or days < 1 or seed < 0 or not 0.0 <= faulty_share <= 1.0:
        raise SunsiftError("houses and days must be at least 1, seed at least 0, faulty_share within 0 to 1")
    traits = _traits(seed, houses, faulty_share)
    places = _places(seed, day_number(start) + np.arange(days))
    for index in range(houses):
        rng = np.random.default_rng([seed, 2, index])
        yield _record(rng, index, places[index % len(places)], traits)


def simulate_fleet(
    output: Path,
    houses: int = 60,
    days: int = 90,
    *,
    seed: int = DEFAULT_SEED,
    start: date = DEFAULT_START,
    faulty_share: float = FAULTY_SHARE,
    progress: Progress = no_progress,
) -> FleetResult:
    """Simulate a fleet and write NAME.jsonl[.gz], NAME.houses.csv and NAME.truth.csv.

    output: the packet file; further arguments as in `simulate_records`. progress: called with houses done
    and houses in all. Equal arguments give equal bytes. Errors: SunsiftError for arguments out of range.
    """
    with FleetFiles(output) as files:
        records = simulate_records(houses, days, seed=seed, start=start, faulty_share=faulty_share)
        for done, record in enumerate(records, start=1):
            files.add(record)
            progress(done, houses)
        return files.result()


def _record(rng: np.random.Generator, index: int, place: _Place, traits: _Traits) -> Record:
    interval_minutes = int(traits.interval_minutes[index])
    grid = grid_of(interval_minutes)
    day, temperature = place.weather.day, place.temperature[grid]
    panels = draw_panels(rng)
    says_more = rng.random() < 0.5
    house = House(
        house_id=f"6102{index + 1:06d}",
        capacity_kwp=panels.capacity_kwp,
        latitude=round(place.region.latitude + rng.uniform(-0.1, 0.1), 4),
        longitude=round(place.region.longitude + rng.uniform(-0.1, 0.1), 4),
        utc_offset_hours=place.region.utc_offset_hours,
        azimuth=panels.azimuth[0] if says_more else None,
        tilt=panels.tilt if says_more else None,
        export_limit_kw=round(0.5 * panels.capacity_kwp, 1) if traits.export_limited[index] else None,
        battery=bool(traits.battery[index]),
        region=place.region.name,
    )
    kind = int(traits.fault[index])
    fault = draw_fault(rng, KINDS[kind - 1], len(day)) if kind else no_fault(len(day))
    load = draw_load(rng, draw_household(rng), day, temperature)
    light = light_over(rng, place.weather, place.clouds[grid])

    def made(left: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return load and generation as the meter's house has them, whole watt-hours an interval."""
        output = generation(panels, place.sky, light, temperature, left)
        behind = with_battery(load, output) if house.battery else load
        let_through = limited(behind, output, house, 24.0 / grid)
        return whole_watt_hours(behind, interval_minutes), whole_watt_hours(let_through, interval_minutes)

    load_kwh, generation_kwh = made(fault.left)
    healthy_kwh = made(np.ones_like(fault.left))[1] if kind else generation_kwh
    watt_hours, quality = _with_gaps(rng, net_watt_hours(load_kwh, generation_kwh))
    return Record(
        house=house,
        interval_minutes=interval_minutes,
        day=day,
        watt_hours=watt_hours,
        quality=quality,
        generation_kwh=day_sums(generation_kwh),
        healthy_kwh=day_sums(healthy_kwh),
        fault=fault.name,
    )


def whole_watt_hours(kwh: FloatArray, interval_minutes: int) -> FloatArray:
    """Add a grid's slots up to the meter's intervals and round them to whole watt-hours [kWh]."""
    days, slots = kwh.shape
    intervals = 1440 // interval_minutes
    if slots != intervals:
        kwh = kwh.reshape(days, intervals, slots // intervals).sum(axis=2)
    whole: FloatArray = np.rint(kwh * 1000.0) / 1000.0
    return whole


def _with_gaps(rng: np.random.Generator, watt_hours: WattHours) -> tuple[WattHours, str]:
    """Lose some readings, as real meters do: here and there some hours, seldom a whole day."""
    intervals = watt_hours.shape[2]
    luck = rng.random(len(watt_hours))
    null: BoolArray = luck < NULL_DAY_SHARE
    watt_hours[null] = MISSING
    gap: BoolArray = (luck >= NULL_DAY_SHARE) & (luck < NULL_DAY_SHARE + GAP_SHARE)
    for row in np.flatnonzero(gap):
        first = int(rng.integers(0, intervals))
        length = int(rng.integers(1, 1 + max(1, intervals // 4)))
        watt_hours[row, :, first : first + length] = MISSING
    return watt_hours, "".join("N" if lost else "A" for lost in null.tolist())
