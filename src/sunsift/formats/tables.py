"""Tables as JSON lines, CSV or Parquet: written as a stream, equal rows as equal bytes."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from sunsift.domain.errors import MissingExtraError, SunsiftError

Row = Sequence[Any]
# Rows that are turned into bytes at once; enough for Parquet to compress well, few enough to stay small.
_ROWS_AT_ONCE: Final = {"jsonl": 2000, "csv": 2000, "parquet": 20_000}


class Kind(StrEnum):
    """What a column holds. A value of any kind may be None where it is not known."""

    TEXT = "text"
    TEXTS = "list of texts"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment in UTC, given as ISO text"


class TableFormat(StrEnum):
    """The shapes that a table can be written in."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and what it holds."""

    name: str
    kind: Kind = Kind.TEXT


def write_table(
    columns: Sequence[Column],
    rows: Iterable[Row],
    table_format: TableFormat,
    file: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write rows as they come; return how many there were.

    progress: called with the growing number of rows. Errors: MissingExtraError for Parquet without pyarrow.
    """
    write = {
        TableFormat.JSONL: _jsonl_writer,
        TableFormat.CSV: _csv_writer,
        TableFormat.PARQUET: _parquet_writer,
    }
    count = 0
    source = iter(rows)
    with write[table_format](columns, file) as write_batch:
        while batch := list(islice(source, _ROWS_AT_ONCE[table_format])):
            write_batch(batch)
            count += len(batch)
            progress(count)
    return count


WriteBatch = Callable[[list[Row]], None]


@contextmanager
def _jsonl_writer(columns: Sequence[Column], file: BinaryIO) -> Iterator[WriteBatch]:
    names = [column.name for column in columns]
    encode = msgspec.json.Encoder().encode_lines

    def write(batch: list[Row]) -> None:
        file.write(encode([dict(zip(names, row, strict=True)) for row in batch]))

    yield write


@contextmanager
def _csv_writer(columns: Sequence[Column], file: BinaryIO) -> Iterator[WriteBatch]:
    lists = [index for index, column in enumerate(columns) if column.kind is Kind.TEXTS]

    def flat(row: Row) -> list[Any]:
        cells = list(row)
        for index in lists:
            cells[index] = "; ".join(cells[index])
        return cells

    def write(batch: list[Row]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(map(flat, batch))
        file.write(text.getvalue().encode())

    file.write((",".join(column.name for column in columns) + "\n").encode())
    yield write


@contextmanager
def _parquet_writer(columns: Sequence[Column], file: BinaryIO) -> Iterator[WriteBatch]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("writing Parquet needs pyarrow: pip install 'sunsift[parquet]'") from error
    types = {
        Kind.TEXT: pa.string(),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.DATE: pa.date32(),
        Kind.MOMENT: pa.timestamp("ms", "UTC"),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])

    def write(batch: list[Row]) -> None:
        arrays = [
            pa.array(map(_moment, values) if column.kind is Kind.MOMENT else values, types[column.kind])
            for column, values in zip(columns, zip(*batch, strict=True), strict=True)
        ]
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        yield write


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name only when the block ends well.

    A failure leaves what was there before. Errors: SunsiftError if it cannot be written.
    """
    if path.exists() and not path.is_file():
        # A pipe or a device cannot be replaced.
        try:
            with path.open("wb") as file:
                yield file
        except OSError as error:
            raise SunsiftError(f"{path}: cannot be written: {error.strerror}") from error
        return
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(target)
    except OSError as error:
        raise SunsiftError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
