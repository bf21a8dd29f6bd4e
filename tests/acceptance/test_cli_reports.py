"""`sunsift reports`, and receivers that want no more."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sunsift.domain.status import Change, Status
from sunsift.settings import read_settings
from sunsift.wiring import Sunsift, embedded
from tests.acceptance.cli_command import Command
from tests.support.build import FIRST_DAY, a_house
from tests.support.receiver import Receiver
from tests.support.verdicts import tell


@pytest.fixture
def told(tmp_path: Path) -> Command:
    """A state with two reports in the file: of the house `alive`, and of `dead`."""
    command = Command(tmp_path / "state")
    with inside(command) as parts:
        parts.store.register([a_house("alive"), a_house("dead")])
        tell(parts.store, "alive", Change(FIRST_DAY, Status.WELL, Status.UNKNOWN))
        tell(parts.store, "dead", Change(FIRST_DAY, Status.POOR, Status.UNKNOWN))
    command("deliver")
    return command


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as receiver:
        yield receiver


def inside(command: Command) -> closing[Sunsift]:
    """Open the state behind the command's back."""
    return closing(embedded(read_settings({}, command.data)))


def listed(command: Command, *options: str) -> dict[str, dict[str, Any]]:
    """Return the reports of a listing by house."""
    return {row["house_id"]: row for row in command.json("reports", "list", *options)}


def test_reports_are_listed(told: Command) -> None:
    rows = listed(told)
    assert rows.keys() == {"alive", "dead"}
    assert {row["key"] for row in rows.values()} == {row["key"] for row in told.exported("reports")}
    assert (rows["dead"]["status"], rows["dead"]["state"], rows["dead"]["attempts"]) == (
        "poor",
        "delivered",
        1,
    )
    shown = told("reports", "list").stdout
    assert rows["dead"]["key"] in shown
    assert "2 reports, the newest first" in shown
    assert len(told.json("reports", "list", "--limit", "1")) == 1
    assert listed(told, "--house", "dead").keys() == {"dead"}
    assert "not registered" in told.error("reports", "list", "--house", "nobody")


def test_states_tell_reports_apart(told: Command) -> None:
    rows = listed(told)
    told("reports", "replay", "--house", "dead")
    assert listed(told, "--state", "waiting").keys() == {"dead"}
    assert listed(told, "--state", "delivered").keys() == {"alive"}
    with inside(told) as parts:
        parts.store.give_up(rows["dead"]["key"], "nobody home")
    found = listed(told, "--state", "given-up")["dead"]
    assert (found["state"], found["problem"]) == ("given-up", "nobody home")
    assert "given up  nobody home" in told("reports", "list", "--state", "given-up").stdout
    assert "no such report" in told("reports", "list", "--state", "waiting").stdout
    assert told.json("deliver")["undelivered"] == 0
    checks = {c["check"]: c for c in told.json("doctor")}
    assert checks["given up"]["state"] == "warning"
    assert "1 report given up after three days, the last: nobody home" in checks["given up"]["found"]
    assert told.json("reports", "replay", "--given-up") == {"replayed": 1}
    assert told.json("deliver")["sent"] == 1
    assert listed(told)["dead"]["state"] == "delivered"


def test_reports_are_sent_again_under_their_keys(told: Command, receiver: Receiver) -> None:
    keys = {row["key"] for row in told.exported("reports")}
    assert told.json("reports", "replay", "--since", "2020-01-01") == {"replayed": 2}
    told("deliver", "--to", receiver.url)
    assert set(receiver.ids) == keys
    dead = listed(told)["dead"]["key"]
    assert told.json("reports", "replay", "--key", dead, "--house", "dead") == {"replayed": 1}
    told("deliver", "--to", receiver.url)
    assert receiver.ids[2:] == [dead]


def test_a_file_that_lost_its_reports_gets_them_again(told: Command) -> None:
    outbox = told.data / "reports.jsonl"
    before = outbox.read_bytes()
    told("reports", "replay", "--since", "2020-01-01")
    told("deliver")
    assert outbox.read_bytes() == before, "each key stands there once"
    outbox.unlink()
    told("reports", "replay", "--since", "2020-01-01")
    told("deliver")
    assert sorted(outbox.read_bytes().splitlines()) == sorted(before.splitlines())


def test_a_replay_says_which(told: Command) -> None:
    assert "say which reports" in told.error("reports", "replay", exits=2)
    assert "no such report" in told("reports", "replay", "--since", "2999-01-01").stdout
    assert "there is no such report with the key abc" in told.error("reports", "replay", "--key", "abc")
    assert "not registered" in told.error("reports", "replay", "--house", "nobody")
    assert "1 report due again" in told("reports", "replay", "--house", "dead").stdout


def test_a_receiver_that_wants_no_more_gets_none_until_it_does(
    told: Command, receiver: Receiver, tmp_path: Path
) -> None:
    told("reports", "replay", "--since", "2020-01-01")
    receiver.answer = 410
    said = told("deliver", "--to", receiver.url, exits=1).stderr
    assert f"{receiver.url} wants no more reports (the receiver answered 410)" in said
    assert "deliver --enable" in said
    assert len(receiver.headers) == 1
    receiver.answer = 204
    result = told("deliver", "--to", receiver.url, "--json", exits=1)
    assert json.loads(result.stdout) == {
        "sent": 0,
        "failed": 0,
        "given_up": 0,
        "undelivered": 2,
        "gone": True,
    }
    assert len(receiver.headers) == 1, "it is left alone"
    checks = {
        c["check"]: c for c in json.loads(told("doctor", "--to", receiver.url, "--json", exits=1).stdout)
    }
    assert checks["receiver"]["state"] == "problem"
    assert "deliver --enable" in checks["receiver"]["advice"]
    assert told.json("deliver", "--to", receiver.url, "--enable")["sent"] == 2
    assert told.json("deliver", "--to", receiver.url, "--enable")["sent"] == 0


def test_another_address_gets_what_waits(told: Command, receiver: Receiver) -> None:
    told("reports", "replay", "--house", "dead")
    with Receiver().running() as old:
        old.answer = 410
        told("deliver", "--to", old.url, exits=1)
    with inside(told) as parts:
        [row] = [r for r in parts.records.reports() if r.delivered_at is None]
        parts.store.postpone(row.key, 0, "as if its time had come")
    assert told.json("deliver", "--to", receiver.url)["sent"] == 1
