"""Meter files of several kinds: told apart by what they begin with, and cut into packets as a stream."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

from sunsift.domain.errors import SunsiftError
from sunsift.domain.extract import Extract

HEAD_BYTES: Final = 64 * 1024
"""As much of a file's beginning as `recognise` wants to see."""

_BLANK: Final = b" \t\r\n"
_CDR: Final = re.compile(rb'"(servicePointId|intervalRead|basicRead|readUType)"\s*:')
_OURS: Final = re.compile(rb'"(house_id|specversion)"\s*:')
_NUMBER: Final = re.compile(rb'[\s"+\-\d.:/TZ]*')


class MeterFormat(StrEnum):
    """The kinds of meter files. JSON lines of packets are none of them."""

    NEM12 = "nem12"
    CDR = "cdr"
    GREENBUTTON = "greenbutton"
    CSV = "csv"
    PARQUET = "parquet"


def _nobody(_: str) -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class MeterOptions:
    """What a file does not say by itself.

    columns: what the columns of a table mean, as in its mapping file; None for what their names say.
    timezone: IANA name of the clock by which the readings were written down, such as Australia/Sydney.
    offset_of: tells the registered standard-time offset of a house [hours from UTC], None if unknown.
    """

    columns: Mapping[str, Any] | None = None
    timezone: str | None = None
    offset_of: Callable[[str], float | None] = field(default=_nobody, compare=False)


def recognise(head: bytes, name: str) -> MeterFormat | None:
    """Tell what kind of meter file begins so; None for JSON lines, and for what nobody knows.

    head: the first `HEAD_BYTES`, unpacked. name: of the file, which counts only where its content could be
    of several kinds.
    """
    if head.startswith(b"PAR1"):
        return MeterFormat.PARQUET
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    name = name.lower().removesuffix(".gz")
    if re.match(rb'"?(100"?,"?NEM1[23]|200"?,"?\w{10,11}"?,)', text, re.IGNORECASE):
        return MeterFormat.NEM12
    if text.startswith((b"{", b"[")):
        return MeterFormat.CDR if _CDR.search(head) and not _OURS.search(head) else None
    if text.startswith(b"<"):
        return MeterFormat.GREENBUTTON
    if text.startswith((b"\xff\xfe<", b"\xfe\xff\0<")):  # UTF-16
        return MeterFormat.GREENBUTTON
    if name.endswith(".nem12"):
        return MeterFormat.NEM12
    if text and (name.endswith((".csv", ".tsv")) or _begins_with_heading(text)):
        return MeterFormat.CSV
    return None


def _begins_with_heading(text: bytes) -> bool:
    """Say whether the first row holds several names, and no numbers."""
    first = text.splitlines()[0]
    for delimiter in (b",", b";", b"\t"):
        cells = first.split(delimiter)
        if len(cells) > 2:
            return not any(_NUMBER.fullmatch(cell) for cell in cells) and b"\0" not in first
    return False


def cut(kind: MeterFormat, stream: BinaryIO, name: str, options: MeterOptions) -> Iterator[Extract]:
    """Cut a file into messages, one after the other: memory does not grow with the file.

    stream: unpacked; Parquet must be able to seek. name: of the file, for places and errors. What cannot be
    used comes as an extract that says why, and the rest goes on. Errors: SunsiftError where nothing of
    the file can be used, such as a mapping that names columns which are not there.
    """
    return _cutter(kind)(stream, name, options)


def cutter(
    options_of: Callable[[MeterFormat], MeterOptions], kind: MeterFormat | None = None
) -> Callable[[bytes, str], Callable[[BinaryIO], Iterator[Extract]] | None]:
    """Return what tells, by a file's beginning and name, how to cut it; None for JSON lines.

    options_of: gives what files of a kind do not say. kind: of every file, whatever it looks like.
    """

    def look(head: bytes, name: str) -> Callable[[BinaryIO], Iterator[Extract]] | None:
        found = kind or recognise(head, name)
        if found is None:
            return None
        options = options_of(found)
        return lambda stream: cut(found, stream, name, options)

    return look


def read_columns(path: Path) -> dict[str, Any]:
    """Read a mapping file of tables. Errors: SunsiftError."""
    import tomllib  # functions on AWS, which start often, never need it

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SunsiftError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SunsiftError(f"{path}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise SunsiftError(f"{path}: is no TOML: {error}") from error


_Cut = Callable[[BinaryIO, str, MeterOptions], Iterator[Extract]]


def _cutter(kind: MeterFormat) -> _Cut:
    """Import what one kind needs; others may need packages that are not installed."""
    match kind:
        case MeterFormat.NEM12:
            from sunsift.formats.meter import nem12

            return nem12.cut
        case MeterFormat.CDR:
            from sunsift.formats.meter import cdr

            return cdr.cut
        case MeterFormat.GREENBUTTON:
            from sunsift.formats.meter import greenbutton

            return greenbutton.cut
        case MeterFormat.CSV:
            from sunsift.formats.meter import csv_table

            return csv_table.cut
        case MeterFormat.PARQUET:
            from sunsift.formats.meter import parquet_table

            return parquet_table.cut
