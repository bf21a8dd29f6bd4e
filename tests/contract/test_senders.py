"""The senders: a file of JSON lines, and a web server."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.adapters.webhook import WebhookSender
from sunsift.domain.errors import SettingsError
from tests.contract.suites.sender import REPORTS, SenderContract
from tests.support.receiver import Receiver


class TestJsonLines(SenderContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "out" / "reports.jsonl"

    @pytest.fixture
    def sender(self, path: Path) -> JsonLinesSender:
        return JsonLinesSender(path)

    @pytest.fixture
    def received(self, path: Path) -> Callable[[], list[dict[str, Any]]]:
        return lambda: [json.loads(line) for line in path.read_bytes().splitlines()]

    @pytest.fixture
    def outage(self, path: Path) -> Callable[[], AbstractContextManager[None]]:
        @contextmanager
        def nothing_gets_through() -> Iterator[None]:
            path.mkdir(parents=True)
            yield
            path.rmdir()

        return nothing_gets_through

    def test_a_line_is_written_once(self, sender: JsonLinesSender, path: Path) -> None:
        sender.send(REPORTS[:2])
        before = path.read_bytes()
        sender.send([replace(r, attempt=2) for r in REPORTS])
        assert path.read_bytes().startswith(before)
        assert len(path.read_bytes().splitlines()) == 3

    @pytest.mark.parametrize("torn", [b'{"key": "00', b"x", b"{" * 10_000])
    @pytest.mark.parametrize("whole", [0, 2])
    def test_a_line_that_a_crash_cut_short_is_removed(
        self, sender: JsonLinesSender, path: Path, whole: int, torn: bytes
    ) -> None:
        path.parent.mkdir()
        path.touch()
        if whole:
            sender.send(REPORTS[:whole])
        with path.open("ab") as file:
            file.write(torn)
        assert sender.send([replace(r, attempt=2) for r in REPORTS]) == {}
        assert [json.loads(line)["key"] for line in path.read_bytes().splitlines()] == [
            r.key for r in REPORTS
        ]


class TestWebhook(SenderContract):
    @pytest.fixture
    def receiver(self) -> Iterator[Receiver]:
        with Receiver().running() as receiver:
            yield receiver

    @pytest.fixture
    def sender(self, receiver: Receiver) -> WebhookSender:
        return WebhookSender(receiver.url)

    @pytest.fixture
    def received(self, receiver: Receiver) -> Callable[[], list[dict[str, Any]]]:
        return lambda: receiver.received

    @pytest.fixture
    def outage(self, receiver: Receiver) -> Callable[[], AbstractContextManager[None]]:
        @contextmanager
        def nothing_gets_through() -> Iterator[None]:
            receiver.answer = 503
            yield
            receiver.answer = 200

        return nothing_gets_through

    def test_the_key_travels_in_the_header(self, sender: WebhookSender, receiver: Receiver) -> None:
        sender.send(REPORTS)
        sender.send([replace(r, attempt=2) for r in REPORTS])
        assert receiver.ids == [r.key for r in REPORTS] * 2

    @pytest.mark.parametrize("answer", [301, 307, 400, 410, 500])
    def test_only_a_clear_yes_acknowledges(
        self, sender: WebhookSender, receiver: Receiver, answer: int
    ) -> None:
        receiver.answer = answer
        assert sender.send(REPORTS[:1]) == {REPORTS[0].key: f"the receiver answered {answer}"}
        assert len(receiver.ids) == 1, "a redirect must not be followed"

    def test_nobody_there(self) -> None:
        receiver = Receiver()
        with receiver.running():
            sender = WebhookSender(receiver.url)
        problems = sender.send(REPORTS)
        assert set(problems) == {r.key for r in REPORTS}
        assert all(problem.startswith("no answer") for problem in problems.values())

    def test_an_address_must_be_one(self) -> None:
        with pytest.raises(SettingsError, match="no web address"):
            WebhookSender("ftp://example.org/")
