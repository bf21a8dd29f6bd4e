"""Irradiance from elsewhere as CSV or Parquet: region, start, and GHI or the clear-sky index."""

import csv
import math
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from sunsift.domain.errors import InvalidSunlightError, MissingExtraError
from sunsift.domain.readings import FloatArray, IntArray

MINUTES_AN_HOUR: Final = 60
HOURS: Final = 24
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY: Final = 0xFFFF


class Quantity(StrEnum):
    """What a file holds, by the name of its column."""

    GHI = "ghi_w_m2"
    INDEX = "clearsky_index"


# Pyranometers show a little less than nothing at night; nothing on Earth's surface shines brighter.
LIMITS: Final = {Quantity.GHI: (-20.0, 2000.0), Quantity.INDEX: (0.0, 2.0)}


@dataclass(frozen=True, slots=True)
class HourlyDays:
    """The hours of one region's days, oldest first.

    day: shape (n,) [days since 1970-01-01, local standard time]. values: the mean of each hour, shape
    (n, 24), NaN where any part of it is missing. place: where the file names the region first.
    """

    day: IntArray
    values: FloatArray
    place: str


_Table = tuple[list[str], Iterator[tuple[int, Mapping[str, object]]]]


@dataclass(slots=True)
class _Read:
    """The rows of one region. minute: since 1970 of its standard time. number: line or row of the file."""

    minute: "array[int]" = field(default_factory=lambda: array("q"))
    value: "array[float]" = field(default_factory=lambda: array("d"))
    number: "array[int]" = field(default_factory=lambda: array("q"))


def read_irradiance(path: Path) -> tuple[Quantity, dict[str, HourlyDays]]:
    """Read a file whose rows are intervals of equal length, at most an hour, in any order.

    Errors: InvalidSunlightError naming the line (of Parquet the row) that cannot be used; MissingExtraError
    for Parquet without pyarrow.
    """
    parquet = path.suffix == ".parquet"
    where = f"{path} {'row' if parquet else 'line'}"
    regions: dict[str, _Read] = {}
    with _parquet(path) if parquet else _csv(path) as (columns, rows):
        quantity = _quantity(columns, path)
        for number, row in rows:
            try:
                read = regions.setdefault(_region(row["region"]), _Read())
                read.minute.append(_minute(row["start"]))
                read.value.append(_value(row[quantity], quantity))
                read.number.append(number)
            except InvalidSunlightError as error:
                raise InvalidSunlightError(f"{where} {number}: {error}") from error
    return quantity, {name: _hourly(read, where) for name, read in sorted(regions.items())}


@contextmanager
def _csv(path: Path) -> Iterator[_Table]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames = [column.strip() for column in rows.fieldnames or []]
            yield columns, ((rows.line_num, row) for row in rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidSunlightError(f"{path}: is no CSV file in UTF-8: {error}") from error


@contextmanager
def _parquet(path: Path) -> Iterator[_Table]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("reading Parquet needs pyarrow: pip install 'sunsift[parquet]'") from error
    try:
        with pq.ParquetFile(path) as file:
            batches = file.iter_batches()
            yield file.schema_arrow.names, enumerate((row for b in batches for row in b.to_pylist()), start=1)
    except pa.ArrowException as error:
        raise InvalidSunlightError(f"{path}: is no Parquet file: {error}") from error


def _quantity(columns: list[str], path: Path) -> Quantity:
    """Return what the file holds. Errors: InvalidSunlightError if its columns do not say."""
    found = [quantity for quantity in Quantity if quantity in columns]
    if not {"region", "start"} <= set(columns) or len(found) != 1:
        raise InvalidSunlightError(
            f"{path}: must have the columns region, start, and either {Quantity.GHI} or {Quantity.INDEX}"
        )
    return found[0]


def _region(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidSunlightError("region is missing")
    return value.strip()


def _minute(value: object) -> int:
    """Return minutes since 1970 of local standard time."""
    try:
        start = value if isinstance(value, datetime) else datetime.fromisoformat(str(value or "").strip())
    except ValueError:
        raise InvalidSunlightError(f"start is {value!r}, must be a time like 2026-11-21T13:00") from None
    if start.tzinfo is not None:
        raise InvalidSunlightError(
            f"start is {value!s}, must be the region's local standard time, without an offset"
        )
    minute, rest = divmod((start.replace(tzinfo=UTC) - _EPOCH).total_seconds(), MINUTES_AN_HOUR)
    if rest or not 0 <= minute < (_LAST_DAY + 1) * HOURS * MINUTES_AN_HOUR:
        raise InvalidSunlightError(f"start is {value!s}, must be a whole minute from 1970 to 2149")
    return int(minute)


def _value(value: object, quantity: Quantity) -> float:
    """Return the value, NaN for a missing one."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return math.nan
    low, high = LIMITS[quantity]
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidSunlightError(f"{quantity} is {value!r}, must be a number or empty") from None
    if not math.isnan(number) and not low <= number <= high:
        raise InvalidSunlightError(f"{quantity} is {number:g}, must lie in {low:g} to {high:g}")
    return max(number, 0.0)


def _hourly(read: _Read, where: str) -> HourlyDays:
    """Return the means of whole hours. Errors: InvalidSunlightError for rows that do not fit together."""
    order = np.argsort(read.minute, kind="stable")
    minute, number = np.array(read.minute)[order], np.array(read.number)[order]
    value = np.array(read.value)[order]
    step = _interval(minute, number, where)
    hour, place = np.unique(minute // MINUTES_AN_HOUR, return_inverse=True)
    known = np.isfinite(value)
    count = np.bincount(place, weights=known)
    total = np.bincount(place, weights=np.where(known, value, 0.0))
    whole = count == MINUTES_AN_HOUR // step
    day, row = np.unique(hour // HOURS, return_inverse=True)
    values = np.full((len(day), HOURS), np.nan)
    values[row, hour % HOURS] = np.where(whole, total / np.maximum(count, 1.0), np.nan)
    return HourlyDays(day, values, f"{where} {number.min()}")


def _interval(minute: IntArray, number: IntArray, where: str) -> int:
    """Return how long the intervals are: the least distance of two, and at most an hour [minutes]."""
    apart = np.diff(minute)
    nearest = int(apart.argmin()) if apart.size else -1
    step = min(int(apart[nearest]), MINUTES_AN_HOUR) if apart.size else MINUTES_AN_HOUR
    if step == 0:
        raise InvalidSunlightError(f"{where} {number[nearest + 1]}: this region and start came before")
    off = np.flatnonzero(minute % step) if MINUTES_AN_HOUR % step == 0 else np.array([nearest + 1])
    if off.size:
        raise InvalidSunlightError(
            f"{where} {number[off[0]]}: intervals must be equal parts of an hour, and begin with the hour"
        )
    return step
