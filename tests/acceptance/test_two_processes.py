"""Two processes on one data folder neither corrupt nor double anything."""

import json
from pathlib import Path

from tests.acceptance.conftest import Fleet, write_mail
from tests.support.kill import wait_until
from tests.support.process import Sunsift
from tests.support.service import AT_ONCE, DATABASE, delivered, is_done
from tests.support.sunlight import share_sunlight


def both(sunsift: Sunsift, *commands: list[object]) -> list[str]:
    """Run commands at the same time; return what they printed. All must succeed."""
    running = [sunsift.start(*command) for command in commands]
    ended = [sunsift.finish(process) for process in running]
    assert [ran.code for ran in ended] == [0] * len(commands), ended
    return [ran.out for ran in ended]


def test_two_of_every_command(fleet: Fleet, sunsift: Sunsift, tmp_path: Path) -> None:
    # Even the very first command, which makes the database, may run twice.
    add: list[object] = ["houses", "add", fleet.houses_csv, "--json"]
    added = [json.loads(out)["added"] for out in both(sunsift, add, add)]
    assert sorted(added) == [0, 60]

    half = len(fleet.mail) // 2
    overlap = half // 3
    first = write_mail(tmp_path / "first.jsonl", fleet.mail[: half + overlap])
    second = write_mail(tmp_path / "second.jsonl", fleet.mail[half - overlap :])
    counted = both(sunsift, ["ingest", first, "--json"], ["ingest", second, "--json"])
    new = sum(json.loads(out)["accepted"] - json.loads(out)["revised"] for out in counted)
    assert new == 60 * 120, "a packet must be new to one process only"

    settle: list[object] = ["settle", "--quiet-minutes", 0, "--json"]
    settled = [json.loads(out) for out in both(sunsift, settle, settle)]
    assert sum(done["houses"] for done in settled) == 60
    assert sum(done["reports"] for done in settled) == len(fleet.reports)
    both(sunsift, ["deliver"], ["deliver"])

    assert sunsift.result() == fleet.result
    assert sunsift.rows("reports") == fleet.reports
    assert delivered(sunsift) == {row["key"] for row in fleet.reports}


def test_two_services(fleet: Fleet, sunsift: Sunsift) -> None:
    sunsift.do("houses", "add", fleet.houses_csv)
    # Region days close while parts are still to come; with what, depends on when.
    share_sunlight(fleet.data, sunsift.data)
    inbox = sunsift.data / "inbox"
    for number in range(4):
        write_mail(inbox / f"part-{number}.jsonl", fleet.mail[number::4])
    services = [sunsift.start("run", *AT_ONCE) for _ in range(2)]
    wait_until(lambda: services[0].poll() is not None or is_done(sunsift.data / DATABASE, inbox))
    for service in services:
        service.terminate()
        ran = sunsift.finish(service)
        assert ran.code == 0, ran

    assert sunsift.result() == fleet.result
    assert sunsift.latest_reports() == fleet.latest
    assert delivered(sunsift) == {row["key"] for row in sunsift.rows("reports")}
