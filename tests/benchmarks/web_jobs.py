"""The measured jobs on a server: what people look at, and what programs send."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from sunsift.views.fleet import KEPT_SECONDS as SUMS_KEPT_SECONDS
from sunsift.web.pages.pipeline import KEPT_SECONDS as PIPELINE_KEPT_SECONDS
from tests.benchmarks.fleet import house_id
from tests.benchmarks.serving import Client, Server, served, timed
from tests.benchmarks.stopwatch import Figures, check

FIRST: Final = "first"
LINES: Final = "application/x-ndjson"
JSON: Final = "application/json"
A_LITTLE_SECONDS: Final = 0.05


def look_at_pages(data: Path, houses: int, starts: int, looks: int, rare_looks: int) -> Figures:
    """Look at every page of a server that was just started, and of one that has been asked before.

    starts: of a server, for its first page. looks: at each page; rare_looks: at what takes or waits long.
    Figures: see `timed`, by the names below, and the server's `peak_mb`.
    """
    figures: Figures = {}
    for number in range(starts):
        with served(data) as server, server.client() as client:
            found = timed(server, FIRST, _looking(client, lambda _: "/"), 1, 0.0)
        figures[f"{FIRST}_{number}"] = found[f"{FIRST}_0"]
    with served(data) as server, server.client() as client:
        client.get("/")
        anew = SUMS_KEPT_SECONDS + A_LITTLE_SECONDS
        for name, path, times, wait_seconds in _pages(houses, looks, rare_looks, anew):
            figures |= timed(server, name, _looking(client, path), times, wait_seconds)
        figures["peak_mb"] = server.peak_mb
    return figures


def _looking(client: Client, path: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda number: client.get(path(number))


def _pages(
    houses: int, looks: int, rare_looks: int, anew: float
) -> list[tuple[str, Callable[[int], str], int, float]]:
    """Return names, addresses of the n-th look, how many looks, and how long to wait between them [s]."""

    def house(number: int) -> str:
        return house_id(number * 7919 % houses)

    return [
        ("anew", lambda _: "/", rare_looks, anew),
        ("kept", lambda _: "/", looks, 0.0),
        ("charts", lambda _: "/fleet.json", looks, 0.0),
        ("search", lambda n: f"/?status=poor&search={n % 100:02d}", looks, 0.0),
        ("house", lambda n: f"/houses/{house(n)}", looks, 0.0),
        ("picture", lambda n: f"/houses/{house(n)}/picture.json", looks, 0.0),
        ("pipeline", lambda _: "/pipeline", rare_looks, PIPELINE_KEPT_SECONDS + A_LITTLE_SECONDS),
        ("download", lambda _: "/league.csv", rare_looks, 0.0),
    ]


def ask_for_statuses(data: Path, requests: int, limit: int) -> Figures:
    """Read the listing of statuses page by page, again and again. Figures: `statuses_N` and so on."""
    following = ""
    with served(data) as server, server.client() as client:

        def ask(_: int) -> bytes:
            nonlocal following
            body = client.get(f"/v1/statuses?limit={limit}{following}")
            cursor = json.loads(body)["next_cursor"]
            following = f"&cursor={cursor}" if cursor else ""
            return body

        client.get("/v1/statuses?limit=1")
        figures = timed(server, "statuses", ask, requests, 0.0)
        return figures | {"peak_mb": server.peak_mb}


def send_bulk(mail: Path, data: Path, packets: int, batch: int, clients: int) -> Figures:
    """Send a file as bulks of JSON lines, dealt out to clients that send at the same time.

    Figures: `seconds`, and `cpu_seconds` of the server.
    """
    with mail.open("rb") as lines:
        bodies = list(iter(lambda: b"".join(islice(lines, batch)), b""))
    return _send(data, "/v1/packets/bulk", LINES, [bodies[n::clients] for n in range(clients)], packets)


def send_singly(mail: Path, data: Path, packets: int, clients: int) -> Figures:
    """Send the first packets of a file one by one, dealt out to clients that send at the same time.

    Figures: as for `send_bulk`, and `request_N` of each request [s].
    """
    with mail.open("rb") as lines:
        bodies = [line.rstrip(b"\n") for line in islice(lines, packets)]
    return _send(data, "/v1/packets", JSON, [bodies[n::clients] for n in range(clients)], packets)


def _send(data: Path, path: str, media: str, shares: Sequence[list[bytes]], packets: int) -> Figures:
    with served(data, len(shares)) as server, ThreadPoolExecutor(len(shares)) as threads:
        before = server.cpu_seconds
        began = time.perf_counter()
        work = [
            threads.submit(_send_share, server, number, path, media, share)
            for number, share in enumerate(shares)
        ]
        done = [share.result() for share in work]
        seconds = time.perf_counter() - began
        # Told in steps of 10 ms; nothing takes nothing.
        cpu_seconds = max(server.cpu_seconds - before, 0.01)
        figures = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": server.peak_mb}
    check("packets accepted", sum(accepted for accepted, _ in done), packets)
    asked = [took for _, times in done for took in times]
    return figures | {f"request_{number}": took for number, took in enumerate(asked)}


def _send_share(
    server: Server, number: int, path: str, media: str, bodies: list[bytes]
) -> tuple[int, list[float]]:
    """Send bodies one after the other; return how many packets were accepted, and what each request took."""
    accepted, times = 0, []
    with server.client(number) as client:
        for body in bodies:
            began = time.perf_counter()
            answer = _told(client, path, body, media)
            times.append(time.perf_counter() - began)
            accepted += answer
    return accepted, times


def _told(client: Client, path: str, body: bytes, media: str) -> int:
    accepted: int = json.loads(client.post(path, body, media))["accepted"]
    return accepted


WEB_JOBS: Final[dict[str, Callable[..., Figures]]] = {
    job.__name__: job for job in (look_at_pages, ask_for_statuses, send_bulk, send_singly)
}
