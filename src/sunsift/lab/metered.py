"""Real homes whose load and generation were metered apart: read them, scale them, switch panels off."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.house import House
from sunsift.domain.readings import INTERVALS, MISSING, FloatArray, IntArray
from sunsift.formats.houses_csv import read_houses
from sunsift.lab.record import NO_FAULT, OUTAGE, Record, day_sums, limited, net_watt_hours

READING_COLUMNS: Final = ("house_id", "start", "load_kwh", "generation_kwh")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredHome:
    """A house with its load and its generation, in whole local standard-time days.

    day: shape (n,), consecutive [days since 1970-01-01].
    load_kwh, generation_kwh: shape (n, intervals) [kWh per interval], NaN where missing.
    """

    house: House
    interval_minutes: int
    day: IntArray
    load_kwh: FloatArray
    generation_kwh: FloatArray

    def scaled(self, scale: float) -> "MeteredHome":
        """Return the home with `scale` times the panels; an export limit stays and caps what they make."""
        if scale == 1.0:
            return self
        house = replace(self.house, capacity_kwp=round(self.house.capacity_kwp * scale, 6))
        generation = limited(self.load_kwh, self.generation_kwh * scale, house, self.interval_minutes / 60.0)
        return replace(self, house=house, generation_kwh=generation)

    def record(self, outage_from: int | None = None) -> Record:
        """Return what the net meter shows, and the truth.

        outage_from: first day without any generation [days since 1970-01-01]; None for the home as it was.
        As metered, the home counts as healthy: nobody knows better.
        """
        both = np.where(np.isnan(self.load_kwh), np.nan, self.generation_kwh)
        made = both
        out = np.zeros(len(self.day), np.bool_)
        if outage_from is not None:
            out = self.day >= outage_from
            made = np.where(out[:, np.newaxis], both * 0.0, both)
        watt_hours = net_watt_hours(self.load_kwh, made)
        null = (watt_hours == MISSING).all(axis=(1, 2))
        return Record(
            house=self.house,
            interval_minutes=self.interval_minutes,
            day=self.day,
            watt_hours=watt_hours,
            quality="".join(np.where(null, "N", "A").tolist()),
            generation_kwh=day_sums(made),
            healthy_kwh=day_sums(both),
            fault=tuple(OUTAGE if dead else NO_FAULT for dead in out.tolist()),
        )


def read_homes(homes_csv: Path) -> list[tuple[House, int]]:
    """Read the list of homes: each house and its interval [minutes]. Columns nobody knows are passed over.

    Errors: SunsiftError for a file that is absent or lacks a column, or a value that cannot be true.
    """
    houses = read_houses(homes_csv)
    if len({house.house_id for house in houses}) < len(houses):
        raise SunsiftError(f"{homes_csv} lists a house more than once")
    with homes_csv.open(newline="", encoding="utf-8-sig") as file:
        intervals = [(row.get("interval_minutes") or "").strip() for row in csv.DictReader(file)]
    for house, interval in zip(houses, intervals, strict=True):
        if interval not in map(str, INTERVALS):
            raise SunsiftError(
                f"{homes_csv}: interval_minutes of house {house.house_id} is '{interval}', "
                "must be 5, 15, 30 or 60"
            )
    return list(zip(houses, map(int, intervals), strict=True))


def read_metered(homes_csv: Path, readings_parquet: Path) -> Iterator[MeteredHome]:
    """Read homes with metered load and generation, in the order of the list, less any without readings.

    homes_csv: a houses file (`formats.houses_csv`) with one more column, interval_minutes.
    readings_parquet: house_id, start (of the interval, local standard time), load_kwh, generation_kwh.
    Errors: MissingExtraError without pyarrow; SunsiftError for files that cannot be used.
    """
    homes = read_homes(homes_csv)
    names, house, start, load, generation = _read_columns(readings_parquet)
    order = np.lexsort((start, house))
    house, start, load, generation = house[order], start[order], load[order], generation[order]
    for registered, interval_minutes in homes:
        index = names.get(registered.house_id)
        if index is not None:
            rows = slice(*np.searchsorted(house, [index, index + 1]).tolist())
            yield _metered(registered, interval_minutes, start[rows], load[rows], generation[rows])


def _read_columns(path: Path) -> tuple[dict[str, int], IntArray, IntArray, FloatArray, FloatArray]:
    """Return the houses' numbers by name, and per row: number, start [minutes], load, generation [kWh]."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("reading Parquet needs pyarrow: pip install 'sunsift[lab]'") from error
    try:
        schema = pq.read_schema(path)
        absent = [name for name in READING_COLUMNS if name not in schema.names]
        if absent:
            raise SunsiftError(f"{path.name} lacks the columns {', '.join(absent)}")
        if not pa.types.is_timestamp(schema.field("start").type) or schema.field("start").type.tz:
            raise SunsiftError(f"{path.name}: start must be a timestamp without zone (local standard time)")
        table = pq.read_table(path, columns=list(READING_COLUMNS))
        load, generation = (
            table[name].cast(pa.float64()).to_numpy().astype(np.float64) for name in READING_COLUMNS[2:]
        )
    except (OSError, pa.ArrowException) as error:
        raise SunsiftError(f"cannot read the readings in {path}: {error}") from error
    if table["house_id"].null_count or table["start"].null_count:
        raise SunsiftError(f"{path.name}: house_id and start must not be empty")
    if any((values < 0.0).any() or np.isinf(values).any() for values in (load, generation)):
        raise SunsiftError(f"{path.name}: load and generation must be finite and not negative")
    encoded: Any = table["house_id"].combine_chunks().dictionary_encode()
    names = {str(name): index for index, name in enumerate(encoded.dictionary.to_pylist())}
    seconds = table["start"].to_numpy().astype("datetime64[s]").astype(np.int64)
    if (seconds % 60).any():
        raise SunsiftError(f"{path.name}: every start must be a whole minute")
    return names, encoded.indices.to_numpy().astype(np.int64), seconds // 60, load, generation


def _metered(
    house: House, interval_minutes: int, start: IntArray, load: FloatArray, generation: FloatArray
) -> MeteredHome:
    """Lay one house's readings out in whole days; what was not read is missing."""
    if (start % interval_minutes).any():
        raise SunsiftError(
            f"house {house.house_id}: a reading does not start on its {interval_minutes} minutes"
        )
    if len(start) > 1 and (np.diff(start) == 0).any():
        raise SunsiftError(f"house {house.house_id} has two readings for one interval")
    intervals = 1440 // interval_minutes
    day = np.arange(start[0] // 1440, start[-1] // 1440 + 1)
    laid = np.full((2, len(day) * intervals), np.nan)
    slot = (start - day[0] * 1440) // interval_minutes
    laid[0, slot], laid[1, slot] = load, generation
    load_kwh, generation_kwh = laid.reshape(2, len(day), intervals)
    return MeteredHome(
        house=house,
        interval_minutes=interval_minutes,
        day=day,
        load_kwh=load_kwh,
        generation_kwh=generation_kwh,
    )
