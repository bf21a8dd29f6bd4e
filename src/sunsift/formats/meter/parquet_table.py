"""Parquet files as packets: the same mappings as CSV, on typed columns."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter.layout import Layout
from sunsift.formats.meter.mapping import mapping_of
from sunsift.formats.meter.table import Table, changed_at

_ROWS_AT_ONCE: Final = 10_000


def cut(stream: BinaryIO, name: str, options: MeterOptions) -> Iterator[Extract]:
    """Cut a file into packets; see `sunsift.formats.meter.cut`. Errors: also MissingExtraError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("reading Parquet needs pyarrow: pip install 'sunsift[parquet]'") from error
    if not stream.seekable():
        raise SunsiftError(f"{name}: Parquet is read from its end, so it must be a file, and not packed")
    try:
        file = pq.ParquetFile(stream)
        heading = file.schema_arrow.names
        used = Layout([column.strip() for column in heading], mapping_of(options)).used()
        # Of many columns only those are read that the mapping names.
        columns = [heading[place] for place in used]
        table = Table(columns, options, changed_at(stream), "row")
    except (pa.ArrowException, OSError) as error:
        raise SunsiftError(f"{name}: is no Parquet file: {error}") from error
    place = 0
    problem = ""
    try:
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns):
            by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
            for row in zip(*(_values(by_name[column], pa) for column in columns), strict=True):
                place += 1
                yield from table.add(row, place, _whole(columns, row))
    except (pa.ArrowException, OSError) as error:
        problem = f"{name}: the file is damaged behind row {place}: {error}"
    yield from table.finish()
    if problem:
        raise SunsiftError(problem)


def _values(column: Any, pa: Any) -> list[Any]:
    """Return the values of a column as Python has them; times to the microsecond."""
    if pa.types.is_timestamp(column.type):
        zone = "UTC" if column.type.tz else None
        column = column.cast(pa.timestamp("us", zone), safe=False)
    elif pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        # Text that was written without saying so.
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def _whole(columns: list[str], row: tuple[Any, ...]) -> bytes:
    return msgspec.json.encode(dict(zip(columns, row, strict=True)), enc_hook=str)
