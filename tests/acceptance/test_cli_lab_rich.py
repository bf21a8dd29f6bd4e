"""`sunsift lab simulate`, where it finds real weather and where it does not."""

from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command
from tests.support.region import write_region

pytest_plugins = ["tests.acceptance.cli_fixtures"]

DAYS = 40


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder beside which no data sets lie."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def simulate(shell: Command, name: str, *more: object, exits: int = 0) -> tuple[str, str]:
    line = ("lab", "simulate", "--houses", 12, "--days", DAYS, "-o", f"{name}.jsonl.gz", *more)
    result = shell(*line, exits=exits)
    return result.stdout, " ".join(result.stderr.split())


def test_rich_where_the_weather_is_real(shell: Command, away: Path) -> None:
    data = away.parent / "shared" / "data"
    data.mkdir(parents=True)
    write_region(data, DAYS)
    homes, readings = (data / f"homes_with_generation.{ending}" for ending in ("csv", "parquet"))
    stdout, stderr = simulate(shell, "one", "--homes", homes, "--readings", readings)
    assert "480 packets of 12 houses" in stdout
    assert "A rich fleet: real weather, real load, from 2012-07-01 on" in stderr
    stdout, _ = simulate(shell, "two", "--check", "picture.svg", "--faulty-share", 0)
    assert "beside the region: correlation 0.9" in stdout
    assert "6102000001" in stdout
    assert (away / "picture.svg").read_text().startswith("<?xml")
    light, stderr = simulate(shell, "three", "--light")
    assert "480 packets of 12 houses" in light
    assert "rich" not in stderr
    shell("houses", "add", "one.houses.csv")
    assert shell.json("ingest", "one.jsonl.gz")["accepted"] == 480


@pytest.mark.usefixtures("away")
def test_light_where_it_is_not(shell: Command) -> None:
    _, stderr = simulate(shell, "light")
    assert "rich" not in stderr
    _, stderr = simulate(shell, "rich", "--rich")
    assert "A rich fleet: invented weather, invented load, from 2025-09-01 on" in stderr


@pytest.mark.usefixtures("away")
def test_what_does_not_go_together(shell: Command) -> None:
    _, stderr = simulate(shell, "a", "--light", "--check", "p.svg", exits=2)
    assert "belong to a rich fleet" in stderr
    _, stderr = simulate(shell, "a", "--homes", "h.csv", exits=2)
    assert "both --homes and --readings" in stderr
    _, stderr = simulate(shell, "a", "--rich", "--check", "p.svg", exits=2)
    assert "needs the region's profile" in stderr
