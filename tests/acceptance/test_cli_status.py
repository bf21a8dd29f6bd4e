"""`sunsift status`."""

from pathlib import Path

import pytest

from sunsift.model import load
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]


def test_the_league_ranks_by_lost_energy(busy_shell: Command) -> None:
    league = busy_shell.json("status")
    lost = [row["lost_kwh"] for row in league]
    assert len(league) == 12
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 0
    latest = {row["house_id"]: row for row in busy_shell.exported("predictions")}
    statuses = {row["house_id"]: row for row in busy_shell.exported("statuses")}
    for row in league:
        prediction, status = latest[row["house_id"]], statuses[row["house_id"]]
        for name in ("p_poor", "performance", "performance_se", "lost_kwh", "verdict", "reasons"):
            assert row[name] == prediction[name]
        assert (row["status"], row["average"]) == (status["status"], status["average"])
        assert row["period_end"] == prediction["period_end"] == status["as_of"]


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_the_table_shows_the_same(busy_shell: Command, columns: int) -> None:
    league = busy_shell.json("status")
    shown = busy_shell("status", columns=columns).stdout
    places = [shown.index(row["house_id"]) for row in league]
    assert places == sorted(places)
    assert max(map(len, shown.splitlines())) <= columns
    assert "12 of 12 houses" in shown


def test_the_league_can_be_cut_down(busy_shell: Command) -> None:
    league = busy_shell.json("status")
    for status in ("poor", "well", "unknown"):
        wanted = [row for row in league if row["status"] == status]
        assert busy_shell.json("status", "--only", status) == wanted
        assert f"of {len(wanted)} house" in busy_shell("status", "--only", status).stdout
    assert {row["status"] for row in league} >= {"poor", "well"}
    assert busy_shell.json("status", "--limit", "3") == league[:3]
    assert "3 of 12 houses" in busy_shell("status", "--limit", "3").stdout


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_one_house_comes_with_evidence_and_a_plot(busy_shell: Command, columns: int) -> None:
    worst = busy_shell.json("status", "--only", "poor")[0]
    shown = busy_shell("status", worst["house_id"], columns=columns).stdout
    assert max(map(len, shown.splitlines())) <= columns
    text = " ".join(shown.split())
    for reason in worst["reasons"]:
        assert reason in text
    for part in (worst["house_id"], "Status poor since", "kWh were lost", load().version, "█", "History"):
        assert part in text
    assert worst["period_end"] in text


def test_one_house_for_programs(busy_shell: Command) -> None:
    worst = busy_shell.json("status")[0]
    house = busy_shell.json("status", worst["house_id"])
    assert {name: house[name] for name in worst} == worst
    assert house["registration"]["house_id"] == worst["house_id"]
    reports = [row for row in busy_shell.exported("reports") if row["house_id"] == worst["house_id"]]
    assert sorted(row["key"] for row in house["reports"]) == [row["key"] for row in reports]
    rows = [row for row in busy_shell.exported("statuses") if row["house_id"] == worst["house_id"]]
    changes = [row for row in rows if row["status"] != row["previous"]]
    assert [(c["as_of"], c["status"], c["previous"]) for c in house["changes"]] == [
        (row["as_of"], row["status"], row["previous"]) for row in changes
    ]
    assert len(house["recent_days"]) == 45


def test_a_house_without_a_verdict_is_unknown_and_last(shell: Command, tmp_path: Path) -> None:
    houses = [a_house("empty"), a_house("few"), a_house("many", capacity_kwp=2.5)]
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", houses))
    (tmp_path / "p.jsonl").write_bytes(
        lines_of([*days_of("few", FIRST_DAY, 3), *days_of("many", FIRST_DAY, 40)])
    )
    assert [row["status"] for row in shell.json("status")] == ["unknown"] * 3
    shell("ingest", tmp_path / "p.jsonl")
    shell("settle", "--quiet-minutes", "0")
    assert [row["house_id"] for row in shell.json("status")] == ["many", "empty", "few"]
    last = shell.json("status")[-1]
    assert (last["status"], last["lost_kwh"], last["reasons"], last["since"]) == ("unknown", None, [], None)
    assert "No 30 days with enough readings yet." in shell("status").stdout
    text = " ".join(shell("status", "few").stdout.split())
    assert "no verdict yet" in text
    assert "3 days are stored" in text
    assert "0 days are stored" in " ".join(shell("status", "empty").stdout.split())


def test_days_without_data_are_gaps_in_the_plot(shell: Command, tmp_path: Path) -> None:
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house()]))
    packets = [*days_of("house-1", FIRST_DAY, 5), *days_of("house-1", FIRST_DAY + 8, 2)]
    packets += days_of("house-1", FIRST_DAY + 10, 1, quality="N", nulls=48)
    (tmp_path / "p.jsonl").write_bytes(lines_of(packets))
    shell("ingest", tmp_path / "p.jsonl")
    [line] = [row for row in shell("status", "house-1").stdout.splitlines() if "export" in row]
    bars = line.split()[1]
    assert [place for place, bar in enumerate(bars) if bar == "·"] == [5, 6, 7, 10]
    days = shell.json("status", "house-1")["recent_days"]
    assert [day["export_kwh"] is None for day in days] == [False] * 7 + [True]


def test_a_house_that_nobody_registered(busy_shell: Command) -> None:
    assert busy_shell.error("status", "nobody").startswith("Error: house nobody is not registered")
    assert "nobody" in busy_shell.error("status", "nobody", "--json")


def test_choosing_among_houses_and_naming_one_do_not_go_together(busy_shell: Command) -> None:
    busy_shell("status", "nobody", "--only", "poor", exits=2)


def test_before_any_house_is_registered(shell: Command, tmp_path: Path) -> None:
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", []))
    assert "No house is registered yet" in shell("status").stdout
    assert shell.json("status") == []
