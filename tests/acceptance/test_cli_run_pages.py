"""`sunsift run` is the whole product: the pages and the API are served beside the steps."""

import re
import signal
import socket
import subprocess
from pathlib import Path

import httpx

from tests.acceptance.cli_command import process, stop, wait_until
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of

SWIFT = ("run", "--quiet-minutes", "0", "--settle-seconds", "0.05", "--deliver-seconds", "0.05")
HOUSE = {
    "house_id": "house-1", "capacity_kwp": 2.5, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10
}  # fmt: skip


def address_of(running: subprocess.Popen[bytes]) -> str:
    """Read the log until it tells the address."""
    assert running.stderr is not None
    for line in running.stderr:
        if found := re.search(rb"serving at (http://\S+)", line):
            return found[1].decode()
    raise AssertionError("the service ended without serving")


def test_packets_sent_to_the_api_show_on_the_page(tmp_path: Path) -> None:
    with process(tmp_path / "data", *SWIFT, "--listen", "127.0.0.1:0", "--open") as running:
        with httpx.Client(base_url=address_of(running)) as client:
            assert client.post("/v1/houses", json=HOUSE).status_code in (200, 201)
            sent = client.post(
                "/v1/packets/bulk",
                content=lines_of(days_of(a_house().house_id, FIRST_DAY, 40)),
                headers={"content-type": "application/x-ndjson"},
            )
            assert (sent.status_code, sent.json()["accepted"]) == (202, 40)

            def judged() -> bool:
                standing = client.get("/v1/statuses/house-1").json()
                return bool(standing.get("period_end"))

            wait_until(judged, running)
            assert "house-1" in client.get("/").text
            assert client.get("/houses/house-1").status_code == 200
        code, _, _ = stop(running, signal.SIGTERM)
        assert code == 0


def test_a_port_that_is_taken_ends_it_only_if_it_was_asked_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with process(tmp_path / "data", *SWIFT, "--listen", address) as running:
            _, err = running.communicate(timeout=60)
        assert running.returncode == 1
        assert b"cannot listen at" in err
