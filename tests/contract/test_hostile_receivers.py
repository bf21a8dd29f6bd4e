"""Receivers that are slow, broken or wicked, on real sockets: they cost their time and harm nobody."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from sunsift.adapters import webhook
from sunsift.adapters.addresses import is_public
from sunsift.adapters.clock import FixedClock
from sunsift.adapters.webhook import WebhookSender
from sunsift.parcels import Unsent
from tests.contract.suites.sender import REPORTS, words
from tests.support.hostile import OK, Hostile, Talk
from tests.support.receiver import Receiver
from tests.support.servers.common import free_port
from tests.support.tls import certificate

POST_SECONDS = 0.4
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Heard = list[tuple[str, tuple[Any, ...]]]


@pytest.fixture
def hostile() -> Iterator[Callable[..., Hostile]]:
    """Start a receiver that talks as it is told."""
    running = []

    def start(talk: Callable[[Hostile, socket.socket], None], pem: Path | None = None) -> Hostile:
        told: Talk = lambda connection: talk(server, connection)  # noqa: E731
        server = Hostile(told, pem)
        block = server.running()
        running.append(block)
        return block.__enter__()

    yield start
    for block in running:
        block.__exit__(None, None, None)


def send(url: str, count: int = 1, *, private: bool = True) -> dict[str, Unsent]:
    """Send reports, and see that it takes no longer than a POST may take."""
    sender = WebhookSender(url, words, clock=FixedClock(NOW), private=private, post_seconds=POST_SECONDS)
    began = time.monotonic()
    problems = sender.send(REPORTS[:count])
    assert time.monotonic() - began < POST_SECONDS + webhook_patience(count)
    return problems


def webhook_patience(count: int) -> float:
    """Return what bodies of answers may take, and a busy machine."""
    return count * 1.0 + 1.5


def why(problems: dict[str, Unsent]) -> str:
    """Return the trouble of the first report."""
    return problems[REPORTS[0].key].problem


def answering(text: bytes) -> Callable[[Hostile, socket.socket], None]:
    """Answer every request of a connection in the same way."""

    def talk(server: Hostile, connection: socket.socket) -> None:
        while server.read_request(connection):
            connection.sendall(text)

    return talk


class TestTime:
    def test_one_that_never_answers(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(lambda server, connection: server.stopping.wait())
        assert why(send(server.url)) == "no answer within 0.4 seconds"

    @pytest.mark.parametrize(
        "text", [b"HTTP/1.1 200 OK\r\nx: yyyy", b"HTTP/1.1 2", b"z", b"HTTP/1.1 100 C\r\n\r\n"]
    )
    def test_one_that_drips(self, hostile: Callable[..., Hostile], text: bytes) -> None:
        server = hostile(lambda server, connection: server.drip(connection, text))
        assert why(send(server.url)).startswith("no answer")

    def test_one_that_drips_what_nobody_wants_to_read(self, hostile: Callable[..., Hostile]) -> None:
        def talk(server: Hostile, connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
            server.drip(connection, b"thank you")

        server = hostile(talk)
        assert send(server.url) == {}, "it said that it has the report"

    def test_one_that_shakes_no_hands(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(lambda server, connection: server.stopping.wait())
        assert why(send(server.url.replace("http:", "https:"))) == "no answer within 0.4 seconds"

    def test_one_that_takes_no_connection(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            address = full.getsockname()
            waiting = [socket.socket() for _ in range(3)]
            for connection in waiting:
                connection.setblocking(False)
                connection.connect_ex(address)
            assert why(send(f"http://127.0.0.1:{address[1]}/")) == "no answer within 0.4 seconds"
            for connection in waiting:
                connection.close()

    def test_a_silent_one_is_not_asked_again_at_once(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(lambda server, connection: server.stopping.wait())
        problems = send(server.url, 3)
        assert [problems[r.key].tried for r in REPORTS] == [True, False, False]
        assert server.connections == 1

    def test_a_slow_one_gets_fewer_reports_at_once(
        self, hostile: Callable[..., Hostile], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def talk(server: Hostile, connection: socket.socket) -> None:
            while server.read_request(connection) and not server.stopping.wait(0.2):
                connection.sendall(OK)

        monkeypatch.setattr(webhook, "BATCH_SECONDS", 0.3)
        problems = send(hostile(talk).url, 3)
        assert [(key, why.tried) for key, why in problems.items()] == [(REPORTS[2].key, False)]


class TestAnswers:
    def test_a_huge_one(self, hostile: Callable[..., Hostile]) -> None:
        sent = []

        def talk(server: Hostile, connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
            while not server.stopping.is_set():
                sent.append(connection.send(b"x" * 65536))

        assert send(hostile(talk).url) == {}
        assert sum(sent) < 20_000_000, "hung up on, all but what lay in buffers"

    def test_endless_headers(self, hostile: Callable[..., Hostile]) -> None:
        def talk(server: Hostile, connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not server.stopping.is_set():
                connection.sendall(b"x-more: " + b"x" * 30_000 + b"\r\n")

        assert why(send(hostile(talk).url)) == "no answer: it is longer than 65,536 bytes"

    @pytest.mark.parametrize(
        "text",
        [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a:b\r\n" * 200],
    )
    def test_none_that_is_one(self, hostile: Callable[..., Hostile], text: bytes) -> None:
        def talk(server: Hostile, connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(text)

        server = hostile(talk)
        assert why(send(server.url)).startswith("no answer: ")
        assert server.connections == 1

    def test_a_redirect_is_not_followed(self, hostile: Callable[..., Hostile]) -> None:
        with Receiver().running() as elsewhere:
            text = f"HTTP/1.1 308 Moved\r\nlocation: {elsewhere.url}\r\ncontent-length: 0\r\n\r\n"
            problems = send(hostile(answering(text.encode())).url, 2)
        assert "answered 308, a redirect, and none is followed" in why(problems)
        assert elsewhere.headers == []

    def test_gone(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(answering(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"))
        first, *others = send(server.url, 3).values()
        assert (first.problem, first.gone, first.tried) == ("the receiver answered 410", True, True)
        assert not any(o.gone or o.tried for o in others)
        assert len(server.requests) == 1

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    @pytest.mark.parametrize(
        ("asked", "seconds"),
        [
            ("120", 120.0),
            (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300.0),
            (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0.0),
            ("9" * 30, 999_999_999.0),
            ("-5", None),
            ("soon", None),
            ("Mon, 01 Jan 2026 00:00:00 +9999999999", None),
        ],
    )
    def test_one_that_wants_to_be_left_alone(
        self, hostile: Callable[..., Hostile], status: int, asked: str, seconds: float | None
    ) -> None:
        head = f"HTTP/1.1 {status} No\r\nretry-after: {asked}\r\ncontent-length: 0\r\n\r\n"
        server = hostile(answering(head.encode()))
        first, second = send(server.url, 2).values()
        assert (first.problem, first.retry_after_seconds) == (f"the receiver answered {status}", seconds)
        assert not second.tried
        assert len(server.requests) == 1

    def test_a_refusal_of_one_report_is_none_of_the_others(self, hostile: Callable[..., Hostile]) -> None:
        def talk(server: Hostile, connection: socket.socket) -> None:
            while server.read_request(connection):
                refused = REPORTS[0].key.encode() in server.requests[-1]
                connection.sendall(OK.replace(b"200 OK", b"400 No") if refused else OK)

        assert list(send(hostile(talk).url, 3)) == [REPORTS[0].key]


class TestConnections:
    def test_reports_share_one(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(answering(OK))
        assert send(server.url, 3) == {}
        assert (server.connections, len(server.requests)) == (1, 3)

    def test_one_that_was_hung_up_meanwhile_is_made_anew(self, hostile: Callable[..., Hostile]) -> None:
        def talk(server: Hostile, connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(OK)

        server = hostile(talk)
        assert send(server.url, 3) == {}
        assert (server.connections, len(server.requests)) == (3, 3)

    def test_a_user_in_the_address_logs_in_and_is_not_shown(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(answering(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"))
        url = f"{server.url.replace('//', '//us:p%40ss@')}?token=t0ken"
        problems = send(url)
        assert b"POST /solar?token=t0ken HTTP/1.1" in server.requests[0]
        assert b"uthorization: Basic dXM6cEBzcw==" in server.requests[0]
        target = WebhookSender(url, words).target
        assert target == server.url
        assert not any(secret in f"{problems} {target}" for secret in ("us:", "ss@", "t0ken", "dXM6"))


class TestCertificates:
    @pytest.mark.parametrize(
        ("address", "days", "known", "problem"),
        [
            ("127.0.0.1", 100, True, None),
            ("127.0.0.1", 100, False, "self-signed"),
            ("127.0.0.1", -1, True, "expired"),
            ("127.0.0.2", 100, True, "mismatch"),
        ],
    )
    def test_they_are_checked(
        self,
        hostile: Callable[..., Hostile],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        address: str,
        days: int,
        known: bool,
        problem: str | None,
    ) -> None:
        pem = certificate(tmp_path, days, address)
        if known:
            monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        server = hostile(answering(OK), pem)
        problems = send(server.url, 2)
        if problem is None:
            assert problems == {}
        else:
            assert why(problems).startswith("no answer: its certificate is refused")
            assert problem in why(problems)
        assert len(server.requests) == (2 if problem is None else 0)

    def test_https_where_there_is_no_tls(self, hostile: Callable[..., Hostile]) -> None:
        server = hostile(lambda _, connection: connection.sendall(OK))
        assert why(send(server.url.replace("http:", "https:"))).startswith("no answer: TLS failed")


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """What sockets are asked to do, as the interpreter itself tells."""
    events: Heard = []
    listening = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event in ("socket.getaddrinfo", "socket.connect"):
            events.append((event, arguments))

    sys.addaudithook(hook)  # there is no way to take it away again
    yield events
    listening.clear()


HERE = ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]",
        "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"]  # fmt: skip


class TestPrivateAddresses:
    @pytest.mark.parametrize("host", HERE)
    def test_this_machine_is_not_talked_to(self, hostile: Callable[..., Hostile], host: str) -> None:
        server = hostile(answering(OK))
        problems = send(f"http://{host}:{server.port}/", private=False)
        assert "is the private address" in why(problems)
        assert "SUNSIFT_PRIVATE_RECEIVERS" in why(problems)
        assert server.connections == 0

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
    def test_it_is_if_that_is_allowed(self, hostile: Callable[..., Hostile], host: str) -> None:
        server = hostile(answering(OK))
        assert send(f"http://{host}:{server.port}/") == {}

    def test_what_was_checked_is_what_is_connected_to(
        self, hostile: Callable[..., Hostile], heard: Heard
    ) -> None:
        server = hostile(answering(OK))
        heard.clear()
        assert send(f"http://localhost:{server.port}/", 2) == {}
        names = [arguments[0] for event, arguments in heard if event == "socket.getaddrinfo"]
        goals = [arguments[1][0] for event, arguments in heard if event == "socket.connect"]
        assert names == ["localhost"], "a second answer might be another one"
        assert set(goals) <= {"127.0.0.1", "::1"}

    def test_a_name_that_is_none(self) -> None:
        assert why(send(f"http://retailer.invalid:{free_port()}/")) == "there is no host retailer.invalid"
        assert why(send("http://a..b/")) == "there is no host a..b"

    @pytest.mark.parametrize(
        "address",
        ["10.1.2.3", "172.16.0.1", "192.168.1.1", "127.255.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
         "100.100.100.200", "192.0.0.192", "168.63.129.16", "192.88.99.1", "198.18.0.1", "203.0.113.7",
         "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "fe80::1",
         "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "100::1",
         "3fff::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:a00:1::", "4000::1"],
    )  # fmt: skip
    def test_addresses_that_are_not_everybodys(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address",
        ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1",
         "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
    )  # fmt: skip
    def test_addresses_that_are(self, address: str) -> None:
        assert is_public(address)
