"""`sunsift serve` in a process of its own, and clients that time what it answers."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sunsift.domain.times import to_ms
from sunsift.tokens import Scope, made
from tests.benchmarks.parts import sunsift
from tests.benchmarks.processes import cpu_seconds_of, peak_mb_of
from tests.benchmarks.stopwatch import Figures, check
from tests.support.kill import wait_until

SAYS: Final = "serving at "


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. tokens: one a client, so that each has the shipped number of requests to itself."""

    address: str
    pid: int
    tokens: list[str]

    @property
    def cpu_seconds(self) -> float:
        """The processor time that it has used."""
        return cpu_seconds_of(self.pid)

    @property
    def peak_mb(self) -> float:
        """The most memory that it has used so far."""
        return peak_mb_of(self.pid)

    @contextmanager
    def client(self, number: int = 0) -> Iterator["Client"]:
        """Lend a client with a token and a connection of its own."""
        connection = http.client.HTTPConnection(self.address)
        try:
            connection.connect()
            yield Client(connection, self.tokens[number])
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Client:
    """Asks over one connection that stays open."""

    connection: http.client.HTTPConnection
    token: str

    def get(self, path: str) -> bytes:
        """Return the body of a page. Errors: RuntimeError for any status but 200."""
        return self._ask("GET", path, None, {}, 200)

    def post(self, path: str, body: bytes, media: str) -> bytes:
        """Send a body and return what became of it. Errors: RuntimeError for any status but 202."""
        return self._ask("POST", path, body, {"Content-Type": media}, 202)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str], wanted: int) -> bytes:
        headers = headers | {"Authorization": f"Bearer {self.token}"}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        check(f"status of {path}", answer.status, wanted)
        return text


@contextmanager
def served(data: Path, clients: int = 1) -> Iterator[Server]:
    """Serve a store while the block runs, as shipped; who asks needs one of the tokens."""
    tokens = _tokens(data, clients)
    log = data / "serve.log"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "sunsift", "--data", str(data), "serve", "--listen", "127.0.0.1:0"],
            env={name: value for name, value in os.environ.items() if not name.startswith("SUNSIFT_")},
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
        )
    try:
        wait_until(lambda: SAYS in _text(log) or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError(f"the server does not start:\n{_text(log)}")
        url = _text(log).partition(SAYS)[2].split()[0]
        yield Server(urlsplit(url).netloc, process.pid, tokens)
    finally:
        process.terminate()
        process.wait()


def _text(log: Path) -> str:
    return log.read_text("utf-8")


def _tokens(data: Path, count: int) -> list[str]:
    texts = []
    with sunsift(data) as parts:
        for number in range(count):
            text, kept = made(f"client {number}", Scope, to_ms(parts.clock.now()), None)
            parts.tokens.add(kept)
            texts.append(text)
    return texts


def timed(server: Server, name: str, ask: Callable[[int], bytes], times: int, wait_seconds: float) -> Figures:
    """Ask so many times, waiting before each but the first; return `NAME_N` and `NAME_cpu` of each [s].

    The server's processor time is told in steps of 10 ms, so it is that of all requests, shared out.
    """
    figures: Figures = {}
    before = server.cpu_seconds
    for number in range(times):
        if number:
            time.sleep(wait_seconds)
        began = time.perf_counter()
        body = ask(number)
        figures[f"{name}_{number}"] = time.perf_counter() - began
    figures[f"{name}_cpu"] = (server.cpu_seconds - before) / times
    figures[f"{name}_bytes"] = float(len(body))
    return figures
