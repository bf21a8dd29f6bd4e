"""Cells of a table: text of a CSV file, or typed values of a Parquet file."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sunsift.domain.errors import UnusableMessageError
from sunsift.formats.meter.packet_body import FLAGS

_MISSING: Final = frozenset({"", "-", "na", "n/a", "nan", "null", "none"})
_WORDS: Final = {
    "actual": "A",
    "substituted": "S",
    "final substituted": "F",
    "estimated": "E",
    "estimate": "E",
    "null": "N",
    "missing": "N",
}


def number(cell: Any, decimal: str) -> float:
    """Read a number; NaN where the cell says that it is missing. Errors: UnusableMessageError.

    decimal: `.` or `,`, whichever the file writes.
    """
    if isinstance(cell, str):
        text = cell.strip()
        if text.lower() in _MISSING:
            return math.nan
        if decimal == ",":
            if "." in text:
                raise UnusableMessageError(
                    "wrong_number", f"{text!r} has a point, and this file writes decimals with a comma"
                )
            text = text.replace(",", ".")
        try:
            # Python reads 1_000, too, which nobody means.
            value = float(text) if "_" not in text else math.inf
        except ValueError:
            value = math.inf
    elif cell is None:
        return math.nan
    else:
        try:
            value = float(cell)
        except (TypeError, ValueError):
            value = math.inf
    if math.isinf(value):
        raise UnusableMessageError("wrong_number", f"{cell!r:.60} is no number")
    return value


def house_name(cell: Any) -> str:
    """Read the name of a house. Errors: UnusableMessageError if there is none."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    name = "" if cell is None else str(cell).strip()
    if not 0 < len(name) <= 64 or not name.isprintable():
        raise UnusableMessageError("wrong_shape", "house_id must have 1 to 64 printable characters")
    return name


def flag(cell: Any, words: Mapping[str, str], otherwise: str) -> str:
    """Read a flag of quality. Errors: UnusableMessageError.

    words: what the mapping says. otherwise: the flag of an empty cell.
    """
    text = "" if cell is None else str(cell).strip()
    if text in words:
        return words[text]
    if not text:
        return otherwise
    # E52 is E with a method, in the Australian market.
    if text[0].upper() in FLAGS and (len(text) == 1 or text[1:].isdigit()):
        return text[0].upper()
    try:
        return _WORDS[text.lower()]
    except KeyError:
        raise UnusableMessageError(
            "wrong_quality", f"quality is {text!r:.60}, must be one of A, S, F, E, N, or be in the mapping"
        ) from None


def minutes(cell: Any) -> int:
    """Read the length of an interval [minutes]. Errors: UnusableMessageError."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = 0.0
    if not (value.is_integer() and 0 < value <= 1440):
        raise UnusableMessageError(
            "wrong_interval", f"interval_minutes is {cell!r:.60}, must be whole minutes"
        )
    return int(value)


def moment(cell: Any, pattern: str) -> datetime:
    """Read a time. Errors: UnusableMessageError.

    pattern: `iso`, `unix` (seconds since 1970), or as in Python's strptime.
    """
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the file's clock is applied later
    return _moment_of_text("" if cell is None else str(cell).strip(), pattern)


@lru_cache(maxsize=100_000)
def _moment_of_text(text: str, pattern: str) -> datetime:
    try:
        return _parse(text, pattern)
    except (ValueError, OverflowError, OSError):
        pass
    if "24:00" in text:
        # The end of a day, as many meters write it.
        try:
            return _parse(text.replace("24:00", "00:00"), pattern) + timedelta(days=1)
        except (ValueError, OverflowError, OSError):
            pass
    shape = "an ISO 8601 time" if pattern == "iso" else f"a time as in {pattern}"
    raise UnusableMessageError("wrong_time", f"{text!r:.60} is not {shape}")


def _parse(text: str, pattern: str) -> datetime:
    if pattern == "iso":
        return datetime.fromisoformat(text)
    if pattern == "unix":
        return datetime.fromtimestamp(float(text), UTC)
    return datetime.strptime(text, pattern)  # noqa: DTZ007 - the file's clock is applied later
