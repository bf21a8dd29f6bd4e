"""Energy usage as JSON by Australia's Consumer Data Right: documents with a list of reads.

Source: Consumer Data Standards, Energy APIs, EnergyUsageListResponse and EnergyUsageRead. Days are of UTC+10.
A read tells what one register of a meter measured on one day, or on several.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO, Final

import msgspec

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.domain.readings import INTERVALS
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter.channels import EXPORT, IMPORT, ChannelDay, Gathering, refused
from sunsift.formats.meter.packet_body import FLAGS
from sunsift.formats.meter.table import changed_at

# A page of the standard has at most 1000 reads, of about 2 KiB.
LARGEST_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
_LONGEST_READ_DAYS: Final = 3 * 366
_KWH_A_UNIT: Final = {"KWH": 1.0, "WH": 0.001, "MWH": 1000.0}
_QUALITIES: Final = {"ACTUAL": "A", "SUBSTITUTE": "S", "FINAL_SUBSTITUTE": "F"}


class _Flag(msgspec.Struct, rename="camel"):
    start_interval: int
    end_interval: int
    quality: str


class _Intervals(msgspec.Struct, rename="camel"):
    read_interval_length: int | None = None
    interval_reads: list[float | None] | None = None
    read_qualities: list[_Flag] | None = None


class _Read(msgspec.Struct, rename="camel"):
    """One register's readings, as far as they matter here."""

    service_point_id: str
    register_suffix: str
    read_start_date: date
    read_end_date: date | None = None
    unit_of_measure: str | None = None
    interval_read: _Intervals | None = None


class _Data(msgspec.Struct):
    reads: list[msgspec.Raw] | None = None


class _Document(msgspec.Struct, rename="camel"):
    """A response of the standard, the list in it, or one read by itself."""

    data: _Data | None = None
    reads: list[msgspec.Raw] | None = None
    energy_usage_list: list[msgspec.Raw] | None = None
    service_point_id: msgspec.Raw = msgspec.Raw()


_document = msgspec.json.Decoder(_Document | list[msgspec.Raw])
_read = msgspec.json.Decoder(_Read)


def cut(stream: BinaryIO, name: str, options: MeterOptions) -> Iterator[Extract]:
    """Cut documents, one in the file or one a line, into packets.

    Pages of one meter belong into one file: a day is whole when both ways of energy are there.
    """
    updated_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=changed_at(stream))
    gathering = Gathering("read")
    number = 0
    for document, place in _documents(stream):
        try:
            reads = _reads(document)
        except UnusableMessageError as error:
            yield refused(error, document, place)
            continue
        for raw in reads:
            number += 1
            try:
                for day in _channel_days(bytes(raw), number, updated_at):
                    yield from gathering.add(day)
            except UnusableMessageError as error:
                yield refused(error, bytes(raw), f"read {number}")
    yield from gathering.rest()


def _documents(stream: BinaryIO) -> Iterator[tuple[bytes, str]]:
    """Yield the documents of a file and their places: one a line, or one in all."""
    number = 0
    while line := stream.readline(LARGEST_DOCUMENT_BYTES):
        number += 1
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if not text:
            continue
        if number > 1 or _is_json(text):
            yield text, f"line {number}"
            continue
        yield line.removeprefix(b"\xef\xbb\xbf") + stream.read(LARGEST_DOCUMENT_BYTES), ""
        break
    # What is left was too large, and is told by its beginning.
    while stream.read(LARGEST_DOCUMENT_BYTES):
        pass


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _reads(document: bytes) -> Sequence[msgspec.Raw]:
    """Return the reads of a document. Errors: UnusableMessageError."""
    if len(document) > LARGEST_DOCUMENT_BYTES:
        raise UnusableMessageError(
            "too_large",
            f"a document has at most {LARGEST_DOCUMENT_BYTES // 2**20} MiB; put one page of reads on a line",
        )
    found: _Document | list[msgspec.Raw]
    try:
        found = _document.decode(document)
    except msgspec.ValidationError as error:
        raise UnusableMessageError("wrong_shape", f"this is no CDR energy usage: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableMessageError("not_json", f"this is not JSON: {error}") from error
    if isinstance(found, list):
        return found
    if bytes(found.service_point_id):
        return [msgspec.Raw(document)]
    reads = found.data.reads if found.data else found.reads
    reads = found.energy_usage_list if reads is None else reads
    if reads is None:
        raise UnusableMessageError("wrong_shape", "this is no CDR energy usage: it has no list of reads")
    return reads


def _channel_days(raw: bytes, number: int, updated_at: datetime) -> Iterator[ChannelDay]:
    """Read what a register measured, day by day. Errors: UnusableMessageError, before the first of them."""
    try:
        read = _read.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableMessageError("wrong_shape", f"this is no EnergyUsageRead: {error}") from error
    try:
        suffix = _suffix(read)
        last = read.read_end_date or read.read_start_date
        days = (last - read.read_start_date).days + 1
        if not 1 <= days <= _LONGEST_READ_DAYS:
            raise UnusableMessageError("wrong_time", f"it begins {read.read_start_date} and ends {last}")
        minutes, values = _intervals(read, days)
        flags = _flags(read, len(values))
        kwh = _kwh(values, suffix, _unit(read))
    except UnusableMessageError as error:
        where = f"meter {read.service_point_id[:64]}, register {read.register_suffix[:8]}: "
        raise UnusableMessageError(
            error.code, where + error.reason, read.service_point_id[:64] or None
        ) from error
    count = len(values) // days
    for index in range(days):
        part = slice(index * count, (index + 1) * count)
        day = read.read_start_date + timedelta(days=index)
        yield ChannelDay(
            meter=read.service_point_id,
            channel=suffix,
            day=day,
            needed=None,
            minutes=minutes,
            kwh=kwh[part],
            quality=max(flags[part], key=FLAGS.index),
            updated_at=updated_at,
            raw=raw if days == 1 else _slice(read, day, minutes, values[part], flags[part]),
            number=number,
        )


def _suffix(read: _Read) -> str:
    meter, suffix = read.service_point_id, read.register_suffix.upper()
    if not 1 <= len(meter) <= 64 or not meter.isprintable():
        raise UnusableMessageError("wrong_shape", "servicePointId must be 1 to 64 printable characters")
    if not suffix.startswith((IMPORT, EXPORT)):
        raise UnusableMessageError(
            "no_channel", "only registers of import (E1, E2, ...) and export (B1, ...) of energy are used"
        )
    return suffix


def _intervals(read: _Read, days: int) -> tuple[int, Sequence[float | None]]:
    """Return the length of the intervals [minutes] and their values."""
    found = read.interval_read
    if found is None or not found.interval_reads:
        raise UnusableMessageError(
            "no_intervals",
            "it holds a sum only. Ask for interval reads: usage with interval-reads=FULL or MIN_30",
        )
    values = found.interval_reads
    minutes = found.read_interval_length or 1440 * days // len(values)
    if minutes not in INTERVALS:
        raise UnusableMessageError(
            "wrong_interval", f"readIntervalLength is {minutes}, must be 5, 15, 30 or 60"
        )
    if len(values) != days * 1440 // minutes:
        raise UnusableMessageError(
            "wrong_length",
            f"{days} days of {minutes}-minute intervals have {days * 1440 // minutes} values; "
            f"intervalReads has {len(values)}",
        )
    return minutes, values


def _flags(read: _Read, count: int) -> list[str]:
    """Return the quality of each interval; what is not named is actual."""
    flags = ["A"] * count
    for flag in (read.interval_read and read.interval_read.read_qualities) or []:
        quality = _QUALITIES.get(flag.quality)
        if quality is None:
            raise UnusableMessageError(
                "wrong_quality", f"a quality is {flag.quality[:20]!r}, must be one of {', '.join(_QUALITIES)}"
            )
        if not 1 <= flag.start_interval <= flag.end_interval <= count:
            raise UnusableMessageError(
                "wrong_quality",
                f"a quality is for intervals {flag.start_interval} to {flag.end_interval} of {count}",
            )
        flags[flag.start_interval - 1 : flag.end_interval] = [quality] * (
            flag.end_interval - flag.start_interval + 1
        )
    return flags


def _unit(read: _Read) -> float:
    """Return what one unit of the values is [kWh]; the standard leaves it out where it is kWh."""
    kwh = _KWH_A_UNIT.get((read.unit_of_measure or "kWh").upper())
    if kwh is None:
        raise UnusableMessageError(
            "wrong_unit", f"the unit is {(read.unit_of_measure or '')[:20]!r}; it must be kWh, Wh or MWh"
        )
    return kwh


def _kwh(values: Sequence[float | None], suffix: str, kwh_a_unit: float) -> "array[float]":
    """Return readings [kWh], NaN where missing. Exports are negative by the standard, positive with some."""
    known = [v for v in values if v is not None]
    least, most = min(known, default=0.0), max(known, default=0.0)
    sign = -1.0 if suffix.startswith(EXPORT) and least < 0 else 1.0
    if least < 0 and (sign > 0 or most > 0):
        raise UnusableMessageError(
            "impossible", f"{least:g} and {most:g} are energy in both directions; a register measures one"
        )
    unit = sign * kwh_a_unit
    return array(
        "d", [float("nan") if v is None else abs(v) if abs(unit) == 1.0 else v * unit for v in values]
    )


def _slice(
    read: _Read, day: date, minutes: int, values: Sequence[float | None], flags: Sequence[str]
) -> bytes:
    """Return one day of a read of several as a read of its own."""
    names = {flag: quality for quality, flag in _QUALITIES.items()}
    qualities = [_Flag(i, i, names[flag]) for i, flag in enumerate(flags, 1) if flag != "A"]
    part = _Intervals(minutes, list(values), qualities)
    return msgspec.json.encode(
        _Read(read.service_point_id, read.register_suffix, day, None, read.unit_of_measure, part)
    )
