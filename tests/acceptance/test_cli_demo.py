"""`sunsift demo`, small."""

from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command

pytest_plugins = ["tests.acceptance.cli_fixtures"]

SMALL = ("demo", "--houses", "12", "--days", "45", "--seed", "3")


@pytest.mark.parametrize("columns", [100, 200])
def test_the_whole_flow_beside_the_truth(
    shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = shell(*SMALL, columns=columns).stdout
    for part in ("simulate", "ingest", "redrive", "predict", "deliver", "in truth", "poor houses found",
                 "real homes take no part", "house-days a second", "Try next"):  # fmt: skip
        assert part in shown
    assert "outage" in shown
    assert " ".join(shown.split()).endswith(
        "serve --open --listen 127.0.0.1:8321 and then http://127.0.0.1:8321"
    )
    state = Command(shell.data / "demo")
    league = state.json("status")
    assert len(league) == 12
    places = [shown.index(row["house_id"]) for row in league if row["lost_kwh"] > 0]
    assert places == sorted(places)
    assert len((state.data / "reports.jsonl").read_text().splitlines()) == len(state.exported("reports"))
    assert all(report["delivered_at"] for report in state.exported("reports"))
    codes = {row["code"] for row in state.exported("quarantine")}
    assert {"not_json", "wrong_schema", "impossible", "unknown_house"} <= codes
    assert state.json("settle", "--quiet-minutes", "0")["houses"] == 0


def test_every_message_is_accounted_for(
    shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shell(*SMALL).stdout.split("Counts")[1].replace(",", "").split()

    def number(*label: str) -> int:
        place = next(i for i in range(len(words)) if tuple(words[i : i + len(label)]) == label)
        return int(words[place + len(label)])

    stored = number("accepted"), number("duplicate", "or", "superseded"), number("quarantined")
    assert sum(stored) == number("messages")
    assert number("days") == number("packets") == 12 * 45


def test_it_may_be_repeated(shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shell(*SMALL)
    state = Command(shell.data / "demo")
    first = state.exported("predictions"), state.exported("statuses")
    shell(*SMALL)
    assert (state.exported("predictions"), state.exported("statuses")) == first


def test_it_replaces_nothing_that_it_did_not_make(shell: Command) -> None:
    mine = shell.data / "demo" / "precious.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert "holds something that no demo made" in shell.error(*SMALL)
    assert mine.read_text() == "mine"
    assert list(mine.parent.iterdir()) == [mine]


def test_it_leaves_the_state_beside_it_alone(
    busy_shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = busy_shell.exported("predictions")
    busy_shell(*SMALL)
    assert busy_shell.exported("predictions") == before
