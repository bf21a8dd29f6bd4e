"""Parquet tables of readings: typed times and numbers, read with the same mappings as CSV."""

import io
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterFormat, MeterOptions, cut, recognise
from tests.support.meter import HOUSE, UPDATED_AT, cut_text, packets, problems

TEN = timezone(timedelta(hours=10))
STARTS = [datetime(2025, 11, 21, n // 2, n % 2 * 30) for n in range(48)]  # noqa: DTZ001
ALWAYS = {"always": {"updated_at": UPDATED_AT}}


def written(columns: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def columns(times: Any, **other: Any) -> dict[str, Any]:
    return {
        "house_id": [HOUSE] * 48,
        "time": times,
        "import_kwh": [0.5] * 48,
        "export_kwh": [0.25] * 48,
        **other,
    }


def cut_table(body: bytes, **options: Any) -> list[Extract]:
    assert recognise(body[:1000], "x") is MeterFormat.PARQUET
    return cut_text(body, MeterFormat.PARQUET, **options)


@pytest.mark.parametrize(
    "times",
    [
        pa.array(STARTS, pa.timestamp("ns")),
        pa.array(STARTS, pa.timestamp("ms")),
        pa.array([s.replace(tzinfo=TEN) for s in STARTS], pa.timestamp("us", "Australia/Sydney")),
        pa.array([s.replace(tzinfo=TEN).astimezone(UTC) for s in STARTS], pa.timestamp("s", "UTC")),
        pa.array([s.isoformat() for s in STARTS]).dictionary_encode(),
        pa.array([f"{s.isoformat()}+10:00" for s in STARTS], pa.large_string()),
        pa.array([s.isoformat().encode() for s in STARTS], pa.binary()),
    ],
    ids=lambda times: str(times.type),
)
def test_times_of_every_type(times: Any) -> None:
    (packet,) = packets(cut_table(written(columns(times)), offset=10.0, columns=ALWAYS)).values()
    assert (packet["date"], packet["interval_minutes"]) == ("2025-11-21", 30)
    assert (packet["import_kwh"], packet["export_kwh"]) == ([0.5] * 48, [0.25] * 48)
    assert packet["updated_at"] == UPDATED_AT


def test_a_date_and_a_time_numbers_of_every_type_and_names_that_are_numbers() -> None:
    days = pa.array([date(2025, 11, 21)] * 48, pa.date32())
    body = written(
        {
            "meter": pa.array([6102000001] * 48, pa.int64()),
            "day": days,
            "at": pa.array([time(n // 2, n % 2 * 30) for n in range(48)], pa.time32("s")),
            "drawn": pa.array([Decimal("0.50")] * 48, pa.decimal128(6, 2)),
            "sent": pa.array([None, *[0.21] * 47], pa.float32()),
        }
    )
    mapping = {
        "columns": {"house_id": "meter", "date": "day", "time": "at", "import": "drawn", "export": "sent"}
    }
    (packet,) = packets(cut_table(body, columns=mapping)).values()
    assert packet["house_id"] == HOUSE
    assert packet["import_kwh"] == [0.5] * 48
    assert packet["export_kwh"] == [None] + [0.21] * 47


def test_wall_clocks_are_told_by_the_zone() -> None:
    summer = pa.array([s + timedelta(hours=1) for s in STARTS], pa.timestamp("us"))
    (packet,) = packets(cut_table(written(columns(summer)), timezone="Australia/Sydney")).values()
    assert packet["import_kwh"] == [0.5] * 48
    assert packet["utc_offset_hours"] == 10.0


def test_a_bad_row_is_put_aside_whole() -> None:
    imports = [0.5] * 48
    imports[9] = -1.0
    body = written(columns(pa.array(STARTS, pa.timestamp("us")), import_kwh=imports), row_group_size=7)
    extracts = cut_table(body)
    assert problems(extracts) == [("row 10", "impossible")]
    bad = next(extract for extract in extracts if extract.code)
    assert b'"time":"2025-11-21T04:30:00","import_kwh":-1.0' in bad.body
    assert packets(extracts)[HOUSE, "2025-11-21"]["import_kwh"][8:11] == [0.5, None, 0.5]


def test_columns_that_nobody_names_are_not_read() -> None:
    notes = pa.array([{"secret": n} for n in range(48)])
    assert problems(cut_table(written(columns(pa.array(STARTS, pa.timestamp("us")), notes=notes)))) == []


def test_a_broken_file_is_refused() -> None:
    body = written(columns(pa.array(STARTS, pa.timestamp("us"))), compression="none")
    for broken in (body[:200], b"PAR1" + b"\0" * 100, b"PAR1"):
        with pytest.raises(SunsiftError, match="is no Parquet file"):
            cut_table(broken)
    damaged = bytearray(body)
    damaged[4:60] = b"\xff" * 56
    with pytest.raises(SunsiftError, match="the file is damaged behind row 0"):
        cut_table(bytes(damaged))


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(SunsiftError, match=r"names no column house_id.*'a', 'b'"):
        cut_table(written({"a": [1], "b": [2]}))


def test_a_stream_that_cannot_seek_is_refused() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(SunsiftError, match="must be a file"):
        list(cut(MeterFormat.PARQUET, Pipe(b"PAR1"), "standard input", MeterOptions()))


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sunsift\[parquet\]'"):
        cut_text(b"PAR1", MeterFormat.PARQUET)
