"""`sunsift lab evaluate`."""

import json
from pathlib import Path

from sunsift.lab.evaluate.virtual import FEWEST
from sunsift.lab.evaluate.wording import WORDINGS
from sunsift.lab.inject import SCENARIOS
from tests.acceptance.cli_command import Command
from tests.support.homes import a_metered_home, write_homes

pytest_plugins = ["tests.acceptance.cli_fixtures"]


def test_figures_and_report(shell: Command, tmp_path: Path) -> None:
    homes, readings = write_homes(tmp_path, [a_metered_home("one", 70), a_metered_home("two", 70)])
    data = ("lab", "evaluate", "--homes", homes, "--readings", readings)
    report, figures = tmp_path / "report", tmp_path / "figures.json"
    line = (*data, "--scenarios", FEWEST, "--seed", 3, "--capacity-scale", 2, "--report", report)
    shown = " ".join(shell(*line, "--json", figures).stdout.split())
    assert all(wording.label in shown for wording in WORDINGS.values())
    assert "2 homes x 4 scenarios, 560 house-days, panels x 2, seed 3" in shown
    assert (report / "metrics.json").read_bytes() == figures.read_bytes()
    assert json.loads(figures.read_text())["capacity_scale"] == 2.0
    assert (report / "index.html").read_text("utf-8").startswith("<!doctype html>")


def test_usage_is_checked(shell: Command, tmp_path: Path) -> None:
    homes, readings = write_homes(tmp_path, [a_metered_home("one", 70)])
    for wrong, bound in ((FEWEST - 1, FEWEST), (len(SCENARIOS) + 1, len(SCENARIOS))):
        assert f"equal to {bound}" in shell.error("lab", "evaluate", "--scenarios", wrong, exits=2)
    data = ("lab", "evaluate", "--homes", homes, "--readings", readings)
    assert "must be positive" in shell.error(*data, "--capacity-scale", 0)
    shell.error("lab", "evaluate", "--homes", homes, exits=2)
