"""A full disk and a read-only folder: a clear error, and nothing lost once there is room again."""

import random
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sunsift.adapters.clock import FixedClock
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.local import deliver_all
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.conftest import Fleet, write_mail
from tests.support.process import Ran, Sunsift, SunsiftHere
from tests.support.service import delivered

READ_ONLY = ("unlimited",)


def check_error(ran: Ran, *words: str) -> None:
    """Check that a command failed with an error of one line that says what to do."""
    assert ran.code == 1, ran
    lines = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, ran.err
    assert any(word in lines[0] for word in words), lines


@pytest.fixture
def mail(small_fleet: Fleet, tmp_path: Path) -> Path:
    return write_mail(tmp_path / "all.jsonl", small_fleet.mail)


@pytest.mark.parametrize("seed", range(2))
def test_a_full_disk(small_fleet: Fleet, sunsift: Sunsift, here: SunsiftHere, mail: Path, seed: int) -> None:
    # No file may grow beyond so many bytes, which a process meets just as it meets a full disk.
    rng = random.Random(seed)
    failed = 0
    steps = (
        ("houses", "add", small_fleet.houses_csv),
        ("ingest", mail),
        ("settle", "--quiet-minutes", 0),
    )
    for step in steps:
        for _ in range(2):
            ran = sunsift.run(*step, limits=[str(round(2 ** rng.uniform(9, 18)))])
            if ran.code:
                check_error(ran, "free space", "free some space", "File too large")
                failed += 1
        here.do(*step)
    assert failed >= 3
    assert here.result() == small_fleet.result
    assert here.rows("reports") == small_fleet.reports


def test_reports_wait_for_room(small_fleet: Fleet, sunsift: Sunsift) -> None:
    shutil.copytree(small_fleet.data, sunsift.data)
    reports = sunsift.data / "reports.jsonl"
    reports.symlink_to("/dev/full")
    check_error(sunsift.run("deliver"), "No space left on device")
    reports.unlink()
    # The first retry comes after a minute.
    later = FixedClock(datetime.now(UTC) + timedelta(minutes=2))
    with closing(embedded(read_settings({}, sunsift.data), clock=later)) as parts:
        assert deliver_all(parts, JsonLinesSender(reports, str)).failed == 0
    assert delivered(sunsift) == {row["key"] for row in small_fleet.reports}


def test_a_read_only_folder(small_fleet: Fleet, sunsift: Sunsift, here: SunsiftHere, mail: Path) -> None:
    here.do("houses", "add", small_fleet.houses_csv)
    files = [path for path in sunsift.data.iterdir() if path.is_file()]

    def allow(writing: bool) -> None:
        for path in files:
            path.chmod(0o644 if writing else 0o444)
        sunsift.data.chmod(0o755 if writing else 0o555)

    for step in (("ingest", mail), ("settle", "--quiet-minutes", 0)):
        allow(False)
        check_error(sunsift.run(*step, limits=READ_ONLY), "read-only", "may be written")
        allow(True)
        here.do(*step)
    assert here.result() == small_fleet.result


@pytest.mark.parametrize("command", ["houses", "run"])
def test_a_folder_that_cannot_be_made(
    small_fleet: Fleet, sunsift: Sunsift, tmp_path: Path, command: str
) -> None:
    parent = tmp_path / "locked"
    parent.mkdir(mode=0o555)
    sunsift.data = parent / "data"
    rest: list[object] = ["add", small_fleet.houses_csv] if command == "houses" else []
    check_error(sunsift.run(command, *rest, limits=READ_ONLY), "cannot be created")
    assert list(parent.iterdir()) == []


def test_an_export_that_does_not_fit_leaves_no_half_file(small_fleet: Fleet, tmp_path: Path) -> None:
    output = tmp_path / "exports" / "predictions.jsonl"
    output.parent.mkdir()
    ran = Sunsift(small_fleet.data).run("export", "predictions", "-o", output, limits=["40960"])
    check_error(ran, "File too large")
    assert list(output.parent.iterdir()) == []
