"""Measure the times of docs/scale-times.json on servers of this machine: python -m tools.scaling.measure.

Every function is called through its handler, as Lambda does, on a PostgreSQL that waits for its disk, a
Valkey, an azurite and a ministack. What cannot be had here is assumed, see invocation.py. Takes a minute; let
nothing else run meanwhile.
"""

import argparse
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

# The functions write their lines where stdout was when they were imported.
LINES: Final = io.StringIO()
STDOUT, sys.stdout = sys.stdout, LINES

from tests.aws.events import Context, scheduled, sqs_event  # noqa: E402
from tests.benchmarks.fleet import Fleet, house_id, make_fleet, write_lines  # noqa: E402
from tests.benchmarks.processes import cpu_seconds_of  # noqa: E402
from tests.benchmarks.servers import SETTINGS, azurite, servers  # noqa: E402
from tests.support.receiver import HERE, Receiver  # noqa: E402
from tests.support.servers.azurite import ACCOUNT  # noqa: E402
from tests.support.servers.ministack import Channels, Ministack  # noqa: E402
from tests.support.servers.postgres import fresh_database, programs, running  # noqa: E402
from tools.scaling.figures import TIMES  # noqa: E402
from tools.scaling.invocation import Sample, timed, told, watch  # noqa: E402

from sunsift.adapters.files import FilesInbox  # noqa: E402
from sunsift.aws import deliver, ingest, poll, predict, settle  # noqa: E402
from sunsift.aws.parts import Parts, forget_parts, parts_for  # noqa: E402
from sunsift.ports import DELIVER, PREDICT, WAKE  # noqa: E402
from sunsift.settings import read_settings  # noqa: E402
from sunsift.wiring import connected  # noqa: E402

COMMAND: Final = "python -m tools.scaling.measure"
SMALL, LARGE = 512, 1024
# A region's profile is measured with so many houses at most.
REGION: Final = 200
HOUSES: Final = 40
BATCH: Final = 10
YEAR: Final = 365
LATER_DAYS: Final = 6
REPEATS: Final = 12
# START, END and REPORT, and what CloudWatch adds to each line; from memory.
LAMBDA_LINES: Final = 450


@dataclass(slots=True)
class Found:
    """Figures for the file, by their names."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    served: dict[str, tuple[float, int]] = field(default_factory=dict)

    def of(self, name: str, samples: list[Sample], memory_mb: int, units: float = 1, less: float = 0) -> None:
        """Keep the median of some calls, for one of their units. less: counted elsewhere [ms a call]."""
        value = (median(s.lambda_ms(memory_mb) for s in samples) - less) / units
        self.put(name, value, told(samples, memory_mb, units))

    def put(self, name: str, value: float, how: str) -> None:
        """Keep a figure."""
        self.entries[name] = {
            "value": float(f"{value:.3g}"),
            "placeholder": False,
            "command": COMMAND,
            "how": how,
        }

    def __getitem__(self, name: str) -> float:
        return float(self.entries[name]["value"])


@dataclass(slots=True)
class Place:
    """Where the functions run. environment: of the servers, without a store."""

    postgres: Any
    queue: Any
    folder: Path

    def fresh(self, houses: Fleet) -> Parts:
        """Give the functions an empty store with registered houses."""
        forget_parts()
        os.environ["SUNSIFT_STORE"] = fresh_database(self.postgres)
        with closing(connected(read_settings())) as store:
            store.store.register(list(houses.registrations()))
        parts = parts_for(predict.NEEDS)
        watch(parts)  # before the steps are made, which keep the topic
        parts.steps.store.steady()
        return parts

    def take(self, fleet: Fleet, day: int, packets: int) -> Sample:
        """Put packets of a day on the queue of Azure, and have them taken by one call."""
        for number in range(packets):
            house = number if packets > 1 else REGION - 1
            self.queue.send_message(fleet.line(house, day).decode().strip())
        return call(ingest.handler, ["-"])

    @contextmanager
    def served(self, found: Found, name: str, units: int) -> Iterator[None]:
        """Measure the processor time of PostgreSQL in all blocks of a name, for each unit of their work."""
        before = cpu_seconds_of(self.postgres.pid)
        yield
        spent, done = found.served.get(name, (0.0, 0))
        spent, done = spent + 1000 * (cpu_seconds_of(self.postgres.pid) - before), done + units
        found.served[name] = spent, done
        found.put(name, spent / done, f"{spent:.0f} ms for {done}")

    def ingest(self, parts: Parts, fleet: Fleet, first: int, last: int) -> None:
        """Store days without being measured, and close them."""
        self.store(parts, fleet, first, last)
        parts.steps.close_days()

    def store(self, parts: Parts, fleet: Fleet, first: int, last: int, batch: int = 2000) -> None:
        """Store days, and let a moment pass."""
        path = self.folder / "mail.jsonl"
        write_lines(fleet.by_date(first, last), path)
        inbox = FilesInbox([path])
        inbox.batch = batch
        while parts.steps.ingest(inbox).taken:
            pass
        time.sleep(0.3)  # steady time moves fifty times a second


def call(handler: Any, bodies: list[str] | None = None) -> Sample:
    """Call a function once."""
    event = scheduled() if bodies is None else sqs_event(bodies)
    with timed() as sample:
        answer = handler(event, Context())
    if answer.get("batchItemFailures"):
        raise RuntimeError(f"messages failed: {LINES.getvalue()[-3000:]}")
    return sample


def arrival(found: Found, place: Place) -> None:
    """Measure poll, ingest, the closing of region days, and settle."""
    fleet = make_fleet(1, 16)
    fleet = Fleet(REGION, fleet.days, fleet.pool)  # all in one region
    place.fresh(fleet)
    found.of("poll_ms", [call(poll.handler) for _ in range(REPEATS)], SMALL)
    for name, served, packets in (
        ("ingest_32_ms", "server_ingest_32_ms", 32),
        ("persist_2017_ms", "server_persist_2017_ms", 1),
    ):
        # The first two calls connect.
        samples = [place.take(fleet, turn, packets) for turn in range(2)]
        with place.served(found, served, REPEATS):
            samples += [place.take(fleet, turn, packets) for turn in range(2, REPEATS + 2)]
        found.of(name, samples[2:], SMALL)
    found.of("ingest_nothing_ms", [call(ingest.handler, ["-"]) for _ in range(REPEATS)], SMALL)
    each = (found["ingest_32_ms"] - found["persist_2017_ms"]) / 31
    found.put("ingest_per_packet_ms", each, "the difference of a wake-up of 32 packets and of one, by 31")
    closings(found, place, Fleet(REGION, fleet.days, fleet.pool))
    settles(found, parts_for(settle.NEEDS))


def closings(found: Found, place: Place, fleet: Fleet) -> None:
    """Measure the closing of one region day with as many houses as are read."""
    parts = place.fresh(fleet)
    samples = []
    for day in range(6):
        place.store(parts, fleet, day, day + 1)
        with timed() as sample:
            closed = parts.steps.close_days()
        if closed != 1:
            raise RuntimeError(f"{closed} region days closed instead of one")
        samples.append(sample)
    found.of("close_region_day_ms", samples[1:], LARGE)


def settles(found: Found, parts: Parts) -> None:
    """Measure settle with nothing to do, and with a thousand houses."""
    for _ in range(40):
        if not settle.handler(scheduled(), Context())["claimed"]:
            break
    nothing = [call(settle.handler) for _ in range(REPEATS)]
    found.of("settle_nothing_ms", nothing, LARGE)
    full = []
    for turn in range(6):
        parts.steps.coordinator.touch({f"nobody-{turn}-{n}": 1 for n in range(1000)})
        full.append(call(settle.handler))
    # The step that finds no more houses is in both.
    found.of("settle_ms_per_1000", full[1:], LARGE, less=found["settle_nothing_ms"])
    with timed() as one:
        for _ in range(20):
            parts.topic.publish(PREDICT, ["house"] * 10)
    one.wall, one.cpu, one.outside = one.wall / 20, one.cpu / 20, one.outside / 20
    one.trips["aws"] = 1
    found.of("sns_publish_ms", [one], SMALL)


def verdicts(found: Found, place: Place) -> None:
    """Measure predict and deliver: a year of new days first, then day after day."""
    fleet = make_fleet(HOUSES, YEAR + LATER_DAYS)
    parts = place.fresh(fleet)
    place.ingest(parts, fleet, 0, YEAR)
    batches = [[house_id(n) for n in range(first, first + BATCH)] for first in range(0, HOUSES, BATCH)]
    years, sent, days, alone, again, idle, lines = [], [], [], [], [], [], []
    one_by_one, together = batches[-1], batches[:-1]
    for batch in batches:
        years.append(call(predict.handler, batch))
        sent.append(call(deliver.handler))
    for day in range(YEAR, YEAR + LATER_DAYS):
        place.ingest(parts, fleet, day, day + 1)
        with place.served(found, "server_predict_house_ms", HOUSES - BATCH):
            for batch in together:
                written = LINES.tell()
                days.append(call(predict.handler, batch))
                lines.append(LINES.tell() - written)
        with place.served(found, "server_predict_2017_ms", BATCH):
            alone += [call(predict.handler, [house]) for house in one_by_one]
        again += [call(predict.handler, batch) for batch in batches]
        call(deliver.handler)
        idle += [call(deliver.handler) for _ in range(4)]
    found.of("predict_house_year_ms", years, LARGE, BATCH)
    found.of("predict_house_day_ms", days, LARGE, BATCH)
    found.of("predict_nothing_ms", again, LARGE, BATCH)
    found.of("predict_2017_ms", alone, LARGE)
    found.of("deliver_nothing_ms", idle, SMALL)
    reports = median(s.trips["retailer"] for s in sent)
    found.of("deliver_report_ms", sent, SMALL, reports, less=found["deliver_nothing_ms"])
    ours = median(lines)
    how = f"{ours:.0f} bytes of ours at a predict of ten houses, {LAMBDA_LINES} assumed for Lambda's own"
    found.put("log_bytes_a_call", ours + LAMBDA_LINES, how)


def log_of_postgres(found: Found, folder: Path) -> None:
    """Measure what a house's day writes into the log beside images of whole pages."""
    fleet = make_fleet(HOUSES, 33)
    fleet = Fleet(400, fleet.days, fleet.pool)
    with running(next(iter(programs())), folder, SETTINGS | {"full_page_writes": "off"}) as postgres:
        place = Place(postgres, None, folder)
        parts = place.fresh(fleet)
        place.ingest(parts, fleet, 0, 32)
        for first in range(0, fleet.houses, BATCH):
            parts.steps.predict([house_id(n) for n in range(first, first + BATCH)])
        before = _position(postgres)
        place.store(parts, fleet, 32, 33, batch=32)
        parts.steps.close_days()
        for first in range(0, fleet.houses, BATCH):
            parts.steps.predict([house_id(n) for n in range(first, first + BATCH)])
        value = (_position(postgres) - before) / fleet.houses
        forget_parts()
    found.put(
        "wal_record_bytes_a_house_day",
        value,
        f"full_page_writes off, {fleet.houses} houses with a month stored",
    )


def _position(postgres: Any) -> float:
    with psycopg.connect(postgres.url(), autocommit=True) as link:
        row = link.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
    assert row is not None
    return float(row[0])


@contextmanager
def surroundings(folder: Path) -> Iterator[Place]:
    """Run the servers, and tell the functions of them."""
    aws = Ministack(folder / "ministack.log")
    aws.start()
    try:
        with servers(folder) as stage, azurite(folder) as azure, Receiver().running() as receiver:
            channels = Channels(aws, (WAKE, PREDICT, DELIVER))
            queue = azure.client("measured")
            queue.create_queue()
            os.environ |= aws.environment(aws.port) | {
                "SUNSIFT_COORDINATOR": stage.coordinator,
                "SUNSIFT_INBOX": f"azure://{ACCOUNT}/measured",
                "SUNSIFT_TO": receiver.url,
                **HERE,
                "SUNSIFT_AZURE_CONNECTION_STRING": azure.connection_string,
                "SUNSIFT_QUIET_MINUTES": "0",
                "SUNSIFT_QUEUE_PREDICT": channels.url(PREDICT),
                "SUNSIFT_PREDICT_CONCURRENCY": "1000",
                "POWERTOOLS_TRACE_DISABLED": "true",
                **{f"SUNSIFT_TOPIC_{name.upper()}": arn for name, arn in channels.arns.items()},
            }
            yield Place(stage.postgres, queue, folder)
            forget_parts()
    finally:
        aws.kill()


def main() -> None:
    """Measure, print, and write the file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/scale-times.json")
    asked = parser.parse_args()
    found = Found()
    with tempfile.TemporaryDirectory(prefix="sunsift-scale-") as name, surroundings(Path(name)) as place:
        arrival(found, place)
        verdicts(found, place)
        log_of_postgres(found, Path(name))
    for name, entry in found.entries.items():
        STDOUT.write(f"{name:34} {entry['value']:>8g}  {entry['how']}\n")
    if asked.write:
        file = json.loads(TIMES.read_text("utf-8"))
        for name, entry in found.entries.items():
            file[name] |= entry
        lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in file.items()]
        TIMES.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
