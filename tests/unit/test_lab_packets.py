"""Homes with metered load and generation become net packets, houses and truth."""

import csv
import gzip
import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.lab.packets import write_packets

HOMES = """house_id,source,capacity_kwp,latitude,longitude,utc_offset_hours,interval_minutes,battery
a,somewhere,2.2200000286102295,-33.3,151.4,10,60,False
b,somewhere,4.0,34.1,-117.4,-8,30,True
silent,somewhere,1.0,-33.3,151.4,10,60,False
"""
Rows = list[tuple[str, datetime, float | None, float | None]]


def readings() -> Rows:
    rows: Rows = []
    for hour in range(5, 3 * 24):  # the first day starts at 05:00
        start = datetime(2024, 3, 1) + timedelta(hours=hour)  # noqa: DTZ001
        rows.append(("a", start, 0.3 + hour / 1000, 1.25 if 8 <= hour % 24 < 16 else 0.0))
    rows[10] = ("a", rows[10][1], None, 1.0)
    rows[11] = ("a", rows[11][1], 0.5, None)
    for half in range(2 * 48):
        start = datetime(2024, 3, 1) + timedelta(minutes=30 * half)  # noqa: DTZ001
        rows.append(("b", start, 0.1, 0.4 if half % 48 == 24 else 0.0))
    rows.append(("stranger", datetime(2024, 3, 1), 1.0, 0.0))  # noqa: DTZ001
    return rows


def write_inputs(folder: Path, rows: Rows, homes: str = HOMES, columns: str = "start") -> tuple[Path, Path]:
    names, starts, loads, generations = zip(*rows, strict=True)
    table = pa.table(
        {
            "house_id": pa.array(names),
            columns: pa.array(starts, pa.timestamp("us")),
            "load_kwh": pa.array(loads, pa.float32()),
            "generation_kwh": pa.array(generations, pa.float32()),
        }
    )
    pq.write_table(table, folder / "readings.parquet")
    (folder / "homes.csv").write_text(homes)
    return folder / "homes.csv", folder / "readings.parquet"


def packets_of(path: Path) -> list[dict[str, Any]]:
    lines = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in lines.splitlines()]


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_one_packet_a_house_and_local_day(tmp_path: Path) -> None:
    result = write_packets(*write_inputs(tmp_path, readings()), tmp_path / "out" / "real.jsonl")
    packets = packets_of(result.packets)
    assert [(p["house_id"], p["date"]) for p in packets] == [
        ("a", "2024-03-01"),
        ("a", "2024-03-02"),
        ("a", "2024-03-03"),
        ("b", "2024-03-01"),
        ("b", "2024-03-02"),
    ]
    assert (result.houses, result.house_days, result.null_days) == (2, 5, 0)
    assert result.without_readings == ("silent",)
    assert len({p["id"] for p in packets}) == 5
    assert {p["quality"] for p in packets} == {"A"}
    assert [len(p["import_kwh"]) for p in packets] == [24, 24, 24, 48, 48]
    # Twelve hours and ten minutes after the end of each site's own day.
    assert packets[0]["updated_at"] == "2024-03-02T02:10:00Z"
    assert packets[3]["updated_at"] == "2024-03-02T20:10:00Z"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "real.houses.csv",
        "real.jsonl",
        "real.truth.csv",
    ]


def test_missing_stays_null(tmp_path: Path) -> None:
    result = write_packets(*write_inputs(tmp_path, readings()), tmp_path / "real.jsonl")
    first = packets_of(result.packets)[0]
    for side in ("import_kwh", "export_kwh"):
        assert first[side][:5] == [None] * 5  # before the meter's first reading
        assert first[side][15] is None  # load missing
        assert first[side][16] is None  # generation missing
        assert None not in first[side][5:15]


def test_a_day_without_readings_has_quality_n(tmp_path: Path) -> None:
    rows = [row for row in readings() if row[1].date() != date(2024, 3, 2)]
    result = write_packets(*write_inputs(tmp_path, rows), tmp_path / "real.jsonl")
    middle = packets_of(result.packets)[1]
    assert middle["quality"] == "N"
    assert set(middle["import_kwh"] + middle["export_kwh"]) == {None}
    assert result.null_days == 1
    assert table_of(result.truth_csv)[1]["generation_kwh"] == ""


def test_net_is_load_minus_generation_in_whole_watt_hours(tmp_path: Path) -> None:
    result = write_packets(*write_inputs(tmp_path, readings()), tmp_path / "real.jsonl")
    second = packets_of(result.packets)[1]
    assert second["import_kwh"][0] == 0.324
    assert second["import_kwh"][8] == 0.0
    assert second["export_kwh"][8] == round(1.25 - 0.332, 3)
    assert all(min(pair) == 0.0 for pair in zip(second["import_kwh"], second["export_kwh"], strict=True))


def test_scale_multiplies_generation_and_capacity(tmp_path: Path) -> None:
    result = write_packets(
        *write_inputs(tmp_path, readings()), tmp_path / "real.jsonl.gz", capacity_scale=2.0
    )
    assert [row["capacity_kwp"] for row in table_of(result.houses_csv)] == ["4.44", "8.0"]
    assert [row["battery"] for row in table_of(result.houses_csv)] == ["false", "true"]
    second = packets_of(result.packets)[1]
    assert second["export_kwh"][8] == round(2.5 - 0.332, 3)
    assert table_of(result.truth_csv)[1]["generation_kwh"] == "20.000"


def test_an_outage_is_dead_from_its_day_on_and_the_truth_says_so(tmp_path: Path) -> None:
    result = write_packets(
        *write_inputs(tmp_path, readings()), tmp_path / "real.jsonl", outage_from=date(2024, 3, 2)
    )
    truth = table_of(result.truth_csv)
    assert [row["fault"] for row in truth] == ["", "outage", "outage", "", "outage"]
    assert truth[1] == {
        "house_id": "a",
        "date": "2024-03-02",
        "generation_kwh": "0.000",
        "healthy_kwh": "10.000",
        "performance": "0.000",
        "fault": "outage",
    }
    packets = packets_of(result.packets)
    assert sum(packets[0]["export_kwh"][5:15]) > 0
    assert sum(packets[1]["export_kwh"]) == 0.0
    assert packets[1]["import_kwh"][12] == 0.336


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, readings())
    results = [write_packets(*inputs, tmp_path / name / "real.jsonl.gz") for name in ("one", "two")]
    for field in ("packets", "houses_csv", "truth_csv"):
        one, two = (getattr(result, field).read_bytes() for result in results)
        assert one == two


def test_progress_counts_homes(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_packets(
        *write_inputs(tmp_path, readings()),
        tmp_path / "real.jsonl",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3)]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SunsiftError, match="lacks the columns start"):
        write_packets(*write_inputs(tmp_path, readings(), columns="begin"), tmp_path / "real.jsonl")
    without = HOMES.replace("interval_minutes", "minutes")
    with pytest.raises(SunsiftError, match="interval_minutes"):
        write_packets(*write_inputs(tmp_path, readings(), without), tmp_path / "real.jsonl")
    assert not list(tmp_path.glob("real*"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("a", datetime(2024, 3, 1, 7, 15), 0.1, 0.1), "does not start on its 60 minutes"),  # noqa: DTZ001
        (("a", datetime(2024, 3, 1, 7), 0.1, 0.1), "two readings for one interval"),  # noqa: DTZ001
        (("a", datetime(2024, 3, 5, 7), -0.1, 0.1), "not negative"),  # noqa: DTZ001
        (("a", datetime(2024, 3, 5, 7), 99.0, 0.1), "more than a reading can hold"),  # noqa: DTZ001
    ],
)
def test_readings_that_cannot_be_true_are_refused(
    tmp_path: Path, change: tuple[str, datetime, float, float], words: str
) -> None:
    with pytest.raises(SunsiftError, match=words):
        write_packets(*write_inputs(tmp_path, [*readings(), change]), tmp_path / "real.jsonl")
    assert not list(tmp_path.glob("real*"))


def test_other_arguments_that_cannot_work(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, readings())
    with pytest.raises(SunsiftError, match="capacity_scale"):
        write_packets(*inputs, tmp_path / "real.jsonl", capacity_scale=0.0)
    with pytest.raises(SunsiftError, match=r"must end in \.jsonl"):
        write_packets(*inputs, tmp_path / "real.csv")
    with pytest.raises(SunsiftError, match="cannot read the readings"):
        write_packets(inputs[0], tmp_path / "nothing.parquet", tmp_path / "real.jsonl")
    with pytest.raises(SunsiftError, match="cannot be read"):
        write_packets(tmp_path / "nothing.csv", inputs[1], tmp_path / "real.jsonl")


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = write_inputs(tmp_path, readings())
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sunsift\[lab\]'"):
        write_packets(*inputs, tmp_path / "real.jsonl")
