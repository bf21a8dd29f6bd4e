"""`sunsift token`: made, listed, revoked; shown once and kept nowhere."""

import re
from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command


@pytest.fixture
def sunsift(tmp_path: Path) -> Command:
    return Command(tmp_path / "data")


def test_a_token_is_shown_once(sunsift: Command) -> None:
    made = sunsift("token", "create", "billing", "--scope", "ingest", "--scope", "read")
    token = made.stdout.strip()
    assert re.fullmatch(r"sunsift_[A-Za-z0-9_-]{43}", token), "standard output holds the token alone"
    assert "nobody can show it again" in made.stderr
    assert token not in made.stderr
    listed = sunsift("token", "list").stdout
    assert "billing" in listed
    assert "ingest read" in listed
    assert token not in listed
    for file in sunsift.data.iterdir():
        assert token.removeprefix("sunsift_").encode() not in file.read_bytes()


def test_programs_read_json(sunsift: Command) -> None:
    made = sunsift.json("token", "create", "billing", "--scope", "read", "--expires-days", 30)
    token = made.pop("token")
    assert token.startswith("sunsift_")
    assert made["state"] == "holds"
    assert made["expires_at"][:10] > made["created_at"][:10]
    assert sunsift.json("token", "list") == [made]
    assert sunsift.json("token", "revoke", made["id"]) == {"id": made["id"], "state": "revoked"}
    assert [row["state"] for row in sunsift.json("token", "list")] == ["revoked"]


def test_every_token_is_another(sunsift: Command) -> None:
    made = [sunsift.json("token", "create", "same", "--scope", "read") for _ in range(3)]
    assert len({row["token"] for row in made}) == len({row["id"] for row in made}) == 3


def test_wrong_usage_is_told(sunsift: Command) -> None:
    for line in (
        ("create", "billing"),
        ("create", "--scope", "read"),
        ("create", "billing", "--scope", "everything"),
        ("create", "", "--scope", "read"),
        ("create", "a\nb", "--scope", "read"),
        ("create", "n" * 101, "--scope", "read"),
        ("create", "billing", "--scope", "read", "--expires-days", "0"),
        ("revoke",),
    ):
        assert sunsift("token", *line, exits=2).stdout == ""
    assert "there is no Sunsift state" in sunsift.error("token", "list")
    sunsift("token", "create", "billing", "--scope", "read")
    assert "there is no token 12345678" in sunsift.error("token", "revoke", "12345678")
