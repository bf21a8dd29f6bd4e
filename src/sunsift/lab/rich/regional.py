"""The real years behind a rich fleet: what a region's roofs made, how warm it was, what homes used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.readings import SLOTS, FloatArray, IntArray, day_date
from sunsift.lab.datasets import data_sets_folder

REGION: Final = "ausgrid_region.parquet"
LOADS: Final = "homes_load_only.parquet"
# On clear days the profile is symmetric around 28 to 31 minutes after solar noon, at every height of the
# sun: its publisher names half-hours by their end.
LATE_SLOTS: Final = 1


@dataclass(frozen=True, slots=True)
class RegionalYears:
    """A region, day by day and half-hour by half-hour, by the clock of local standard time.

    day: shape (n,), consecutive [days since 1970-01-01]. The others have shape (n, 48).
    generation_kwh_per_kwp: mean of its roofs [kWh/kWp a half-hour]. temperature: of the air [C].
    """

    day: IntArray
    generation_kwh_per_kwp: FloatArray
    temperature: FloatArray

    def of_days(self, day: IntArray) -> "RegionalYears":
        """Return these days only; day: shape (m,), consecutive. Errors: SunsiftError for unknown days."""
        row = day - self.day[0]
        if row[0] < 0 or row[-1] >= len(self.day):
            first, last = (day_date(int(self.day[at])) for at in (0, -1))
            raise SunsiftError(f"the region's weather is known from {first} to {last} only")
        return RegionalYears(day, self.generation_kwh_per_kwp[row], self.temperature[row])


@dataclass(frozen=True, slots=True)
class RealLoads:
    """Homes without panels; day: shape (n,); kwh: of each home, shape (n, 48) [kWh], NaN where missing."""

    day: IntArray
    kwh: dict[str, FloatArray]


def rich_data_set(name: str) -> Path | None:
    """Return the file of the data-set folder, None if it is not there."""
    path = data_sets_folder() / name
    return path if path.is_file() else None


def _read(path: Path, columns: list[str]) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("reading Parquet needs pyarrow: pip install 'sunsift[lab]'") from error
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise SunsiftError(f"cannot read {path}: {error}") from error


def _half_hours(start: Any) -> IntArray:
    """Return the starts as half-hours since 1970-01-01."""
    seconds: IntArray = start.to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds // (86_400 // SLOTS)


def read_region(path: Path) -> RegionalYears:
    """Read a regional profile: start, generation_kwh_per_kwp, air_temperature_c.

    Errors: MissingExtraError without pyarrow; SunsiftError for a file that is not of this kind or has gaps.
    """
    table = _read(path, ["start", "generation_kwh_per_kwp", "air_temperature_c"])
    slot = _half_hours(table["start"])
    made, warm = (table[name].to_numpy().astype(np.float64) for name in table.column_names[1:])
    if len(slot) < SLOTS or slot[0] % SLOTS or len(slot) % SLOTS or (np.diff(slot) != 1).any():
        raise SunsiftError(f"{path.name}: must hold whole days without gaps, half-hour by half-hour")
    if np.isnan(made).any() or np.isnan(warm).any():
        raise SunsiftError(f"{path.name}: generation and temperature must not be missing")
    in_time = np.append(made[LATE_SLOTS:], np.zeros(LATE_SLOTS))
    return RegionalYears(slot[::SLOTS] // SLOTS, in_time.reshape(-1, SLOTS), warm.reshape(-1, SLOTS))


def read_loads(path: Path, day: IntArray, least_share: float) -> RealLoads:
    """Read the homes with at least a share of their readings known; day: shape (n,), consecutive.

    Errors: as `read_region`.
    """
    table = _read(path, ["house_id", "start", "load_kwh"])
    encoded = table["house_id"].combine_chunks().dictionary_encode()
    slot = _half_hours(table["start"]) - day[0] * SLOTS
    used = table["load_kwh"].to_numpy().astype(np.float64)
    number = encoded.indices.to_numpy()
    within = (slot >= 0) & (slot < len(day) * SLOTS)
    laid = np.full((len(encoded.dictionary), len(day) * SLOTS), np.nan)
    laid[number[within], slot[within]] = used[within]
    known = 1.0 - np.isnan(laid).mean(axis=1)
    names = [str(name) for name in encoded.dictionary.to_pylist()]
    kept = sorted(name for name, share in zip(names, known, strict=True) if share >= least_share)
    return RealLoads(day, {name: laid[names.index(name)].reshape(-1, SLOTS) for name in kept})
