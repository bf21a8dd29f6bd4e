"""A region of known weather and homes without panels, in files shaped as the data sets are."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sunsift.domain.readings import SLOTS, day_number
from sunsift.lab.rich.clearness import of_many_roofs
from sunsift.lab.rich.fleet import REAL_START
from sunsift.lab.rich.places import MIDDLE, UTC_OFFSET
from sunsift.lab.rich.regional import LOADS, REGION
from sunsift.lab.rich.sun import light_of, sun_over


def write_region(folder: Path, days: int) -> Path:
    """Write a region's profile and the load of twelve homes; return the folder."""
    rng = np.random.default_rng(4)
    day = day_number(REAL_START) + np.arange(days)
    sun = sun_over(*MIDDLE, UTC_OFFSET, day)
    clearness = np.repeat(rng.uniform(0.2, 1.0, days), SLOTS)
    celsius = np.full(days * SLOTS, 16.0)
    made = of_many_roofs(sun, light_of(sun, clearness), celsius)
    start = (day[0] * SLOTS + np.arange(days * SLOTS)).astype("timedelta64[s]") * 1800 + np.datetime64(0, "s")
    profile = {
        "start": start,
        "generation_kwh_per_kwp": np.roll(made, 1),  # its publisher is half an hour late
        "load_kwh_per_house": np.full(len(start), 0.3),
        "air_temperature_c": celsius,
    }
    pq.write_table(pa.table(profile), folder / REGION)
    used = rng.gamma(1.0, 0.25, (12, len(start)))
    used[3, 100:110] = np.nan
    used[11, 200:] = np.nan  # too little is known of this one
    loads = {
        "house_id": np.repeat([f"home-{index}" for index in range(12)], len(start)),
        "start": np.tile(start, 12),
        "load_kwh": pa.array(used.ravel(), from_pandas=True),
    }
    pq.write_table(pa.table(loads), folder / LOADS)
    return folder
