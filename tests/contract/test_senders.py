"""The senders: a file of JSON lines, and a web server that may check signatures."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from sunsift.adapters.clock import FixedClock
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.adapters.webhook import WebhookSender
from sunsift.domain.errors import SettingsError
from sunsift.ports import Clock
from tests.contract.suites.sender import REPORTS, SenderContract, keys_of, words
from tests.support.receiver import Receiver


class TestJsonLines(SenderContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "out" / "reports.jsonl"

    @pytest.fixture
    def sender(self, path: Path) -> JsonLinesSender:
        return JsonLinesSender(path, words)

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

    @pytest.mark.parametrize("torn", [b'{"type": "house.st', b"x", b"{" * 10_000])
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
        assert keys_of([json.loads(line) for line in path.read_bytes().splitlines()]) == [
            r.key for r in REPORTS
        ]

    def test_lines_of_the_first_version_count(self, sender: JsonLinesSender, path: Path) -> None:
        path.parent.mkdir()
        path.write_text(json.dumps({"key": REPORTS[0].key, "house_id": "house-0"}) + "\n")
        assert sender.send([replace(r, attempt=2) for r in REPORTS[:2]]) == {}
        assert len(path.read_bytes().splitlines()) == 2


def webhook(receiver: Receiver, secret: str | None = None, clock: Clock | None = None) -> WebhookSender:
    """Return a sender to a receiver on this machine."""
    return WebhookSender(receiver.url, words, secret, clock, private=True)


class TestWebhook(SenderContract):
    @pytest.fixture
    def receiver(self) -> Iterator[Receiver]:
        with Receiver().running() as receiver:
            yield receiver

    @pytest.fixture
    def sender(self, receiver: Receiver) -> WebhookSender:
        return webhook(receiver)

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
        problems = sender.send(REPORTS[:1])
        assert problems[REPORTS[0].key].problem.startswith(f"the receiver answered {answer}")
        assert len(receiver.ids) == 1, "a redirect must not be followed"

    def test_nobody_there(self) -> None:
        receiver = Receiver()
        with receiver.running():
            sender = webhook(receiver)
        problems = sender.send(REPORTS)
        assert set(problems) == {r.key for r in REPORTS}
        assert problems[REPORTS[0].key].problem == "no answer: Connection refused"
        assert not any(problems[r.key].tried for r in REPORTS[1:]), "nobody else is there either"

    def test_an_address_must_be_one(self) -> None:
        with pytest.raises(SettingsError, match="no web address"):
            WebhookSender("ftp://example.org/", words)

    def test_without_a_secret_nothing_is_signed(self, sender: WebhookSender, receiver: Receiver) -> None:
        sender.send(REPORTS[:1])
        assert not {"webhook-signature", "webhook-timestamp", "traceparent"} & set(receiver.headers[0])

    def test_a_known_trace_goes_with_the_report(self, sender: WebhookSender, receiver: Receiver) -> None:
        traced = [replace(r, trace="0af7651916cd43dd8448eb211c80319c") for r in REPORTS[:2]]
        assert sender.send([*traced, traced[0]]) == {}
        parents = [headers["traceparent"] for headers in receiver.headers]
        assert all(re.fullmatch("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01", p) for p in parents)
        assert parents[0] == parents[2] != parents[1]


SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


class TestSignedWebhook(TestWebhook):
    """The receiver checks every signature with the library of the specification."""

    @pytest.fixture
    def receiver(self) -> Iterator[Receiver]:
        with Receiver(SECRET).running() as receiver:
            yield receiver

    @pytest.fixture
    def sender(self, receiver: Receiver) -> WebhookSender:
        return webhook(receiver, SECRET)

    def test_without_a_secret_nothing_is_signed(self, sender: WebhookSender, receiver: Receiver) -> None:
        assert set(webhook(receiver).send(REPORTS)) == {r.key for r in REPORTS}
        assert receiver.received == []

    def test_a_signature_of_another_secret_is_refused(self, receiver: Receiver) -> None:
        problems = webhook(receiver, OTHER_SECRET).send(REPORTS[:1])
        assert problems[REPORTS[0].key].problem == "the receiver answered 401"
        assert receiver.received == []

    @pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp"])
    def test_whatever_is_changed_on_the_way_is_refused(
        self, sender: WebhookSender, receiver: Receiver, changed: str
    ) -> None:
        sender.send(REPORTS[:1])
        body, headers = receiver.bodies[0], receiver.headers[0]
        signed = {name: headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}

        def post() -> int:
            return urllib3.request("POST", receiver.url, body=body, headers=signed).status

        assert post() == 200, "as it was sent, it is accepted"
        if changed == "body":
            body = body.replace(b'"poor"', b'"well"')
        elif changed == "webhook-id":
            signed[changed] = REPORTS[1].key
        else:
            signed[changed] = str(int(signed[changed]) - 1)
        assert post() == 401

    def test_each_attempt_is_signed_with_its_own_time(self, receiver: Receiver) -> None:
        now = datetime.now(UTC)
        for seconds in (-400, -200, 0):
            clock = FixedClock(now + timedelta(seconds=seconds))
            problems = webhook(receiver, SECRET, clock).send(REPORTS[:1])
            assert bool(problems) == (seconds == -400), "receivers refuse what is older than five minutes"
        times = [int(headers["webhook-timestamp"]) for headers in receiver.headers]
        assert [t - times[0] for t in times] == [0, 200, 400]

    @pytest.mark.parametrize(
        "secret", [SECRET, SECRET.removeprefix("whsec_"), SECRET.rstrip("="), f" {SECRET}\n"]
    )
    def test_a_secret_may_be_written_in_several_ways(self, receiver: Receiver, secret: str) -> None:
        assert webhook(receiver, secret).send(REPORTS) == {}

    @pytest.mark.parametrize("secrets", [f"{SECRET} {OTHER_SECRET}", f"{OTHER_SECRET}\n {SECRET} "])
    def test_while_a_receiver_changes_over_both_secrets_sign(self, secrets: str) -> None:
        for known in (SECRET, OTHER_SECRET):
            with Receiver(known).running() as receiver:
                assert webhook(receiver, secrets).send(REPORTS) == {}
            first, second = receiver.headers[0]["webhook-signature"].split(" ")
            assert {first[:3], second[:3]} == {"v1,"}
            assert first != second

    def test_of_several_secrets_each_must_be_one(self, receiver: Receiver) -> None:
        with pytest.raises(SettingsError, match="make one with") as caught:
            webhook(receiver, f"{SECRET} hunter22hunter22")
        assert "hunter22" not in str(caught.value)
        assert SECRET[6:14] not in str(caught.value)

    def test_a_secret_is_shown_nowhere(self, receiver: Receiver) -> None:
        sender = webhook(receiver, SECRET)
        assert SECRET[6:14] not in repr(sender) + repr(vars(sender))

    @pytest.mark.parametrize("secret", ["whsec_c2hvcnQ=", "my password is hunter2", f"{SECRET}!", SECRET * 3])
    def test_a_secret_must_be_one_and_is_not_repeated(self, receiver: Receiver, secret: str) -> None:
        with pytest.raises(SettingsError, match="make one with") as caught:
            webhook(receiver, secret)
        assert secret.removeprefix("whsec_")[:8] not in str(caught.value)
