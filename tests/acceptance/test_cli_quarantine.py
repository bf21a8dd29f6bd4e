"""`sunsift quarantine`."""

from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import a_house, a_packet, message_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]


@pytest.fixture
def full(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with one good packet and four bad messages: two of them no JSON, one of a small house."""
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house("small", capacity_kwp=0.1)]))
    lines = [b"nonsense [1]", b"nonsense [2]", message_of(a_packet("stranger"))]
    lines += [message_of(a_packet("small"), export_kwh=[0.1] * 48)]
    lines += [message_of(a_packet("small", day=20_500), export_kwh=[1.5] * 48)]
    (tmp_path / "p.jsonl").write_bytes(b"\n".join(lines))
    assert shell.json("ingest", tmp_path / "p.jsonl")["quarantined"] == 4
    return shell


def test_the_list_counts_by_reason(full: Command) -> None:
    rows = full.json("quarantine", "list")
    assert sorted(row["code"] for row in rows) == ["impossible", "not_json", "not_json", "unknown_house"]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert set(rows[0]) == {"id", "code", "reason", "house_id", "source", "received_at", "bytes"}
    shown = full("quarantine", "list").stdout
    for row in rows:
        assert row["id"] in shown
    counts = shown.split("By reason")[1].split()
    assert counts[counts.index("not_json") + 1] == "2"
    assert counts[counts.index("impossible") + 1] == "1"


def test_the_list_can_be_cut_down(full: Command) -> None:
    assert len(full.json("quarantine", "list", "--code", "not_json")) == 2
    assert len(full.json("quarantine", "list", "--limit", "3")) == 3
    assert "1 of 2 shown" in full("quarantine", "list", "--code", "not_json", "--limit", "1").stdout


def test_a_message_is_shown_whole(full: Command) -> None:
    [row] = full.json("quarantine", "list", "--code", "unknown_house")
    shown = full("quarantine", "show", row["id"]).stdout
    assert "stranger is not registered" in shown
    assert "p.jsonl line 3" in shown
    described = full.json("quarantine", "show", row["id"])
    assert described["body"].encode() == message_of(a_packet("stranger"))
    brackets = full.json("quarantine", "list", "--code", "not_json")[0]
    assert "nonsense [" in full("quarantine", "show", brackets["id"]).stdout


def test_redrive_takes_what_has_become_usable(full: Command, tmp_path: Path) -> None:
    assert full.json("quarantine", "redrive", "--all") == {
        "tried": 4, "accepted": 0, "revised": 0, "duplicate": 0, "superseded": 0, "quarantined": 4,
    }  # fmt: skip
    full("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house("small", capacity_kwp=5.0)]))
    shown = full("quarantine", "redrive", "--code", "impossible").stdout
    assert "1 tried: 1 accepted" in shown
    assert len(full.json("status", "small")["recent_days"]) == 2
    assert [row["code"] for row in full.json("quarantine", "list")].count("impossible") == 0


def test_redrive_of_named_messages(full: Command) -> None:
    ids = [row["id"] for row in full.json("quarantine", "list")]
    assert full.json("quarantine", "redrive", *ids[:2])["tried"] == 2
    assert [row["id"] for row in full.json("quarantine", "list")] == ids


def test_discard_needs_a_yes_for_many(full: Command) -> None:
    full("quarantine", "discard", "--all", exits=2)
    full("quarantine", "discard", "--code", "not_json", exits=2)
    assert len(full.json("quarantine", "list")) == 4
    assert full.json("quarantine", "discard", "--code", "not_json", "--yes") == {"discarded": 2, "left": 2}
    one = full.json("quarantine", "list")[0]["id"]
    assert "1 message discarded, 1 left" in full("quarantine", "discard", one).stdout
    assert full.json("quarantine", "discard", "--all", "--yes") == {"discarded": 1, "left": 0}
    assert full("quarantine", "list").stdout == "The quarantine is empty.\n"
    assert full.json("quarantine", "list") == []


@pytest.mark.parametrize("command", ["redrive", "discard"])
def test_what_is_meant_must_be_clear(full: Command, command: str) -> None:
    full("quarantine", command, exits=2)
    full("quarantine", command, "--all", "--code", "not_json", "--yes", exits=2)
    full("quarantine", command, "some-id", "--all", exits=2)


@pytest.mark.parametrize("command", ["show", "redrive", "discard"])
def test_messages_that_are_not_there(full: Command, command: str) -> None:
    assert full.error("quarantine", command, "0123") == "Error: no message 0123 in quarantine"


def test_a_reason_that_nothing_has(full: Command) -> None:
    assert "no message in quarantine has the code" in full.error("quarantine", "redrive", "--code", "x")
