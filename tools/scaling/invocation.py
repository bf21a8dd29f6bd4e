"""What one call of a function takes here, and what it would take in Lambda."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import Any, Final

import psycopg
from redis.connection import AbstractConnection

from sunsift.aws.parts import Parts

# Lambda deals out processors by memory; so much is a whole one, which we take for as fast as a core here.
MEMORY_OF_A_VCPU_MB: Final = 1769
# Assumed, for none of these is here: an answer from another zone of the same region, from a service of AWS,
# from a queue of Azure, and from the retailer's web server.
ZONE_MS: Final = 0.7
AWS_MS: Final = 10.0
AZURE_MS: Final = 10.0
RETAILER_MS: Final = 50.0
# Deletes of a batch and calls to SNS go out over so many threads.
THREADS: Final = 8


@dataclass(slots=True)
class Sample:
    """One call: its time, its own processor time, what it waited for outer services [ms]; its round trips."""

    wall: float = 0.0
    cpu: float = 0.0
    outside: float = 0.0
    trips: Counter[str] = field(default_factory=Counter)

    def lambda_ms(self, memory_mb: int) -> float:
        """Return how long it would take: processor time dealt out by memory, waits as assumed above."""
        share = min(1.0, memory_mb / MEMORY_OF_A_VCPU_MB)
        near = (self.trips["postgresql"] + self.trips["redis"]) * ZONE_MS
        far = (
            self.trips["aws"] * AWS_MS + self.trips["azure"] * AZURE_MS + self.trips["retailer"] * RETAILER_MS
        )
        return self.cpu / share + max(0.0, self.wall - self.cpu - self.outside) + near + far


_now: Sample = Sample()


def _count(name: str, counted: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        _now.trips[name] += 1
        return counted(*arguments, **named)

    return call


class _Outside:
    """A port to a service that is elsewhere: its waits are left out, and its calls are counted."""

    def __init__(self, port: Any, trips: Callable[[str, tuple[Any, ...]], Counter[str]]) -> None:
        self._port = port
        self._trips = trips

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            began, cpu = time.perf_counter(), time.process_time()
            try:
                return found(*arguments, **named)
            finally:
                spent = time.perf_counter() - began - (time.process_time() - cpu)
                _now.outside += 1000 * max(0.0, spent)
                _now.trips.update(self._trips(name, arguments))

        return call


def _of_inbox(name: str, arguments: tuple[Any, ...]) -> Counter[str]:
    if name == "delete":
        return Counter(azure=-(-len(arguments[0]) // THREADS))
    # A receive looks before it takes.
    return Counter(azure={"depth": 1, "receive": 2}.get(name, 0))


def _of_topic(name: str, arguments: tuple[Any, ...]) -> Counter[str]:
    return Counter(aws=-(-len(arguments[1]) // (10 * THREADS)))


def _of_sender(name: str, arguments: tuple[Any, ...]) -> Counter[str]:
    return Counter(retailer=len(arguments[0]))


@cache
def _watch_connections() -> None:
    psycopg.Connection.wait = _count("postgresql", psycopg.Connection.wait)  # type: ignore[method-assign]
    send = AbstractConnection.send_packed_command
    AbstractConnection.send_packed_command = _count("redis", send)  # type: ignore[method-assign]


def watch(parts: Parts) -> None:
    """Count what goes out of these parts."""
    _watch_connections()
    ports = {"inbox": _of_inbox, "topic": _of_topic, "sender": _of_sender}
    for name, trips in ports.items():
        vars(parts)[name] = _Outside(getattr(parts, name), trips)
    vars(parts)["sqs"] = _Outside(parts.sqs, lambda *_: Counter(aws=1))


@contextmanager
def timed() -> Iterator[Sample]:
    """Measure the block as one call."""
    global _now
    sample = _now = Sample()
    began, cpu = time.perf_counter(), time.process_time()
    try:
        yield sample
    finally:
        sample.wall = 1000 * (time.perf_counter() - began)
        sample.cpu = 1000 * (time.process_time() - cpu)


def told(samples: list[Sample], memory_mb: int, units: float = 1) -> str:
    """Say what the median call was made of, for each of its units."""
    cpu = median(s.cpu for s in samples) / units
    waits = median(max(0.0, s.wall - s.cpu - s.outside) for s in samples) / units
    trips = [(name, median(s.trips[name] for s in samples) / units) for name in samples[0].trips]
    share = min(1.0, memory_mb / MEMORY_OF_A_VCPU_MB)
    made = [f"{cpu:.1f} ms of processor time at {share:.2f} of a vCPU", f"{waits:.1f} ms of waits here"]
    made += [f"{count:.3g} round trips to {name}" for name, count in trips if count]
    return f"{', '.join(made)}; median of {len(samples)}"
