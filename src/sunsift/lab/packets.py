"""Turn homes with metered load and generation into the net packets that a retailer would hold."""

import math
from datetime import date
from pathlib import Path

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import day_number
from sunsift.lab.fleet_files import FleetFiles, FleetResult
from sunsift.lab.metered import read_homes, read_metered
from sunsift.lab.record import Progress, no_progress


def write_packets(
    homes_csv: Path,
    readings_parquet: Path,
    output: Path,
    *,
    capacity_scale: float = 1.0,
    outage_from: date | None = None,
    progress: Progress = no_progress,
) -> FleetResult:
    """Write every home's days as net packets, one a line, with houses and truth beside them.

    homes_csv, readings_parquet: as in `read_metered`.
    output: NAME.jsonl or NAME.jsonl.gz; NAME.houses.csv and NAME.truth.csv are written beside it.
    capacity_scale: multiplies both generation and registered capacity.
    outage_from: from this local day on, every home's generation is zero.
    progress: called with homes done and homes in all. Equal inputs give equal bytes.
    Errors: MissingExtraError without pyarrow; SunsiftError for files or values that cannot be used.
    """
    if not (math.isfinite(capacity_scale) and capacity_scale > 0.0):
        raise SunsiftError(f"capacity_scale is {capacity_scale}, must be positive")
    homes = [house.house_id for house, _ in read_homes(homes_csv)]
    first_dead_day = None if outage_from is None else day_number(outage_from)
    written: set[str] = set()
    with FleetFiles(output) as files:
        for home in read_metered(homes_csv, readings_parquet):
            files.add(home.scaled(capacity_scale).record(first_dead_day))
            written.add(home.house.house_id)
            progress(len(written), len(homes))
        if not written:
            raise SunsiftError(f"no home of {homes_csv.name} has a reading in {readings_parquet.name}")
        return files.result(tuple(name for name in homes if name not in written))
