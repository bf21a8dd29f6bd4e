"""`sunsift export`: shapes that others script against."""

import base64
import csv
import io
import json
import shutil
import sys
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import sunsift.exports
from sunsift.domain.errors import SunsiftError
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import a_house

pytest_plugins = ["tests.acceptance.cli_fixtures"]

COLUMNS = {
    "predictions": "house_id, period_end, usable_days, p_poor, performance, performance_se, lost_kwh, "
    "lost_kwh_low, lost_kwh_high, "
    "verdict, reasons, model_version, input_digest",
    "statuses": "house_id, as_of, status, average, previous",
    "reports": "key, house_id, status, previous, as_of, created_at, delivered_at",
    "quarantine": "id, code, reason, house_id, source, received_at, body, body_encoding",
}
KEYS = {"predictions": 2, "statuses": 2, "reports": 1, "quarantine": 1}
tables = pytest.mark.parametrize("table", COLUMNS)
formats = pytest.mark.parametrize("table_format", ["jsonl", "csv", "parquet"])


def plain(value: Any) -> Any:
    """Return a Parquet value as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


@tables
def test_columns_come_in_their_order_and_rows_by_their_key(
    busy_shell: Command, table: str, tmp_path: Path
) -> None:
    names = COLUMNS[table].split(", ")
    rows = busy_shell.exported(table)
    assert rows
    assert all(list(row) == names for row in rows)
    keys = [tuple(row[name] for name in names[: KEYS[table]]) for row in rows]
    assert keys == sorted(set(keys))
    busy_shell("export", table, "--format", "csv", "-o", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == ",".join(names)
    busy_shell("export", table, "--format", "parquet", "-o", tmp_path / "t.parquet")
    assert pq.read_schema(tmp_path / "t.parquet").names == names


@tables
def test_all_formats_say_the_same(busy_shell: Command, table: str, tmp_path: Path) -> None:
    rows = busy_shell.exported(table)
    busy_shell("export", table, "--format", "parquet", "-o", tmp_path / "t")
    parquet = [{k: plain(v) for k, v in row.items()} for row in pq.read_table(tmp_path / "t").to_pylist()]
    assert parquet == rows
    text = busy_shell("export", table, "--format", "csv").stdout
    for read, row in zip(csv.DictReader(io.StringIO(text)), rows, strict=True):
        for name, value in row.items():
            if isinstance(value, list):
                assert read[name] == "; ".join(value)
            elif isinstance(value, float):
                assert float(read[name]) == value
            else:
                assert read[name] == ("" if value is None else str(value))


@tables
@formats
def test_equal_states_give_equal_bytes(
    busy_shell: Command, table: str, table_format: str, tmp_path: Path
) -> None:
    other = Command(tmp_path / "other")
    shutil.copytree(busy_shell.data, other.data)
    busy_shell("export", table, "--format", table_format, "-o", tmp_path / "one")
    other("export", table, "--format", table_format, "-o", tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_values_have_the_promised_types(busy_shell: Command) -> None:
    first = busy_shell.exported("predictions")[0]
    assert date.fromisoformat(first["period_end"])
    assert isinstance(first["usable_days"], int)
    assert 0 <= first["p_poor"] <= 1
    assert first["verdict"] in ("well", "poor", "unknown")
    assert first["reasons"]
    assert all(isinstance(reason, str) and " " in reason for reason in first["reasons"])
    assert len(first["input_digest"]) == 32
    report = busy_shell.exported("reports")[0]
    assert datetime.fromisoformat(report["created_at"]) <= datetime.fromisoformat(report["delivered_at"])


def test_there_is_one_status_for_each_prediction(busy_shell: Command) -> None:
    predictions = busy_shell.exported("predictions")
    statuses = busy_shell.exported("statuses")
    assert [(p["house_id"], p["period_end"]) for p in predictions] == [
        (s["house_id"], s["as_of"]) for s in statuses
    ]
    for before, after in pairwise(statuses):
        same_house = before["house_id"] == after["house_id"]
        assert after["previous"] == (before["status"] if same_house else "unknown")


def test_quarantined_messages_come_whole(shell: Command, tmp_path: Path) -> None:
    bodies = [b'{"schema": 1, "no": "packet"}', b"caf\xe9 \xff\x00", 'grün, "x"; [y]\t'.encode().strip()]
    (tmp_path / "p.jsonl").write_bytes(b"\n".join(bodies))
    shell("ingest", tmp_path / "p.jsonl")

    def body(row: dict[str, Any]) -> bytes:
        text: str = row["body"]
        return text.encode() if row["body_encoding"] == "utf-8" else base64.b64decode(text)

    assert sorted(map(body, shell.exported("quarantine"))) == sorted(bodies)
    assert sorted({row["body_encoding"] for row in shell.exported("quarantine")}) == ["base64", "utf-8"]
    shell("export", "quarantine", "-o", tmp_path / "q.csv")
    with (tmp_path / "q.csv").open(newline="", encoding="utf-8") as file:
        assert sorted(map(body, csv.DictReader(file))) == sorted(bodies)


@tables
@formats
def test_nothing_to_export_is_an_empty_table(
    shell: Command, table: str, table_format: str, tmp_path: Path
) -> None:
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house()]))
    file = tmp_path / "t"
    result = shell("export", table, "--format", table_format, "-o", file)
    assert f"0 rows of {table} written" in result.stderr
    assert result.stdout == ""
    names = COLUMNS[table].split(", ")
    if table_format == "parquet":
        assert (pq.read_table(file).num_rows, pq.read_schema(file).names) == (0, names)
    else:
        assert file.read_text() == ("" if table_format == "jsonl" else ",".join(names) + "\n")


def test_the_files_ending_says_the_format(busy_shell: Command, tmp_path: Path) -> None:
    busy_shell("export", "statuses", "-o", tmp_path / "s.parquet")
    assert pq.read_table(tmp_path / "s.parquet").num_rows == len(busy_shell.exported("statuses"))
    busy_shell("export", "statuses", "-o", tmp_path / "s.txt")
    assert json.loads((tmp_path / "s.txt").read_text().splitlines()[0])["status"]


def test_parquet_needs_a_file(busy_shell: Command) -> None:
    assert "-o FILE" in busy_shell.error("export", "statuses", "--format", "parquet", exits=2)


def test_a_place_that_cannot_be_written(busy_shell: Command, tmp_path: Path) -> None:
    error = busy_shell.error("export", "statuses", "-o", tmp_path / "no" / "such" / "folder.csv")
    assert error.startswith("Error: ")
    assert "cannot be written" in error


@formats
def test_a_failure_leaves_what_was_there_before(
    busy_shell: Command, table_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_body(_: bytes) -> tuple[str, str]:
        raise SunsiftError("in the middle of it")

    file = tmp_path / "folder" / "t"
    file.parent.mkdir()
    file.write_text("before")
    monkeypatch.setattr(sunsift.exports, "body_as_text", broken_body)
    error = busy_shell.error("export", "quarantine", "--format", table_format, "-o", file)
    assert error == "Error: in the middle of it"
    assert file.read_text() == "before"
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_is_said_plainly(busy_shell: Command) -> None:
    error = busy_shell.error("export", "predictions", "-o", "/dev/full")
    assert error == "Error: /dev/full: cannot be written: No space left on device"


def test_without_pyarrow_it_says_what_to_install(
    busy_shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = busy_shell.error("export", "statuses", "-o", tmp_path / "s.parquet")
    assert error == "Error: writing Parquet needs pyarrow: pip install 'sunsift[parquet]'"
    assert list(tmp_path.glob("s.parquet")) == []
