"""`sunsift serve`: the API and the pages of a state, until it is told to stop."""

import json
import logging
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.cli_command import PATIENCE_SECONDS, Command, process, stop
from tests.support.build import a_packet, fields_of

HOUSE = {"capacity_kwp": 5, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10}


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the command on a free port; lend the process and the address that it told."""
    with process(data, "serve", "--listen", "127.0.0.1:0", "--log-format", "json", *options) as running:
        assert running.stderr is not None
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < patient_until:
            line = json.loads(running.stderr.readline())
            if found := re.search(r"serving at (http://\S+)", line["message"]):
                yield running, found[1]
                return
        raise AssertionError("it never served")


@pytest.fixture
def sunsift(tmp_path: Path) -> Iterator[Command]:
    """The command in this process, whose logging it sets up for itself."""
    root, ours = logging.getLogger(), logging.getLogger("sunsift")
    before = root.handlers[:], root.level, ours.level
    yield Command(tmp_path / "data")
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_what_a_program_sends_is_there_afterwards(sunsift: Command) -> None:
    token = sunsift.json("token", "create", "billing", "--scope", "ingest", "--scope", "read")["token"]
    packet = fields_of(a_packet("6102000001"))
    with serving(sunsift.data, "--log-level", "debug") as (running, url):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers) as client:
            assert client.get("/v1/health").json()["ok"] is True
            assert client.put("/v1/houses/6102000001", json=HOUSE).status_code == 200
            sent = client.post("/v1/packets", json=packet).json()
            assert sent["accepted"] == 1
            assert client.get("/v1/houses/6102000001/days?from=2001-02-03").status_code == 200
        assert httpx.get(f"{url}/v1/houses").status_code == 401
        code, out, err = stop(running, signal.SIGTERM)
    assert (code, out) == (0, "")
    lines = [json.loads(line) for line in err.splitlines()]
    assert lines[-1]["message"] == "stopped"
    [taken] = [line for line in lines if line["message"].startswith("took in 1 messages")]
    assert taken["trace_id"] == sent["id"]
    assert any(line["message"] == "GET /v1/houses/{house_id}/days 200" for line in lines)
    assert token not in err
    assert "2001-02-03" not in err, "queries may name meters"
    told = [line for line in lines if line["logger"].startswith(("sunsift.web", "uvicorn"))]
    assert "6102000001" not in json.dumps(told)
    assert [house["house_id"] for house in sunsift.json("houses", "list")] == ["6102000001"]


def test_what_was_answered_survives_a_kill(sunsift: Command) -> None:
    with serving(sunsift.data, "--open") as (running, url):
        assert httpx.put(f"{url}/v1/houses/6102000001", json=HOUSE).status_code == 200
        assert httpx.post(f"{url}/v1/packets", json=fields_of(a_packet("6102000001"))).status_code == 202
        running.kill()
        running.wait(PATIENCE_SECONDS)
    with serving(sunsift.data, "--open") as (_, url):
        assert len(httpx.get(f"{url}/v1/houses/6102000001/days").json()["items"]) == 1


def test_open_asks_nobody_for_a_token(sunsift: Command) -> None:
    with serving(sunsift.data, "--open") as (running, url):
        assert httpx.get(f"{url}/v1/houses").json() == {"items": [], "next_cursor": None}
        stranger = {"Host": "attacker.example"}
        assert httpx.get(f"{url}/v1/houses", headers=stranger).status_code == 403
        code, _, _ = stop(running, signal.SIGINT)
    assert code == 0


def test_open_is_for_this_machine_alone(sunsift: Command) -> None:
    for line in (
        ("--open", "--listen", "0.0.0.0:8321"),
        ("--open", "--listen", "[::]:8321"),
        ("--open", "--listen", "sunsift.example:8321"),
        ("--open", "--listen", "127.0.0.1:8321", "--proxy", "10.0.0.7"),
    ):
        assert sunsift("serve", *line, exits=2).stdout == ""
    assert not sunsift.data.exists(), "nothing was begun"


def test_an_address_that_cannot_be_is_told(sunsift: Command) -> None:
    for address in ("8321", "127.0.0.1", "http://127.0.0.1:8321", "127.0.0.1:99999"):
        assert "is no address to serve at" in sunsift.error("serve", "--listen", address)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert f"cannot listen at {address}" in sunsift.error("serve", "--listen", address)
