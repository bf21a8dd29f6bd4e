"""CSV files as packets: a heading, and one row a time, or a day, in any layout that a mapping can say."""

import csv
from collections.abc import Iterator
from typing import BinaryIO, Final

from sunsift.domain.errors import SunsiftError, UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter.mapping import mapping_of
from sunsift.formats.meter.table import Table, changed_at

# A longer line is no row; it is cut into pieces, so that it cannot fill the memory.
_LONGEST_LINE_BYTES: Final = 1024 * 1024
_DELIMITERS: Final = (",", ";", "\t", "|")


def cut(stream: BinaryIO, name: str, options: MeterOptions) -> Iterator[Extract]:
    """Cut a file into packets; see `sunsift.formats.meter.cut`."""
    mapping = mapping_of(options)
    lines = _Lines(stream)
    heading, delimiter = _heading(lines, name, mapping.heading_line, mapping.delimiter)
    if mapping.decimal is None and delimiter == ";":
        # Where the comma separates decimals, the semicolon separates cells.
        options = MeterOptions(
            dict(options.columns or {}) | {"decimal": ","}, options.timezone, options.offset_of
        )
    table = Table(heading, options, changed_at(stream), "line")
    for line in lines:
        if not line.strip(b" \t\r\n,;|"):
            continue
        try:
            yield from table.add(_cells(line, delimiter, len(heading)), lines.number, line)
        except UnusableMessageError as error:
            yield from table.refuse(error, lines.number, line)
    yield from table.finish()


class _Lines:
    """The lines of a file without their ends. number: of the last one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self._stream.readline(_LONGEST_LINE_BYTES):
            self.number += 1
            yield line.rstrip(b"\r\n")


def _heading(lines: _Lines, name: str, place: int, delimiter: str | None) -> tuple[list[str], str]:
    """Return the names of the columns, and what stands between them. Errors: SunsiftError."""
    for line in lines:
        if lines.number < place or not line.strip():
            continue
        if line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise SunsiftError(f"{name}: is UTF-16 text; save it as CSV in UTF-8")
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SunsiftError(f"{name}: the heading is not UTF-8 text; save it as CSV in UTF-8") from error
        chosen = delimiter or max(_DELIMITERS, key=text.count)
        try:
            return next(csv.reader([text], delimiter=chosen, strict=True)), chosen
        except csv.Error as error:
            raise SunsiftError(f"{name}: the heading in line {lines.number} is no CSV: {error}") from error
    raise SunsiftError(f"{name}: has no heading")


def _cells(line: bytes, delimiter: str, count: int) -> list[str]:
    """Split a line into the cells that its heading names. Errors: UnusableMessageError.

    Every line is read by itself, so that a stray quote cannot swallow those behind it.
    """
    # Bytes that are no UTF-8 harm only a cell that is looked at.
    text = line.decode("utf-8", "surrogateescape")
    if '"' not in text:
        row = text.split(delimiter)
    else:
        try:
            row = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise UnusableMessageError("wrong_row", f"the row is no CSV: {error}") from error
    while len(row) > count and not row[-1].strip():
        row.pop()
    if len(row) != count:
        raise UnusableMessageError("wrong_row", f"the row has {len(row)} cells, and the heading {count}")
    return row
