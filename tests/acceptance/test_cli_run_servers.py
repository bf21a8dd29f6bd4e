"""`sunsift run` as operators see it: metrics and logs."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv, process, stop, wait_until
from tests.support.build import FIRST_DAY, a_house, a_house_message, a_packet, days_of, lines_of, message_of
from tests.support.receiver import HERE, Receiver
from tests.support.servers.azurite import ACCOUNT, Azurite
from tests.support.servers.common import ROOT, free_port
from tests.support.servers.postgres import Postgres, fresh_database
from tests.support.servers.valkey import Valkey
from tests.support.service import AT_ONCE

pytest_plugins = ["tests.acceptance.cli_fixtures"]

SAMPLE = re.compile(r"^(sunsift_\w+)(?:\{(.*)\})? (\S+)$", re.M)


@pytest.fixture
def ready(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with one registered house, and packets that wait in its inbox, one of them of no use."""
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", [a_house(capacity_kwp=2.5)]))
    days = days_of("house-1", FIRST_DAY, 40)
    (shell.data / "inbox").mkdir()
    lines = lines_of([*days, *days[:3]]) + b"of no use\n"
    (shell.data / "inbox" / "days.jsonl").write_bytes(lines)
    return shell


def scraped(port: int) -> dict[str, float]:
    """Fetch the figures by name and labels; none before the service listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return {}
    return {f"{name}{{{labels}}}" if labels else name: float(v) for name, labels, v in SAMPLE.findall(text)}


def test_figures_are_what_was_done(ready: Command) -> None:
    port = free_port()
    seen: dict[str, float] = {}

    def figure_is(name: str, value: float) -> Callable[[], bool]:
        def look() -> bool:
            seen.update(scraped(port))
            return seen.get(name) == value

        return look

    with process(ready.data, "run", *AT_ONCE, "--metrics", f"127.0.0.1:{port}") as running:
        wait_until(figure_is("sunsift_reports_sent_total", 1), running)
        wait_until(figure_is("sunsift_inbox_depth", 0), running)
        code, _, err = stop(running, signal.SIGTERM)
    assert code == 0, err
    expected = {
        "messages_taken_total": 44,
        "packets_accepted_total": 40,
        "packets_revised_total": 0,
        "packets_duplicate_total": 3,
        "messages_quarantined_total": 1,
        "houses_settled_total": 1,
        "predictions_written_total": len(ready.exported("predictions")),
        "reports_written_total": 1,
        "reports_failed_total": 0,
        "inbox_depth": 0,
        "houses": 1,
        'log_lines_total{level="error"}': 0,
    }
    assert {name: seen[f"sunsift_{name}"] for name in expected} == expected
    for step in ("poll", "ingest", "settle", "predict", "deliver", "sweep"):
        assert seen[f'sunsift_step_seconds_count{{step="{step}"}}'] >= 1
        assert seen[f'sunsift_last_step_timestamp_seconds{{step="{step}"}}'] > 1.7e9
    version = ready("--version").stdout.split()[1]
    assert any(f'version="{version}"' in name for name in seen if name.startswith("sunsift_build_info"))
    assert {"sunsift_unsettled_houses", "sunsift_undelivered_reports"} <= seen.keys()
    assert scraped(port) == {}
    page = (ROOT / "docs" / "operations.md").read_text()
    listed = set(re.findall(r"`(sunsift_\w+)`", page.split("## Metrics and alarms")[1].split("| alarm |")[0]))
    served = {re.sub(r"\{.*|_(bucket|count|sum)(\{.*)?$", "", name) for name in seen}
    assert served == listed


def test_a_busy_port_is_said_before_anything_is_done(ready: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with process(ready.data, "run", *AT_ONCE, "--metrics", where) as running:
            _, err = running.communicate()
    assert running.returncode == 1
    assert f"metrics cannot be served at {where}: Address already in use" in err.decode()
    assert (ready.data / "inbox" / "days.jsonl").exists()


@pytest.mark.parametrize("where", ["9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "a:1/path"])
def test_what_is_no_address_for_metrics(ready: Command, where: str) -> None:
    # In a process of its own, for a service takes over what is logged.
    with process(ready.data, "run", "--metrics", where) as running:
        _, err = running.communicate()
    assert running.returncode == 1
    assert "give HOST:PORT" in err.decode()


@pytest.fixture
def refusing() -> Iterator[Receiver]:
    """A retailer whose web server is broken."""
    receiver = Receiver()
    receiver.answer = 500
    with receiver.running():
        yield receiver


def test_one_packet_can_be_followed_from_the_message_to_the_report(
    ready: Command, refusing: Receiver
) -> None:
    options = (*AT_ONCE, "--log-format", "json", "--log-level", "debug", "--to", refusing.url)
    with process(ready.data, "run", *options) as running:
        wait_until(lambda: bool(refusing.headers), running)
        code, out, err = stop(running, signal.SIGTERM)
    assert (code, out) == (0, "")
    lines = [json.loads(line) for line in err.splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    [stored] = [line for line in lines if "house-1" in line.get("house_ids", [])]
    [changed] = [line for line in lines if line.get("status")]
    [failed] = [line for line in lines if line.get("report_key")]
    assert re.fullmatch("[0-9a-f]{32}", stored["trace_id"])
    assert stored["trace_id"] == changed["trace_id"] == failed["trace_id"]
    assert (changed["house_id"], changed["previous"], changed["status"]) == ("…-1", "unknown", "well")
    assert (failed["level"], failed["house_id"]) == ("WARNING", "…-1")
    assert refusing.headers[0]["traceparent"].split("-")[1] == stored["trace_id"]
    assert refusing.headers[0]["webhook-id"] == failed["report_key"]
    assert failed["report_key"] == ready.exported("reports")[0]["key"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_logs_of_the_usual_level_name_no_meter(ready: Command, refusing: Receiver, form: str) -> None:
    registered = a_house_message(a_house("6102000777"), datetime(2026, 1, 1, tzinfo=UTC))
    stray = message_of(a_packet("6102000888"))
    waiting = message_of(a_packet("6102000777"), utc_offset_hours=9.5)
    (ready.data / "inbox" / "more.jsonl").write_bytes(b"\n".join((waiting, stray, registered)))
    with process(ready.data, "run", *AT_ONCE, "--log-format", form, "--to", refusing.url) as running:
        wait_until(lambda: bool(refusing.headers), running)
        wait_until((ready.data / "inbox" / "done" / "more.jsonl").exists, running)
        _, _, err = stop(running, signal.SIGTERM)
    assert "the status of house …-1 changed" in err
    assert "was not delivered" in err
    assert "registered or changed 1 houses" in err
    assert not re.search("house-1|6102000", err)


@pytest.mark.parametrize("form", ["text", "json"])
def test_logs_tell_no_secret(ready: Command, refusing: Receiver, form: str) -> None:
    url = refusing.url.replace("//", "//retailer:hunter22@") + "?token=0a1b2c3d4e"
    options = (*AT_ONCE, "--log-format", form, "--log-level", "debug", "--to", url)
    with process(ready.data, "run", *options) as running:
        wait_until(lambda: bool(refusing.headers), running)
        _, _, err = stop(running, signal.SIGTERM)
    assert "was not delivered" in err
    assert "hunter22" not in err
    assert "0a1b2c3d4e" not in err


def test_a_worker_on_servers(
    tmp_path: Path, postgres: Postgres, valkey: Valkey, azurite: Azurite, refusing: Receiver
) -> None:
    valkey.flush()
    database = fresh_database(postgres)
    given = {"SUNSIFT_STORE": database, "SUNSIFT_AZURE_CONNECTION_STRING": azurite.connection_string} | HERE
    port = free_port()
    shell = [sys.executable, "-m", "sunsift", "--store", database, "houses", "add"]
    houses = houses_csv(tmp_path / "houses.csv", [a_house(capacity_kwp=2.5)])
    subprocess.run([*shell, houses], check=True, capture_output=True)
    with azurite.queue() as queue:
        for packet in days_of("house-1", FIRST_DAY, 40):
            queue.send_message(message_of(packet).decode())
        options = ["--inbox", f"azure://{ACCOUNT}/{queue.queue_name}", "--to", refusing.url]
        options += ["--metrics", f"127.0.0.1:{port}", "--log-format", "json", "--log-level", "debug"]
        line = [sys.executable, "-m", "sunsift", "--coordinator", valkey.url, "run", *AT_ONCE, *options]
        with subprocess.Popen(line, env=os.environ | given, stderr=subprocess.PIPE) as running:
            try:
                wait_until(lambda: scraped(port).get("sunsift_reports_failed_total", 0) > 0, running)
                seen = scraped(port)
            finally:
                running.terminate()
            err = running.communicate(timeout=60)[1].decode()
    assert running.returncode == 0, err
    assert seen["sunsift_packets_accepted_total"] == 40
    assert seen["sunsift_houses"] == 1
    lines = [json.loads(text) for text in err.splitlines()]
    stored = [line for line in lines if line["message"] == "stored messages"]
    assert sum(len(line["message_ids"]) for line in stored) == 40
    assert all(line["house_ids"] == ["house-1"] for line in stored)
    # The report carries the trace of the ingest that changed the house last before it was judged.
    trace = refusing.headers[0]["traceparent"].split("-")[1]
    assert trace in {line["trace_id"] for line in stored}
    assert trace in {line.get("trace_id") for line in lines if line.get("status")}
