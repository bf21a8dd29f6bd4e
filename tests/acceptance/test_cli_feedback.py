"""`sunsift feedback`, and the export of what it noted."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import a_house

pytest_plugins = ["tests.acceptance.cli_fixtures"]

FAULT = ("feedback", "h1", "fault", "--from", "2026-11-01", "--to", "2026-11-03", "--note", "inverter [dead]")


@pytest.fixture
def registered(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with two houses, on whose side of the world it is another day for most of the day."""
    shell("houses", "add", houses_csv(tmp_path / "h.csv", [a_house("h1"), a_house("h2", region="north")]))
    return shell


def test_a_visit_is_noted_once(registered: Command) -> None:
    assert registered(*FAULT).stdout == "house h1: fault on 2026-11-01 to 2026-11-03 noted\n"
    assert "was noted already" in registered(*FAULT).stdout
    noted = registered.json(*FAULT)
    assert noted == {
        "house_id": "h1", "first_day": "2026-11-01", "last_day": "2026-11-03", "found": "fault",
        "note": "inverter [dead]", "new": False,
    }  # fmt: skip
    [row] = registered.exported("feedback")
    assert {name: row[name] for name in noted if name != "new"} == {
        name: value for name, value in noted.items() if name != "new"
    }
    assert datetime.fromisoformat(row["noted_at"]) <= datetime.now(UTC)


def test_without_days_it_is_today_at_the_house(registered: Command) -> None:
    offset = timedelta(hours=10)
    before = (datetime.now(UTC) + offset).date().isoformat()
    noted = registered.json("feedback", "h1", "healthy")
    after = (datetime.now(UTC) + offset).date().isoformat()
    assert noted["first_day"] == noted["last_day"]
    assert before <= noted["last_day"] <= after
    since = registered.json("feedback", "h1", "fault", "--from", "2026-01-05")
    assert (since["first_day"], since["last_day"] >= before) == ("2026-01-05", True)
    assert registered.json("feedback", "h1", "fault", "--to", "2026-01-05")["first_day"] == "2026-01-05"


def test_what_was_noted_is_listed(registered: Command) -> None:
    registered(*FAULT)
    registered("feedback", "h2", "healthy", "--to", "2026-11-04")
    shown = registered("feedback", "--list").stdout
    assert "inverter [dead]" in shown
    assert "2 visits: 1 found a fault" in shown
    assert [row["house_id"] for row in registered.json("feedback", "--list")] == ["h1", "h2"]
    assert [row["found"] for row in registered.json("feedback", "h2", "--list")] == ["healthy"]


def test_all_formats_say_the_same(registered: Command, tmp_path: Path) -> None:
    registered(*FAULT)
    registered("feedback", "h2", "healthy", "--to", "2026-11-04")
    rows = registered.exported("feedback")
    registered("export", "feedback", "-o", tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == rows
    registered("export", "feedback", "-o", tmp_path / "f.parquet")
    read = pq.read_table(tmp_path / "f.parquet").to_pylist()
    assert [r["first_day"].isoformat() for r in read] == [r["first_day"] for r in rows]
    assert [r["note"] for r in read] == [r["note"] for r in rows]


@pytest.mark.parametrize("line", ["feedback nobody fault", "feedback nobody --list",
                                  "feedback nobody fault --from 2026-11-01 --to 2026-11-02"])  # fmt: skip
def test_an_unknown_house_is_said_plainly(registered: Command, line: str) -> None:
    error = registered.error(*line.split())
    assert error == "Error: house nobody is not registered; see: sunsift houses list"


def test_days_in_the_wrong_order_are_refused(registered: Command) -> None:
    error = registered.error("feedback", "h1", "fault", "--from", "2026-11-02", "--to", "2026-11-01")
    assert "after its last" in error
    assert registered.exported("feedback") == []


@pytest.mark.parametrize(
    "rest", ["", "h1", "h1 broken", "h1 fault --from soon", "h1 fault --list", "--list --note x"]
)
def test_wrong_usage_exits_with_2(registered: Command, rest: str) -> None:
    registered("feedback", *rest.split(), exits=2)


def test_a_mistyped_folder_is_not_created(shell: Command) -> None:
    assert "there is no Sunsift state" in shell.error("feedback", "h1", "fault")
    assert not shell.data.exists()
