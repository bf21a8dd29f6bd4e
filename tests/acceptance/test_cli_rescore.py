"""`sunsift lab rescore`: a new model judges what comes, and the past only on purpose."""

import os
import pty
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import sunsift.wiring
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.status import Status
from sunsift.domain.verdict import Score
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.models import ExportModel
from tests.support.verdicts import a_score

pytest_plugins = ["tests.acceptance.cli_fixtures"]

DAYS = 40
# Periods end from the 25th day, 2025-09-25, on; from this day on there are ten.
SINCE = "2025-10-01"
RESCORE = "lab", "rescore", "--since", SINCE
NOW = "--quiet-minutes", "0"


class GloomyModel(ExportModel):
    """A later version, to which all panels are poor."""

    version = "exports-2"

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        return [a_score(Status.POOR, 0.9999)] * len(periods)


@pytest.fixture
def judged(shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`sunsift` with 40 days of a house in the north and one in the south, judged; then it is upgraded."""
    monkeypatch.setattr(sunsift.wiring, "load", ExportModel)
    houses = [a_house("n", region="north"), a_house("s", region="south")]
    shell("houses", "add", houses_csv(tmp_path / "h.csv", houses))
    (tmp_path / "p.jsonl").write_bytes(
        lines_of([*days_of("n", FIRST_DAY, DAYS), *days_of("s", FIRST_DAY, DAYS)])
    )
    shell("ingest", tmp_path / "p.jsonl")
    assert shell.json("settle", *NOW)["predictions"] == 32
    monkeypatch.setattr(sunsift.wiring, "load", GloomyModel)
    return shell


def versions(shell: Command) -> dict[tuple[str, str], str]:
    return {(r["house_id"], r["period_end"]): r["model_version"] for r in shell.exported("predictions")}


def digests(shell: Command) -> dict[tuple[str, str], str]:
    return {(r["house_id"], r["period_end"]): r["input_digest"] for r in shell.exported("predictions")}


def test_an_upgrade_rescores_nothing(judged: Command, tmp_path: Path) -> None:
    before = judged("export", "predictions").stdout
    assert judged.json("settle", *NOW)["houses"] == 0
    assert judged("export", "predictions").stdout == before
    (tmp_path / "next.jsonl").write_bytes(lines_of(days_of("n", FIRST_DAY + DAYS, 1)))
    judged("ingest", tmp_path / "next.jsonl")
    assert judged.json("settle", *NOW)["predictions"] == 1
    judged_by_new = [key for key, version in versions(judged).items() if version == "exports-2"]
    assert judged_by_new == [("n", "2025-10-11")]


def test_on_purpose_the_new_model_judges_from_the_day_on(judged: Command) -> None:
    before = digests(judged)
    done = judged.json(*RESCORE, "--yes", *NOW)
    assert done == {
        "since": SINCE, "regions": 2, "houses": 2, "predictions": 20, "region_days": 0,
        "settled": {"houses": 2, "predictions": 20, "reports": 2}, "waiting": 0,
    }  # fmt: skip
    found = versions(judged)
    assert all(
        version == ("exports-2" if end >= SINCE else "exports-1") for (_, end), version in found.items()
    )
    assert digests(judged) == before
    assert {r["status"] for r in judged.exported("statuses") if r["as_of"] == "2025-10-10"} == {"poor"}
    assert judged.json("settle", *NOW)["houses"] == 0


def test_it_tells_what_changed_as_usual(judged: Command) -> None:
    judged("deliver")
    result = judged(*RESCORE, "--region", "north", "--yes", *NOW)
    assert "10 predictions of 1 house from 2025-10-01 on are judged anew by model exports-2" in result.stderr
    assert "settled 1 house: 10 predictions, 1 report" in result.stdout
    assert {house for (house, _), version in versions(judged).items() if version == "exports-2"} == {"n"}
    [new] = [r for r in judged.exported("reports") if r["delivered_at"] is None]
    assert (new["house_id"], new["status"], new["previous"]) == ("n", "poor", "well")


def test_it_may_be_given_again(judged: Command) -> None:
    judged(*RESCORE, "--yes", *NOW)
    before = judged("export", "predictions").stdout
    again = judged.json(*RESCORE, "--yes", *NOW)
    assert again["settled"] == {"houses": 2, "predictions": 20, "reports": 0}
    assert judged("export", "predictions").stdout == before


@pytest.mark.parametrize("sunlight", [False, True])
def test_cut_short_the_next_settle_goes_on(judged: Command, sunlight: bool) -> None:
    with closing(embedded(read_settings({}, judged.data))) as parts:
        parts.store.rescore("north", FIRST_DAY + 30, sunlight=sunlight)
    assert len(judged.exported("predictions")) == 32, "until then the old verdicts stand"
    assert judged.json("settle", *NOW) == {"houses": 1, "predictions": 10, "reports": 1, "waiting": 0}
    found = versions(judged)
    assert {house for (house, _), version in found.items() if version == "exports-2"} == {"n"}
    judged(*RESCORE, "--yes", *NOW)
    assert {v for (_, end), v in versions(judged).items() if end >= SINCE} == {"exports-2"}


def test_houses_that_are_not_quiet_are_left_to_the_next_settle(judged: Command) -> None:
    result = judged(*RESCORE, "--yes")
    assert "not due yet: 2 houses, left to the next settle" in result.stdout
    assert set(versions(judged).values()) == {"exports-1"}
    assert judged.json("settle", *NOW)["predictions"] == 20


def test_late_packets_count_for_the_sunlight_only_on_purpose(judged: Command, tmp_path: Path) -> None:
    """Neighbours who come late change nothing; measured anew, their region has a sensor."""
    neighbours = [a_house(f"late-{n}", region="north") for n in range(4)]
    judged("houses", "add", houses_csv(tmp_path / "more.csv", neighbours))
    packets = [p for house in neighbours for p in days_of(house.house_id, FIRST_DAY, DAYS)]
    (tmp_path / "late.jsonl").write_bytes(lines_of(packets))
    judged("ingest", tmp_path / "late.jsonl")
    judged("settle", *NOW)
    before = digests(judged)
    assert judged.json(*RESCORE, "--yes", *NOW)["region_days"] == 0
    assert digests(judged) == before
    done = judged.json(*RESCORE, "--sunlight", "--yes", *NOW)
    assert done["region_days"] == 20
    assert (done["settled"]["predictions"], done["waiting"]) == (60, 0)
    after = digests(judged)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {key for key in before if key[0] != "s" and key[1] >= SINCE}, (
        "the north has a sensor now"
    )


def test_without_a_terminal_it_needs_a_yes(judged: Command) -> None:
    error = judged.error(*RESCORE, exits=2)
    assert "20 predictions of 2 houses" in error
    assert "--yes" in error
    assert set(versions(judged).values()) == {"exports-1"}
    assert judged.json("settle", *NOW)["houses"] == 0


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_in_a_terminal_it_asks(judged: Command, answer: str, code: int) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SUNSIFT_")}
    mine, theirs = pty.openpty()
    line = [sys.executable, "-m", "sunsift", "--data", str(judged.data), *RESCORE, *NOW]
    try:
        os.write(mine, f"{answer}\n".encode())
        ran = subprocess.run(
            line, stdin=theirs, env=clean, capture_output=True, text=True, check=False, timeout=60
        )
    finally:
        os.close(mine)
        os.close(theirs)
    assert ran.returncode == code
    assert "Go on?" in ran.stderr
    assert ("exports-1" in {v for (_, end), v in versions(judged).items() if end >= SINCE}) == (answer == "n")


def test_a_region_that_nobody_lives_in_is_refused(judged: Command) -> None:
    error = judged.error(*RESCORE, "--region", "atlantis", "--yes")
    assert error == "Error: no house is in the region 'atlantis'; see: sunsift sunlight show"


def test_nothing_to_judge_is_no_error(judged: Command) -> None:
    done = judged.json("lab", "rescore", "--since", "2026-01-01", "--yes")
    assert (done["predictions"], done["settled"]["houses"]) == (0, 0)
