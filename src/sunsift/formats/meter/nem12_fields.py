"""The fields of NEM12 records. Every function raises UnusableMessageError for what cannot be read."""

import csv
import math
import re
from array import array
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import msgspec

from sunsift.domain.errors import UnusableMessageError
from sunsift.formats.meter.channels import MARKET
from sunsift.formats.meter.packet_body import FLAGS

NULL: Final = math.nan
_numbers = msgspec.json.Decoder(list[float])
_PLAIN: Final = re.compile(rb"[\d.,+\- ]*")
_FLAG: Final = re.compile(rb"[AEFNSV][0-9]{0,2}", re.IGNORECASE)
_LONGEST_NUMBER: Final = 20
_KWH_A_UNIT: Final = {b"KWH": 1.0, b"WH": 0.001, b"MWH": 1000.0}
# Update times are in seconds; minutes and days are met in files of older systems.
_TIME_LENGTHS: Final = (14, 12, 8)


def split(text: bytes) -> list[bytes]:
    """Return the cells of a record."""
    if b'"' not in text:
        cells = text.split(b",")
        return [cell.strip() for cell in cells] if b" " in text or b"\t" in text else cells
    try:
        (row,) = csv.reader([text.decode("latin-1")])
    except (csv.Error, ValueError):
        raise UnusableMessageError("wrong_record", "its quotation marks do not match") from None
    return [cell.strip().encode("latin-1") for cell in row]


def shown(cell: bytes) -> str:
    """Return the beginning of a cell as it can be put into a sentence."""
    return repr(cell[:20].decode("utf-8", "replace"))


def no_nem12(version: bytes) -> UnusableMessageError:
    """Return why a file of another version is not read."""
    if version == b"NEM13":
        return UnusableMessageError(
            "no_intervals",
            "this is NEM13: readings of months, without intervals. Ask for the interval data, NEM12",
        )
    return UnusableMessageError("wrong_record", f"the record 100 names {shown(version)}, and not NEM12")


def name(cell: bytes, what: str) -> str:
    """Return a name of ASCII letters and digits."""
    if not cell or len(cell) > 64 or not cell.isascii() or not cell.isalnum():
        raise UnusableMessageError("wrong_record", f"{what} is {shown(cell)}; it must be letters and digits")
    return cell.decode("ascii")


def configuration(cell: bytes) -> frozenset[str] | None:
    """Return the channels that are named one behind the other, as in E1B1Q1; None if that is unreadable."""
    text = cell.decode("latin-1").upper()
    if not text or len(text) % 2 or not (text.isascii() and text.isalnum()):
        return None
    return frozenset(text[i : i + 2] for i in range(0, len(text), 2))


def kwh_a_unit(cell: bytes) -> float:
    """Return what one unit of a channel's readings is [kWh]."""
    found = _KWH_A_UNIT.get(cell.upper())
    if found is None:
        raise UnusableMessageError("wrong_unit", f"the unit is {shown(cell)}; it must be kWh, Wh or MWh")
    return found


def interval(cell: bytes) -> int:
    """Return the length of an interval [minutes]."""
    if cell not in (b"5", b"15", b"30"):
        raise UnusableMessageError(
            "wrong_interval", f"the interval length is {shown(cell)}; it must be 5, 15 or 30 minutes"
        )
    return int(cell)


def day(cells: Sequence[bytes]) -> date:
    """Return the date of a record 300."""
    return _date(cells[1] if len(cells) > 1 else b"")


@lru_cache(1024)
def _date(cell: bytes) -> date:
    try:
        if len(cell) != 8 or not cell.isdigit():
            raise ValueError
        return date(int(cell[:4]), int(cell[4:6]), int(cell[6:]))
    except ValueError:
        raise UnusableMessageError(
            "wrong_time", f"the date is {shown(cell)}; it must be written like 20261121"
        ) from None


def check_length(cells: Sequence[bytes], count: int, day: date) -> None:
    """Check that a record 300 has `count` values before its quality."""
    if len(cells) > count + 2 and _FLAG.fullmatch(cells[count + 2]) and _PLAIN.fullmatch(cells[count + 1]):
        return
    found = next((at for at, cell in enumerate(cells) if at > 1 and _FLAG.fullmatch(cell)), None)
    if found is None or found == count + 2:
        at_hand = f"there is no quality flag behind {min(count, max(len(cells) - 2, 0))} values"
        raise UnusableMessageError("wrong_quality", f"{day}: {at_hand}; it must be A, S, F, E, N or V")
    raise UnusableMessageError(
        "wrong_length",
        f"{day}: a day of {1440 // count}-minute intervals has {count} values; this record has {found - 2}",
    )


def values(cells: Sequence[bytes], kwh_a_unit: float) -> "array[float]":
    """Return readings [kWh]; an empty one is missing, and NaN."""
    joined = b",".join(cells)
    if not _PLAIN.fullmatch(joined):
        raise _wrong_value(cells)
    if len(joined) > _LONGEST_NUMBER * len(cells) // 2 and len(max(cells, key=len)) > _LONGEST_NUMBER:
        raise _wrong_value(cells)
    try:
        # Several times as fast as one by one; what is no JSON, such as an empty cell, goes the long way.
        found = array("d", _numbers.decode(b"[%s]" % joined))
    except msgspec.DecodeError:
        found = array("d", [_value(cell, cells) for cell in cells])
    if b"-" in joined and (least := min(v for v in found if v == v)) < 0:
        raise UnusableMessageError(
            "impossible", f"{least:g} is negative; what goes out is a channel of its own (B)"
        )
    if kwh_a_unit != 1.0:
        found = array("d", [round(v * kwh_a_unit, 9) for v in found])
    return found


def _value(cell: bytes, cells: Sequence[bytes]) -> float:
    if not cell:
        return NULL
    try:
        return float(cell)
    except ValueError:
        raise _wrong_value(cells) from None


def _wrong_value(cells: Sequence[bytes]) -> UnusableMessageError:
    """Name the first cell that is no number."""
    for number, cell in enumerate(cells, 1):
        try:
            good = not cell or (float(cell) == float(cell) and _PLAIN.fullmatch(cell) is not None)
        except ValueError:
            good = False
        if not good or len(cell) > _LONGEST_NUMBER:
            return UnusableMessageError(
                "wrong_number", f"interval {number} holds {shown(cell)}, and no number"
            )
    raise AssertionError("unreachable")


def qualities(of_day: bytes, events: Sequence[Sequence[bytes]], count: int) -> tuple[str, Sequence[int]]:
    """Return the worst quality of a day's readings, and which of its intervals hold none.

    of_day: the flag of the record 300. events: the records 400. Result: the numbers of the intervals from 0.
    """
    flag = of_day[:1].upper().decode()
    if not events and flag != "V":
        return flag, range(count) if flag == "N" else ()
    flags = [None if flag == "V" else flag] * count
    for event in events:
        first, last, quality = _event(event, count)
        flags[first:last] = [quality] * (last - first)
    known = [f for f in flags if f is not None]
    if len(known) < count:
        raise UnusableMessageError(
            "wrong_quality",
            f"the quality is V, and {count - len(known)} of {count} intervals have no record 400",
        )
    # A missing reading is missing, whatever the others are worth.
    read = [f for f in known if f != "N"]
    return max(read, key=FLAGS.index, default="N"), [i for i, f in enumerate(flags) if f == "N"]


def _event(cells: Sequence[bytes], count: int) -> tuple[int, int, str]:
    """Return the intervals, from `first` to before `last`, of a record 400, and their quality."""
    try:
        first, last, flag = int(cells[1]), int(cells[2]), cells[3]
    except (ValueError, IndexError):
        raise UnusableMessageError(
            "wrong_quality", "a record 400 must name its first and last interval and a quality"
        ) from None
    if not 1 <= first <= last <= count:
        raise UnusableMessageError(
            "wrong_quality", f"a record 400 is for intervals {first} to {last} of {count}"
        )
    if not _FLAG.fullmatch(flag) or flag[:1].upper() == b"V":
        raise UnusableMessageError(
            "wrong_quality", f"the quality of a record 400 is {shown(flag)}; it must be A, S, F, E or N"
        )
    return first - 1, last, flag[:1].upper().decode()


def updated_at(cells: Sequence[bytes], count: int, created: datetime | None, *, whole: bool) -> datetime:
    """Return when the readings of a record 300 were last changed.

    created: time of the file, which counts where the record does not say. whole: the line has an end; where
    it has none, a part of the time may be missing.
    """
    times = [cells[at] for at in (count + 5, count + 6) if at < len(cells)]
    if not whole and (not times or len(times[0]) != _TIME_LENGTHS[0]):
        raise UnusableMessageError("cut_off", "the file ends within this record")
    for cell in times:
        if cell:
            return moment(cell)
    if created is None:
        raise UnusableMessageError(
            "wrong_time", "neither this record nor the file says when the readings were changed"
        )
    return created


@lru_cache(1024)  # the days of a file were mostly changed at few times
def moment(cell: bytes) -> datetime:
    """Return a time that is written like 20261122021000."""
    try:
        if len(cell) not in _TIME_LENGTHS or not cell.isdigit():
            raise ValueError
        hour, minute, second = (int(cell[at : at + 2] or 0) for at in (8, 10, 12))
        return datetime(int(cell[:4]), int(cell[4:6]), int(cell[6:8]), hour, minute, second, tzinfo=MARKET)
    except ValueError:
        raise UnusableMessageError(
            "wrong_time", f"a time is {shown(cell)}; it must be written like 20261122021000"
        ) from None
