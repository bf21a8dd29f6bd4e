"""What the shipped model learns from: which homes, how large, in which company, with which faults."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.lab.metered import MeteredHome, read_metered
from sunsift.lab.split import Split
from sunsift.lab.train.samples import Fleet

SIMULATED_DAYS: Final = 365
# (times the panels, scenarios a home, homes a region): regions of every size, down to a house on its own,
# whose sunlight is geometry alone; small panels as well as today's. Every home is in each, with other faults.
SIMULATED: Final = ((1.0, 10, 80), (1.0, 8, 6), (0.4, 8, 6), (1.0, 8, 1))
METERED: Final = ((1.0, 10, 100), (1.8, 18, 100), (3.0, 10, 100), (1.0, 14, 100), (2.6, 14, 100))
SIMULATED_EVERY: Final = 3
METERED_EVERY: Final = 2
# A home that was metered teaches more than one that was made up.
METERED_WEIGHT: Final = 2.0
# What somebody saw on a roof teaches more than either: its faults are real, and it is this very fleet.
VISIT_WEIGHT: Final = 3.0


def metered_homes(homes_csv: Path, readings_parquet: Path, split: Split) -> list[MeteredHome]:
    """Read the homes of a split. Errors: SunsiftError for files that cannot be used, or without any home."""
    homes = [
        home
        for home in read_metered(homes_csv, readings_parquet)
        if split.holds(home.house.house_id) and not np.isnan(home.load_kwh + home.generation_kwh).all()
    ]
    if not homes:
        raise SunsiftError(f"no home of {homes_csv.name} with readings is in the split {split.value!r}")
    return homes


def simulated_homes(count: int, days: int, seed: int) -> list[MeteredHome]:
    """Simulate healthy homes by pvlib, under real weather and load where the data sets are there.

    Errors: MissingExtraError without pvlib.
    """
    from sunsift.lab.rich.fleet import find_ground, simulate_rich
    from sunsift.lab.rich.homes_files import HomesFiles

    with tempfile.TemporaryDirectory() as folder:
        homes_csv, readings = Path(folder) / "homes.csv", Path(folder) / "readings.parquet"
        ground = find_ground(seed, days)
        with HomesFiles(homes_csv, readings) as files:
            simulate_rich(
                Path(folder) / "fleet.jsonl.gz", ground, count, seed=seed, faulty_share=0.0, homes=files
            )
        found = list(read_metered(homes_csv, readings))
    return [
        replace(home, house=replace(home.house, house_id=f"simulated-{home.house.house_id}"))
        for home in found
    ]


def fleets_of(metered: Sequence[MeteredHome], simulated: Sequence[MeteredHome], seed: int) -> list[Fleet]:
    """Return the fleets to learn from; every one has faults of its own."""
    plans = [(simulated, *plan, SIMULATED_EVERY, 1.0) for plan in SIMULATED]
    plans += [(metered, *plan, METERED_EVERY, METERED_WEIGHT) for plan in METERED]
    return [
        Fleet(
            homes=[home.scaled(scale) for home in homes],
            scenarios=scenarios,
            seed=seed * 1000 + number,
            neighbours=neighbours,
            every=every,
            weight=weight,
            metered=homes is metered,
        )
        for number, (homes, scale, scenarios, neighbours, every, weight) in enumerate(plans)
        if homes
    ]
