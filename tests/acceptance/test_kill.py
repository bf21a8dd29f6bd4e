"""The real thing: SIGKILL at random moments under load, a restart, and nothing lost or doubled."""

import random
from pathlib import Path

import pytest

from tests.acceptance.conftest import Fleet, write_mail
from tests.support.kill import Killer, wait_until
from tests.support.process import Sunsift
from tests.support.service import AT_ONCE, DATABASE, delivered, is_done
from tests.support.sunlight import share_sunlight

# Seven commands a round, and the service: 31 kills in all.
INGEST_KILLS, SETTLE_KILLS, DELIVER_KILLS, ROUNDS = 3, 3, 1, 3
SERVICE_KILLS = 10
LEASE = {"SUNSIFT_LEASE_SECONDS": "0.5"}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_commands_lose_nothing(fleet: Fleet, sunsift: Sunsift, tmp_path: Path, seed: int) -> None:
    sunsift.environment |= LEASE
    sunsift.do("houses", "add", fleet.houses_csv)
    mail = write_mail(tmp_path / "all.jsonl", fleet.mail)
    killer = Killer(sunsift.data / DATABASE, random.Random(seed), 0.25)

    def kill(times: int, *arguments: object) -> None:
        for _ in range(times):
            before = killer.written()
            killer.kill(sunsift.start(*arguments), before)

    kill(INGEST_KILLS, "ingest", mail)
    sunsift.do("ingest", mail)
    kill(SETTLE_KILLS, "settle", "--quiet-minutes", 0)
    sunsift.do("settle", "--quiet-minutes", 0)
    assert killer.kills >= killer.attempts // 2, killer.log
    killer.longest_delay = 0.01
    kill(DELIVER_KILLS, "deliver")
    wait_until(lambda: sunsift.json("deliver")["undelivered"] == 0)

    assert sunsift.result() == fleet.result
    assert sunsift.rows("reports") == fleet.reports
    assert delivered(sunsift) == {row["key"] for row in fleet.reports}


def test_a_killed_service_loses_nothing(fleet: Fleet, sunsift: Sunsift, tmp_path: Path) -> None:
    sunsift.environment |= LEASE
    sunsift.do("houses", "add", fleet.houses_csv)
    # Region days close while parts are still to come; with what, depends on when.
    share_sunlight(fleet.data, sunsift.data)
    killer = Killer(sunsift.data / DATABASE, random.Random(99), 0.5)
    parts = SERVICE_KILLS + 1
    inbox = sunsift.data / "inbox"
    inbox.mkdir()
    for number in range(parts):
        # A file comes into the folder whole, as the help advises.
        draft = write_mail(tmp_path / "draft.jsonl", fleet.mail[number::parts])
        draft.rename(inbox / f"part-{number:02}.jsonl")
        before = killer.written()
        service = sunsift.start("run", *AT_ONCE)
        if number < SERVICE_KILLS:
            killer.kill(service, before)
    assert killer.kills >= SERVICE_KILLS // 2, killer.log

    wait_until(lambda: service.poll() is not None or is_done(sunsift.data / DATABASE, inbox))
    service.terminate()
    assert sunsift.finish(service).code == 0
    assert sunsift.result() == fleet.result
    assert sunsift.latest_reports() == fleet.latest
    assert delivered(sunsift) == {row["key"] for row in sunsift.rows("reports")}
