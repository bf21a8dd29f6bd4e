"""`sunsift model`: which model judges, and how it does on the fleet."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import sunsift.model
import sunsift.wiring
from sunsift.domain.drift import Histogram, histogram_of
from sunsift.domain.evidence import stack_evidence
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.models import ExportModel

pytest_plugins = ["tests.acceptance.cli_fixtures"]

DAYS = 40


class TrainedModel(ExportModel):
    """A model that knows what it was trained on: homes that export nearly always, under a blazing sun."""

    card: Mapping[str, object] = {"trained_on": "3 [sunny] homes"}

    def training_histograms(self) -> Mapping[str, Histogram]:
        rng = np.random.default_rng(1)
        return {
            "exporting": histogram_of(rng.uniform(0.6, 1.0, 500)),
            "expected": histogram_of(rng.uniform(9.0, 10.0, 500)),
        }


@pytest.fixture
def judged(shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`sunsift` after 40 days of a living and a dead house in the north, and 26 of one in the south."""
    monkeypatch.setattr(sunsift.wiring, "load", ExportModel)
    houses = [
        a_house("alive", region="north"),
        a_house("dead", region="north"),
        a_house("new", region="south"),
    ]
    shell("houses", "add", houses_csv(tmp_path / "h.csv", houses))
    packets = [
        *days_of("alive", FIRST_DAY, DAYS),
        *days_of("dead", FIRST_DAY, DAYS, alive=False),
        *days_of("new", FIRST_DAY + 10, 26),
    ]
    (tmp_path / "p.jsonl").write_bytes(lines_of(packets))
    shell("ingest", tmp_path / "p.jsonl")
    shell("settle", "--quiet-minutes", "0")
    return shell


def test_it_counts_what_was_said_of_the_last_days(judged: Command) -> None:
    found = judged.json("model", "health", "--days", "10")
    assert (found["from"], found["to"]) == ("2025-10-01", "2025-10-10")
    assert found["by_region"] == {
        "north": {"predictions": 20, "poor_share": 0.5, "unknown_share": 0.0},
        "south": {"predictions": 2, "poor_share": 0.0, "unknown_share": 0.0},
    }
    assert found["by_version"] == {
        "exports-1": {"predictions": 22, "poor_share": 10 / 22, "unknown_share": 0.0}
    }
    assert judged.json("model", "health")["by_version"]["exports-1"]["predictions"] == 34
    shown = judged("model", "health").stdout
    assert "north" in shown
    assert "50.0 %" in shown


def test_it_holds_statuses_against_visits(judged: Command) -> None:
    assert judged.json("model", "health")["feedback"]["agreement"] is None
    assert "sunsift feedback HOUSE" in judged("model", "health").stdout
    judged("feedback", "dead", "fault", "--from", "2025-09-30", "--to", "2025-10-03")
    judged("feedback", "alive", "healthy", "--to", "2025-10-03")
    judged("feedback", "new", "fault", "--to", "2025-10-05")
    judged("feedback", "new", "healthy", "--to", "2025-09-12")  # nothing was said of it yet
    found = judged.json("model", "health")["feedback"]
    assert (found["visits"], found["houses"]) == (4, 3)
    assert found["days"] == {
        "fault": {"well": 1, "poor": 4, "unknown": 0},
        "healthy": {"well": 1, "poor": 0, "unknown": 1},
    }
    assert found["agreement"] == pytest.approx(5 / 6)
    assert "right on 83 % of the days" in judged("model", "health").stdout


def test_a_model_without_histograms_says_so(judged: Command) -> None:
    found = judged.json("model", "health")
    assert (found["carries_training"], found["stability"]) == (False, {})
    assert found["evidence_rows"] == 30 + 30 + 26
    assert "carries no histograms of its training" in judged("model", "health").stdout


def test_it_tells_how_far_the_input_moved(judged: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sunsift.wiring, "load", TrainedModel)
    found = judged.json("model", "health", "--days", "40")
    assert found["evidence_rows"] == 106
    assert set(found["stability"]) == {"exporting", "expected"}
    assert found["stability"]["expected"] > 0.25 > 0.0
    shown = judged("model", "health").stdout
    assert "drifted" in shown
    assert "too few to tell a drift from chance" in shown


def test_what_it_was_trained_on_has_not_drifted(judged: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(embedded(read_settings({}, judged.data))) as parts:
        seen = stack_evidence(list(enumerate(parts.records.evidence(0))))

    class Same(ExportModel):
        def training_histograms(self) -> Mapping[str, Histogram]:
            return {name: histogram_of(seen.column(name)) for name in ("best", "net_noon", "night_low")}

    monkeypatch.setattr(sunsift.wiring, "load", Same)
    found = judged.json("model", "health", "--days", "40")
    assert found["stability"] == {"best": 0.0, "net_noon": 0.0, "night_low": 0.0}


def test_without_data_there_is_nothing_to_say(shell: Command, tmp_path: Path) -> None:
    shell("houses", "add", houses_csv(tmp_path / "h.csv", [a_house()]))
    assert shell.json("model", "health") is None
    assert shell("model", "health").stdout == "There is no data yet.\n"


def test_the_model_shows_itself(shell: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = shell.json("model", "show")
    assert shipped["version"] == sunsift.model.load().version
    assert shipped["size_bytes"] == sum(shipped["files"].values())
    assert shipped["version"] in shell("model", "show").stdout
    monkeypatch.setattr(sunsift.model, "load", TrainedModel)
    assert shell.json("model", "show")["card"] == {"trained_on": "3 [sunny] homes"}
    assert "3 [sunny] homes" in shell("model", "show").stdout
    assert not shell.data.exists()
