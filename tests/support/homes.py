"""Small metered homes: real enough that the shipped model can judge them, and quick to make."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sunsift.domain.readings import FloatArray, IntArray, day_number
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


def write_homes(folder: Path, homes: list[MeteredHome]) -> tuple[Path, Path]:
    """Write homes as the two files that the laboratory takes; one more home is listed that has no reading."""
    homes_csv, readings = folder / "homes.csv", folder / "readings.parquet"
    lines = ["house_id,capacity_kwp,latitude,longitude,utc_offset_hours,interval_minutes"]
    columns: dict[str, list[np.ndarray]] = {"start": [], "load_kwh": [], "generation_kwh": []}
    names: list[str] = []
    for home in homes:
        h = home.house
        lines.append(f"{h.house_id},{h.capacity_kwp},{h.latitude},{h.longitude},{h.utc_offset_hours},60")
        hours: IntArray = (home.day[:, np.newaxis] * 24 + np.arange(24)).ravel()
        columns["start"].append(hours.astype("datetime64[h]").astype("datetime64[s]"))
        columns["load_kwh"].append(home.load_kwh.ravel())
        columns["generation_kwh"].append(home.generation_kwh.ravel())
        names += [h.house_id] * len(hours)
    homes_csv.write_text("\n".join([*lines, "silent,3,-33.9,151.2,10,60"]) + "\n")
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    pq.write_table(pa.table({"house_id": names, **joined}), readings)
    return homes_csv, readings
