"""House registrations as CSV: one house a row, the first row names the columns."""

import csv
from collections.abc import Callable
from pathlib import Path

from sunsift.domain.errors import InvalidHouseError
from sunsift.domain.house import House

REQUIRED = ("house_id", "capacity_kwp", "latitude", "longitude", "utc_offset_hours")
OPTIONAL = ("azimuth", "tilt", "export_limit_kw", "battery", "region")
_TRUE = {"1", "true", "yes", "y", "t"}
_FALSE = {"", "0", "false", "no", "n", "f"}


def read_houses(path: Path, ignored: Callable[[list[str]], None] = lambda _: None) -> list[House]:
    """Read registrations.

    ignored: called with the names of columns that mean nothing here, if there are any.
    Errors: InvalidHouseError, naming file and line, if anything is missing or cannot be true.
    """
    houses = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            columns = [c.strip() for c in rows.fieldnames or []]
            rows.fieldnames = columns
            missing = [c for c in REQUIRED if c not in columns]
            if missing:
                raise InvalidHouseError(f"{path}: the first row must name the column {', '.join(missing)}")
            if others := [c for c in columns if c not in REQUIRED + OPTIONAL]:
                ignored(others)
            for row in rows:
                try:
                    houses.append(_to_house(row))
                except (InvalidHouseError, ValueError) as error:
                    raise InvalidHouseError(f"{path} line {rows.line_num}: {error}") from error
    except UnicodeDecodeError as error:
        raise InvalidHouseError(f"{path}: is not UTF-8 text") from error
    except csv.Error as error:
        raise InvalidHouseError(f"{path}: is no CSV file: {error}") from error
    except OSError as error:
        raise InvalidHouseError(f"{path}: cannot be read: {error.strerror}") from error
    return houses


def _to_house(row: dict[str, str | None]) -> House:
    def text(column: str) -> str:
        return (row.get(column) or "").strip()

    def number(column: str) -> float:
        try:
            return float(text(column))
        except ValueError:
            raise InvalidHouseError(f"{column} is {text(column)!r}, must be a number") from None

    def maybe(column: str) -> float | None:
        return number(column) if text(column) else None

    battery = text("battery").lower()
    if battery not in _TRUE | _FALSE:
        raise InvalidHouseError(f"battery is {battery!r}, must be true or false")
    return House(
        house_id=text("house_id"),
        capacity_kwp=number("capacity_kwp"),
        latitude=number("latitude"),
        longitude=number("longitude"),
        utc_offset_hours=number("utc_offset_hours"),
        azimuth=maybe("azimuth"),
        tilt=maybe("tilt"),
        export_limit_kw=maybe("export_limit_kw"),
        battery=battery in _TRUE,
        region=text("region"),
    )
