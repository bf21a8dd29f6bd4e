"""Files of irradiance: what is read, and what is refused with its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sunsift.domain.errors import InvalidSunlightError
from sunsift.domain.readings import day_number
from sunsift.formats.irradiance import Quantity, read_irradiance

NOON = datetime.fromisoformat("2025-09-01T12:00")
DAY = day_number(NOON.date())


def csv_file(folder: Path, *lines: str, head: str = "region,start,ghi_w_m2") -> Path:
    (folder / "f.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return folder / "f.csv"


def test_hours_are_read_in_any_order_and_any_column_order(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "x,500.5,2025-09-02T00:00,s",
        "x,-3,2025-09-01 12:00:00, n ",
        "x,,2025-09-01T14:00,n",
        "x,800,2025-09-01T13:00,n",
        head="note, ghi_w_m2,start,region",
    )
    quantity, regions = read_irradiance(path)
    assert quantity is Quantity.GHI
    north, south = regions["n"], regions["s"]
    assert (north.day.tolist(), south.day.tolist()) == ([DAY], [DAY + 1])
    assert (north.values[0, 12], north.values[0, 13], south.values[0, 0]) == (0.0, 800.0, 500.5)
    assert np.isfinite(north.values).sum() == 2, "missing is missing"


@pytest.mark.parametrize("minutes", [5, 10, 15, 20, 30])
def test_parts_of_an_hour_are_averaged_and_a_missing_part_makes_it_missing(
    tmp_path: Path, minutes: int
) -> None:
    starts = [NOON + timedelta(minutes=m) for m in range(0, 120, minutes)]
    lines = [f"n,{start.isoformat()},{0.25 + 0.5 * (i % 2)}" for i, start in enumerate(starts)]
    lines[-1] = f"n,{starts[-1].isoformat()},"
    quantity, regions = read_irradiance(csv_file(tmp_path, *lines, head="region,start,clearsky_index"))
    assert quantity is Quantity.INDEX
    mean = np.mean([0.25 + 0.5 * (i % 2) for i in range(60 // minutes)])
    assert regions["n"].values[0, 12] == pytest.approx(mean)
    assert np.isnan(regions["n"].values[0, 13])


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    starts = [NOON + timedelta(hours=h) for h in range(4)]
    values = [100.0, None, float("nan"), 300.0]
    pq.write_table(
        pa.table({"region": ["n"] * 4, "start": starts, "ghi_w_m2": values}), tmp_path / "f.parquet"
    )
    _, binary = read_irradiance(tmp_path / "f.parquet")
    lines = [f"n,{s.isoformat()},{'' if v is None else v}" for s, v in zip(starts, values, strict=True)]
    _, text = read_irradiance(csv_file(tmp_path, *lines))
    np.testing.assert_array_equal(binary["n"].values, text["n"].values)
    assert binary["n"].values[0, 12] == 100.0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",2025-09-01T13:00,1", "region is missing"),
        ("n", "start is None"),
        ("n,noon,1", "start is 'noon'"),
        ("n,2025-09-01T13:00+10:00,1", "without an offset"),
        ("n,2025-09-01T13:00:30,1", "whole minute"),
        ("n,1969-12-31T13:00,1", "1970"),
        ("n,2025-09-01T13:00,much", "ghi_w_m2 is 'much'"),
        ("n,2025-09-01T13:00,2001", "must lie in -20 to 2000"),
        ("n,2025-09-01T13:00,-21", "must lie in -20 to 2000"),
        ("n,2025-09-01T13:00,inf", "must lie in -20 to 2000"),
        ("n,2025-09-01T12:00,1", "came before"),
        ("n,2025-09-01T12:40,1", "equal parts of an hour"),
        ("n,2025-09-02T12:30,1", "begin with the hour"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = csv_file(tmp_path, "n,2025-09-01T12:00,1", line)
    with pytest.raises(InvalidSunlightError) as error:
        read_irradiance(path)
    assert str(error.value).startswith(f"{path} line 3: ")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("start", "value", "reason"),
    [(NOON + timedelta(hours=1), 5000.0, "ghi_w_m2 is 5000"), (NOON, 1.0, "came before")],
)
def test_a_row_of_parquet_is_named(tmp_path: Path, start: datetime, value: float, reason: str) -> None:
    table = pa.table({"region": ["n", "n"], "start": [NOON, start], "ghi_w_m2": [1.0, value]})
    pq.write_table(table, tmp_path / "f.parquet")
    with pytest.raises(InvalidSunlightError, match=rf"f\.parquet row 2: .*{reason}"):
        read_irradiance(tmp_path / "f.parquet")


def test_times_of_parquet_that_know_their_zone_are_refused(tmp_path: Path) -> None:
    table = pa.table({"region": ["n"], "start": [NOON.replace(tzinfo=UTC)], "ghi_w_m2": [1.0]})
    pq.write_table(table, tmp_path / "f.parquet")
    with pytest.raises(InvalidSunlightError, match=r"row 1: .* without an offset"):
        read_irradiance(tmp_path / "f.parquet")


@pytest.mark.parametrize(
    "head", ["", "region,start", "start,ghi_w_m2", "region,ghi_w_m2", "region,start,ghi_w_m2,clearsky_index"]
)
def test_columns_that_do_not_say_what_it_is_are_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(InvalidSunlightError, match="must have the columns region, start, and either"):
        read_irradiance(csv_file(tmp_path, head=head))


@pytest.mark.parametrize("name", ["f.csv", "f.parquet"])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00 nothing of the sort")
    with pytest.raises(InvalidSunlightError, match=rf"{name}: is no "):
        read_irradiance(tmp_path / name)


def test_a_file_without_rows_holds_nothing(tmp_path: Path) -> None:
    assert read_irradiance(csv_file(tmp_path)) == (Quantity.GHI, {})
