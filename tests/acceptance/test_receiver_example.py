"""The example of a receiver takes what is ours, once, and nothing else."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sunsift.adapters.clock import FixedClock
from sunsift.adapters.webhook import WebhookSender
from sunsift.parcels import Report
from tests.contract.suites.sender import REPORTS, words
from tests.support.servers.common import ROOT

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


class Example:
    """The running example. url: where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self.line().removeprefix("listening on ")

    def line(self) -> str:
        """Return the next line that it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip()


@pytest.fixture
def example() -> Iterator[Example]:
    environment = os.environ | {"SUNSIFT_WEBHOOK_SECRET": SECRET}
    line = [sys.executable, str(ROOT / "examples" / "receiver.py"), "0"]
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Example(process)
        finally:
            process.terminate()


def send(example: Example, secret: str | None, *reports: Report, age_seconds: float = 0.0) -> list[str]:
    """Send reports; return what was wrong with each that was not taken."""
    clock = FixedClock(datetime.now(UTC) - timedelta(seconds=age_seconds))
    problems = WebhookSender(example.url, words, secret, clock, private=True).send(reports)
    return [why.problem for why in problems.values()]


def test_what_is_ours_is_taken_once(example: Example) -> None:
    first, second = REPORTS[:2]
    assert send(example, SECRET, first, second, first) == []
    assert example.line() == "house-0: well -> poor since 2025-09-01"
    assert [example.line() for _ in range(3)] == [
        "  12.3 kWh lost in 30 days",
        "  clear_output is 98 %",
        "  battery is -1 %",
    ]
    assert example.line() == "house-1: well -> poor since 2025-09-02"
    assert [example.line() for _ in range(4)][-1] == f"again: {first.key}"


@pytest.mark.parametrize(
    ("secret", "age_seconds", "said"),
    [
        (None, 0.0, "Missing required headers"),
        (OTHER_SECRET, 0.0, "No matching signature found"),
        (SECRET, 400.0, "Message timestamp too old"),
        (SECRET, -400.0, "Message timestamp too new"),
    ],
)
def test_what_is_not_is_refused(example: Example, secret: str | None, age_seconds: float, said: str) -> None:
    problems = send(example, secret, REPORTS[0], age_seconds=age_seconds)
    assert problems == ["the receiver answered 400"]
    assert example.line() == f"refused: {said}"
    assert send(example, SECRET, REPORTS[0]) == [], "a refusal is not remembered"
    assert example.line() == "house-0: well -> poor since 2025-09-01"


def test_while_secrets_change_it_goes_on(example: Example) -> None:
    assert send(example, f"{OTHER_SECRET} {SECRET}", REPORTS[0]) == []
