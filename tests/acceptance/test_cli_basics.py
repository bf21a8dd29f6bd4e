"""What holds for every command: help, exit codes, interruption."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from sunsift import __version__
from sunsift.cli.app import app
from tests.acceptance.cli_command import Command, process, stop, wait_until

pytest_plugins = ["tests.acceptance.cli_fixtures"]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return every command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_all_the_promised_commands_are_there() -> None:
    promised = (
        "demo, houses add, houses list, ingest, settle, deliver, status, export, quarantine list, "
        "quarantine show, quarantine redrive, quarantine discard, run, doctor, lab packets, lab simulate"
    )
    assert {tuple(p.split()) for p in promised.split(", ")} <= COMMANDS.keys()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("columns", [80, 200])
def test_help_teaches_by_example(shell: Command, words: tuple[str, ...], columns: int) -> None:
    shown = shell(*words, "--help", columns=columns).stdout
    assert "Examples" in shown
    assert f"sunsift {' '.join(words)}" in shown.split("Examples")[1]
    assert not shell.data.exists()


def test_the_root_lists_all_groups_and_a_first_day(shell: Command) -> None:
    shown = shell("--help").stdout
    for name in {words[0] for words in COMMANDS}:
        assert f" {name} " in shown
    assert "SUNSIFT_DATA" in shown
    assert "sunsift ingest packets.jsonl.gz" in shown


def test_version(shell: Command) -> None:
    assert shell("--version").stdout == f"sunsift {__version__}\n"


@pytest.mark.parametrize(
    "line",
    ["nonsense", "settle --nonsense", "export nonsense", "status --limit many", "status --only sunny",
     "settle --quiet-minutes -1", "settle --now soon", "run --poll-seconds 0", "ingest", "houses nonsense",
     "export predictions --format xlsx", "lab simulate --houses 0 -o x.jsonl", "deliver --to"],
)  # fmt: skip
def test_wrong_usage_exits_with_2(shell: Command, line: str) -> None:
    shell(*line.split(), exits=2)
    assert not shell.data.exists()


@pytest.mark.parametrize(
    "line",
    ["status", "status house-1", "houses list", "export predictions", "quarantine list", "quarantine show 1",
     "settle", "deliver"],
)  # fmt: skip
def test_a_mistyped_folder_is_noticed_and_not_created(shell: Command, line: str) -> None:
    error = shell.error(*line.split())
    assert error.startswith(f"Error: there is no Sunsift state in {shell.data}")
    assert not shell.data.exists()


def test_an_error_is_one_line_and_exit_code_1_in_a_real_process(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("here is no folder")
    houses = tmp_path / "houses.csv"
    houses.write_text("house_id,capacity_kwp,latitude,longitude,utc_offset_hours\n")
    with process(file, "houses", "add", houses) as running:
        out, err = running.communicate()
    assert (running.returncode, out) == (1, b"")
    assert err.decode().startswith("Error: ")
    assert len(err.decode().splitlines()) == 1


def test_the_environment_says_where_the_state_is(
    busy_shell: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUNSIFT_DATA", str(busy_shell.data))
    subprocess.run([sys.executable, "-m", "sunsift", "houses", "list", "--json"], check=True)
    assert capfd.readouterr().out == busy_shell("houses", "list", "--json").stdout


def test_a_setting_that_is_no_number_is_named(busy_shell: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNSIFT_READY_DAYS", "many")
    line = [sys.executable, "-m", "sunsift", "--data", str(busy_shell.data), "status"]
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "Error: SUNSIFT_READY_DAYS is 'many', must be a number\n"


def test_an_interrupted_command_exits_with_130(tmp_path: Path) -> None:
    with process(tmp_path, "ingest", "-") as running:
        wait_until((tmp_path / "sunsift.sqlite").exists, running)
        code, out, err = stop(running, signal.SIGINT)
    assert (code, out) == (130, "")
    assert "Traceback" not in err


def test_a_reader_that_has_seen_enough_is_no_error(busy_shell: Command) -> None:
    with process(busy_shell.data, "export", "predictions") as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith(b"{")
        running.stdout.close()
        running.stdout = None
        _, err = running.communicate()
    assert b"Traceback" not in err
    assert b"Error" not in err


def test_the_command_line_starts_without_heavy_packages() -> None:
    heavy = "numpy", "pyarrow", "urllib3"
    check = f"import sys, sunsift.cli; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
