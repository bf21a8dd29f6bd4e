"""`sunsift doctor`."""

import json
from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import a_house
from tests.support.receiver import Receiver

pytest_plugins = ["tests.acceptance.cli_fixtures"]


def states(shell: Command, exits: int = 0) -> dict[str, dict[str, str]]:
    """Return the checks by name."""
    checks = json.loads(shell("doctor", "--json", exits=exits).stdout)
    return {check["check"]: check for check in checks}


def test_before_anything_is_there(shell: Command) -> None:
    found = states(shell)
    assert found["database"]["state"] == "missing"
    assert "houses add" in found["database"]["advice"]
    assert not shell.data.exists()


def test_a_state_in_good_health(busy_shell: Command) -> None:
    found = states(busy_shell)
    assert {found[name]["state"] for name in ("versions", "data folder", "database", "contents")} == {"ok"}
    assert "12 houses, 540 days" in found["contents"]["found"]
    assert found["unsettled"]["found"] == "0 houses not judged yet"
    assert "journal wal" in found["database"]["found"]
    assert "quarantine list" in found["quarantine"]["advice"]
    assert found["Parquet"]["state"] == "ok"
    shown = busy_shell("doctor", columns=100).stdout
    for name in found:
        assert name in shown


def test_looking_changes_nothing(busy_shell: Command) -> None:
    before = {table: busy_shell.exported(table) for table in ("predictions", "reports", "quarantine")}
    states(busy_shell)
    assert {table: busy_shell.exported(table) for table in before} == before


def test_a_damaged_database_is_a_problem(shell: Command) -> None:
    shell.data.mkdir()
    (shell.data / "sunsift.sqlite").write_bytes(b"this is no database at all" * 100)
    found = states(shell, exits=1)
    assert found["database"]["state"] == "problem"
    assert "no Sunsift database" in found["database"]["found"]


def test_reports_that_nobody_takes_are_a_problem(busy_shell: Command, tmp_path: Path) -> None:
    # Panels of this size would make far more than this house ever exported.
    csv = houses_csv(tmp_path / "houses.csv", [a_house("6102000001", capacity_kwp=40.0)])
    busy_shell("houses", "add", csv)
    assert busy_shell.json("settle", "--quiet-minutes", "0")["reports"] == 1
    receiver = Receiver()
    receiver.answer = 500
    with receiver.running():
        busy_shell("deliver", "--to", receiver.url, exits=1)
    found = states(busy_shell, exits=1)
    assert found["reports"]["state"] == "problem"
    assert "the receiver answered 500" in found["reports"]["found"]


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert states(Command(tmp_path / "file"), exits=1)["data folder"]["state"] == "problem"


def test_data_sets_are_looked_for(shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert states(shell)["data sets"]["state"] == "missing"
