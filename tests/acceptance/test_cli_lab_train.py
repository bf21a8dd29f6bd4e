"""`sunsift lab train`."""

import json
from pathlib import Path

import pytest

from sunsift.lab.split import Split, split_of
from sunsift.lab.train import fold_of
from sunsift.model.artefact import read
from sunsift.model.features import FEATURES
from tests.acceptance.cli_command import Command
from tests.support.homes import a_metered_home, write_homes

pytest_plugins = ["tests.acceptance.cli_fixtures"]

DAYS = 45


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return homes to learn from, two in the split that is meant for it and one that is not."""
    names = [f"home-{number}" for number in range(40)]
    dev = [name for name in names if split_of(name) is Split.DEV]
    other = next(name for name in dev if fold_of(name) != fold_of(dev[0]))
    test = next(name for name in names if split_of(name) is Split.TEST)
    return write_homes(tmp_path, [a_metered_home(name, DAYS) for name in (dev[0], other, test)])


def test_a_model_is_learnt_and_written(shell: Command, tmp_path: Path, files: tuple[Path, Path]) -> None:
    output = tmp_path / "model.json"
    homes, readings = files
    line = ("lab", "train", "--homes", homes, "--readings", readings, "--simulated", 0, "--effort", 0.01)
    card = shell.json(*line, "--version", "mine-1", "--seed", 3, "-o", output)
    content = output.read_bytes()
    artefact = read(content, FEATURES)
    assert artefact.version == "mine-1"
    assert json.loads(json.dumps(artefact.card)) == card
    assert card["learnt_from"] == "2 metered homes (dev), 0 simulated homes"
    assert (card["homes"], card["seed"]) == (2, 3)
    assert len(artefact.heads["performance"]) == 2


def test_help_says_what_it_does(shell: Command) -> None:
    shown = " ".join(shell("lab", "train", "--help").stdout.split())
    for word in ("--output", "--homes", "--readings", "--split", "--simulated", "--effort", "--seed"):
        assert word in shown
    assert "Equal arguments and data give the same bytes" in shown


def test_usage_is_checked(shell: Command, tmp_path: Path, files: tuple[Path, Path]) -> None:
    homes, readings = files
    output = ("-o", tmp_path / "model.json")
    assert "does not exist" in shell.error("lab", "train", "--homes", tmp_path / "no.csv", *output, exits=2)
    assert "give both" in shell.error("lab", "train", "--homes", homes, *output, exits=2)
    assert "--output" in shell.error("lab", "train", exits=2)
    data = ("lab", "train", "--homes", homes, "--readings", readings, *output)
    shell.error(*data, "--simulated", -1, exits=2)
    shell.error(*data, "--effort", 0, exits=2)
    shell.error(*data, "--split", "some", exits=2)
    assert not (tmp_path / "model.json").exists()


def test_files_that_are_absent_or_say_nothing_are_errors(shell: Command, tmp_path: Path) -> None:
    output = ("-o", tmp_path / "model.json")
    homes, readings = write_homes(tmp_path, [a_metered_home("home-1", 3)])
    other = Split.TEST if split_of("home-1") is Split.DEV else Split.DEV
    data = ("lab", "train", "--homes", homes, "--readings", readings, "--simulated", 0, *output)
    assert f"is in the split '{other}'" in shell.error(*data, "--split", other)
    assert "too few days" in shell.error(*data, "--split", "all")
    readings.write_bytes(b"no parquet")
    assert "cannot read the readings" in shell.error(*data, "--split", "all")
    assert not (tmp_path / "model.json").exists()
