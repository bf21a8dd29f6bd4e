"""Run virtual houses through the steps of production, one simulated day after the other."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.trace import CODE, Trace
from sunsift.lab.fleet_files import packet_messages
from sunsift.lab.record import Progress, Record
from sunsift.model import Model
from sunsift.parcels import Message, Report, Unsent
from sunsift.ports import DELIVER, PREDICT
from sunsift.settings import Settings
from sunsift.steps.settle import BATCH
from sunsift.wiring import Sunsift, embedded

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The store is thrown away afterwards, so it lies in memory where the system lends some as a folder.
_MEMORY: Final = Path("/dev/shm")  # noqa: S108
_MEMORY_NEEDED: Final = 1 << 30


class SimulatedClock:
    """Stands still until the next simulated day."""

    def __init__(self) -> None:
        self.moment = _EPOCH

    def now(self) -> datetime:
        """Return the simulated time, in UTC."""
        return self.moment


class DailyMail:
    """An inbox that holds one day's packets of all houses, and gives them out as one batch."""

    batch = 1

    def __init__(self) -> None:
        self._waiting: list[Message] = []

    def fill(self, bodies: Sequence[bytes]) -> None:
        """Put the day's packets in."""
        self._waiting = [Message(body, str(number)) for number, body in enumerate(bodies)]
        self.batch = max(1, len(bodies))

    def depth(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

    def receive(self, limit: int) -> Sequence[Message]:
        """Return the first messages."""
        return self._waiting[:limit]

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove the first messages."""
        del self._waiting[: len(messages)]


class Retailer:
    """A sender that hands every report over at once."""

    batch = 1000
    target = "retailer"

    def __init__(self, told: Callable[[Report], None]) -> None:
        self._told = told

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        """Take the reports; all of them are acknowledged."""
        for report in reports:
            self._told(report)
        return {}


def run_day_by_day(records: Sequence[Record], model: Model, rules: Rules, progress: Progress) -> list[Trace]:
    """Send every house's packets on the day on which the retailer had them, and write down what comes out.

    The days are the true ones: a simulated clock goes through the calendar, and each day that any house has a
    packet for runs ingest, waits for the quiet time to pass, and runs settle, predict and deliver.
    progress: called with house-days done and in all. Result: one trace a record, in their order.
    """
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        clock = SimulatedClock()
        settings = Settings(data=Path(folder), data_sets=Path(folder), rules=rules)
        parts = replace(embedded(settings, clock=clock), model=model)
        try:
            return _run(records, parts, clock, progress)
        finally:
            parts.close()


def _memory() -> Path | None:
    try:
        return _MEMORY if shutil.disk_usage(_MEMORY).free >= _MEMORY_NEEDED else None
    except OSError:
        return None


def _run(records: Sequence[Record], parts: Sunsift, clock: SimulatedClock, progress: Progress) -> list[Trace]:
    traces = [Trace.empty(len(record)) for record in records]
    number = {record.house.house_id: index for index, record in enumerate(records)}
    by_day: defaultdict[int, list[bytes]] = defaultdict(list)
    ready: defaultdict[int, int] = defaultdict(int)
    for record in records:
        bodies = map(msgspec.json.encode, packet_messages(record))
        for day, body, moment in zip(record.day.tolist(), bodies, record.updated_at().tolist(), strict=True):
            by_day[day].append(body)
            ready[day] = max(ready[day], moment)
    clock.moment = _EPOCH + timedelta(microseconds=min(ready.values())) - timedelta(days=1)
    parts.store.register([record.house for record in records])
    day = 0

    def told(report: Report) -> None:
        index = number[report.house_id]
        traces[index].reports.append((day - int(records[index].day[0]), CODE[report.status]))

    mail, retailer = DailyMail(), Retailer(told)
    done, total = 0, sum(map(len, records))
    for day in sorted(by_day):
        clock.moment = _EPOCH + timedelta(microseconds=ready[day])
        mail.fill(by_day[day])
        while mail.depth():
            parts.ingest(mail)
        clock.moment += timedelta(minutes=parts.rules.quiet_minutes, seconds=1)
        _settle(parts)
        if parts.topic.take(DELIVER, BATCH):
            while parts.deliver(retailer).sent:
                pass
        for standing in parts.records.standings():
            if standing.prediction is not None and standing.prediction.period_end == day:
                assert standing.folded is not None
                index = number[standing.house.house_id]
                row = day - int(records[index].day[0])
                traces[index].note(row, standing.prediction.score, standing.folded)
        done += len(by_day[day])
        progress(done, total)
    return [trace.close() for trace in traces]


def _settle(parts: Sunsift) -> None:
    """Settle and predict every house that is quiet by now."""
    while True:
        claimed = parts.settle()
        while batch := parts.topic.take(PREDICT, BATCH):
            parts.predict(batch)
        if claimed < BATCH:
            return
