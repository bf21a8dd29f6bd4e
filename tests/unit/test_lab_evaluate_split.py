"""Which homes belong to which part, and that the benchmark keeps to it."""

import json
from pathlib import Path

import pytest

from sunsift.domain.errors import SunsiftError
from sunsift.lab.evaluate import evaluate
from sunsift.lab.split import Split, split_of
from tests.acceptance.cli_command import Command
from tests.support.homes import a_metered_home, write_homes

# A home that changed sides would have been both learnt from and measured on.
DEV = "ausgrid-5 ausgrid-58 ausgrid-286 fontana-1 fontana-5 fontana-6 fontana-7"
TEST = "ausgrid-12 ausgrid-13 fontana-2 fontana-3 fontana-4 fontana-8 fontana-9"


def test_the_homes_of_the_data_set_never_change_sides() -> None:
    assert {home: split_of(home) for home in DEV.split()} == dict.fromkeys(DEV.split(), "dev")
    assert {home: split_of(home) for home in TEST.split()} == dict.fromkeys(TEST.split(), "test")


def test_each_home_belongs_to_one_part_and_to_all() -> None:
    homes = [f"home-{number}" for number in range(400)]
    parts = {split: [home for home in homes if split.holds(home)] for split in Split}
    assert sorted(parts[Split.DEV] + parts[Split.TEST]) == sorted(parts[Split.ALL]) == sorted(homes)
    assert len(parts[Split.DEV]) == pytest.approx(200, abs=40)


def test_only_the_homes_of_the_part_are_run(tmp_path: Path) -> None:
    homes_csv, readings = write_homes(tmp_path, [a_metered_home("home-1", 40), a_metered_home("home-2", 40)])

    def document(split: Split) -> dict[str, object]:
        written = tmp_path / f"{split}.json"
        evaluate(homes_csv, readings, split=split, scenarios=4, resamples=2, json_file=written)
        found: dict[str, object] = json.loads(written.read_text("utf-8"))
        assert found["split"] == split
        return found

    assert document(Split.DEV)["homes"] == ["home-1"]
    assert document(Split.TEST)["homes"] == ["home-2"]
    everything = document(Split.ALL)
    assert everything["homes"] == ["home-1", "home-2"]
    assert everything["without_readings"] == ["silent"]
    assert split_of("silent") is Split.DEV
    assert document(Split.DEV)["without_readings"] == ["silent"]
    assert document(Split.TEST)["without_readings"] == []


def test_a_part_without_homes_is_named(tmp_path: Path) -> None:
    homes_csv, readings = write_homes(tmp_path, [a_metered_home("home-1", 40)])
    with pytest.raises(SunsiftError, match=r"no home of homes.csv \(split test\) has a reading"):
        evaluate(homes_csv, readings, split=Split.TEST)


def test_the_command_line_takes_a_part(tmp_path: Path) -> None:
    homes_csv, readings = write_homes(tmp_path, [a_metered_home("home-1", 40), a_metered_home("home-2", 40)])
    shell = Command(tmp_path / "state")
    data = ("lab", "evaluate", "--homes", homes_csv, "--readings", readings, "--scenarios", 4)
    shown = " ".join(shell(*data, "--split", "test", "--json", tmp_path / "metrics.json").stdout.split())
    assert "1 home x 4 scenarios, 160 house-days, panels x 1, seed 1, split test" in shown
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["homes"] == ["home-2"]
    assert "'train' is not one of" in shell.error(*data, "--split", "train", exits=2)
