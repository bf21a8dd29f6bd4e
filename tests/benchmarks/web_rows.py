"""What people look at in a browser, and what programs send: how long it takes, and how much comes through."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from statistics import median, quantiles
from typing import Final

from tests.benchmarks.bench import Bench
from tests.benchmarks.child import run
from tests.benchmarks.rows import Row
from tests.benchmarks.stopwatch import Figures

PAGE_TARGET_MS: Final = 300.0
STATUSES: Final = 50
_PAGES: Final = {
    "first": "Fleet page, the first request after the start",
    "anew": "Fleet page, sums over all houses made anew",
    "kept": "Fleet page, sums of the last 3 s",
    "charts": "charts of the Fleet page",
    "search": "Fleet page, poor houses with a part of their id",
    "house": "House page",
    "picture": "charts of the House page",
    "pipeline": "Pipeline page",
    "download": "CSV of the whole league",
}


def pages(bench: Bench) -> Iterator[Row]:
    """Time the pages of a large fleet, in a browser's place."""
    houses = bench.sizes.large[0]
    data = bench.large_store()
    bench.tell(f"looking at the pages of {houses:,} houses")
    looks, rare_looks = bench.sizes.looks
    figures = run(
        "look_at_pages",
        data=data,
        houses=houses,
        starts=bench.sizes.repeats,
        looks=looks,
        rare_looks=rare_looks,
    )
    for name, words in _PAGES.items():
        times = _numbered(figures, name)
        size = figures.get(f"{name}_bytes")
        cpu = figures.get(f"{name}_cpu")
        yield Row(
            what=f"{words}, {houses:,} houses",
            unit="ms",
            values=times,
            cpu_values=() if cpu is None else (1000.0 * cpu,),
            target=PAGE_TARGET_MS if name in ("first", "anew", "kept") else None,
            more_is_better=False,
            peak_mb=figures["peak_mb"],
            note="" if size is None else f"{size / 1000.0:,.0f} kB; slowest {max(times):.1f} ms",
        )


def web(bench: Bench) -> Iterator[Row]:
    """Time packets that come in over HTTP, and listings that go out."""
    houses, days = bench.sizes.web
    for batch in bench.sizes.bulks:
        for clients in bench.sizes.clients:
            yield _bulk(bench, houses, days, batch, clients)
    for clients in bench.sizes.clients:
        yield _singly(bench, houses, days, clients)
    yield _statuses(bench)


def _bulk(bench: Bench, houses: int, days: int, batch: int, clients: int) -> Row:
    mail, packets = bench.mail(houses, days), houses * days
    found = []
    for _ in range(bench.sizes.repeats):
        bench.tell(f"sending {packets:,} packets as bulks of {batch:,}, {_clients(clients)}")
        data = bench.store(mail)
        found.append(run("send_bulk", mail=mail, data=data, packets=packets, batch=batch, clients=clients))
        shutil.rmtree(data)
    return Row.of_speeds(
        f"POST /v1/packets/bulk, bulks of {batch:,}, {_clients(clients)}",
        "packets/s",
        packets,
        found,
        note=_spread([value for figures in found for value in _numbered(figures, "request")], "a bulk"),
    )


def _singly(bench: Bench, houses: int, days: int, clients: int) -> Row:
    mail, packets = bench.mail(houses, days), min(bench.sizes.singles, houses * days)
    found = []
    for _ in range(bench.sizes.repeats):
        bench.tell(f"sending {packets:,} packets one by one, {_clients(clients)}")
        data = bench.store(mail)
        found.append(run("send_singly", mail=mail, data=data, packets=packets, clients=clients))
        shutil.rmtree(data)
    return Row.of_speeds(
        f"POST /v1/packets, one by one, {_clients(clients)}",
        "packets/s",
        packets,
        found,
        note=_spread([value for figures in found for value in _numbered(figures, "request")], "a request"),
    )


def _statuses(bench: Bench) -> Row:
    data = bench.large_store()
    requests = bench.sizes.looks[0]
    bench.tell(f"asking {requests:,} times for {STATUSES} statuses")
    figures = run("ask_for_statuses", data=data, requests=requests, limit=STATUSES)
    times = _numbered(figures, "statuses")
    return Row(
        what=f"GET /v1/statuses?limit={STATUSES}, {bench.sizes.large[0]:,} houses",
        unit="ms",
        values=times,
        cpu_values=(1000.0 * figures["statuses_cpu"],),
        more_is_better=False,
        peak_mb=figures["peak_mb"],
        note=_spread(times, "a request"),
    )


def _numbered(figures: Figures, name: str) -> tuple[float, ...]:
    """Return the figures NAME_0, NAME_1, ... [ms]."""
    parted = ((key.rpartition("_"), value) for key, value in figures.items())
    return tuple(1000.0 * value for (first, _, last), value in parted if first == name and last.isdigit())


def _spread(times: Sequence[float], of: str) -> str:
    """Say how long the middle one and the slowest hundredth took. times: [ms]."""
    slow = quantiles(times, n=100, method="inclusive")[-1] if len(times) > 1 else times[0]
    return f"{of} takes {median(times):.1f} ms (p50), {slow:.1f} ms (p99)"


def _clients(count: int) -> str:
    return "one client" if count == 1 else f"{count} clients"


WEB_MEASUREMENTS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    measure.__name__: measure for measure in (pages, web)
}
