"""The measured jobs on servers. As in jobs.py, a job takes files and numbers and returns figures.

store, coordinator: URLs. servers: the number of each server's process, by its name.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sunsift.adapters.azure.client import CONNECTION_STRING, queue_client
from sunsift.adapters.files import FilesInbox
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.domain.rules import Rules
from sunsift.formats.houses_csv import read_houses
from sunsift.local import deliver_all, ingest_all, settle_all
from sunsift.ports import Inbox
from sunsift.settings import Secrets, Settings
from sunsift.wiring import Sunsift, connected, inbox_at
from tests.benchmarks.cold_job import cold_start
from tests.benchmarks.fleet import house_id
from tests.benchmarks.jobs import BEFORE
from tests.benchmarks.processes import cpu_seconds_of
from tests.benchmarks.stopwatch import Figures, Stopwatch, check
from tests.benchmarks.together import Together, work_together
from tests.benchmarks.watched import Watches

FILE_BATCH: Final = 2000
QUEUE_BATCH: Final = 32
QUEUE_DEPTH: Final = 320


def _settings(data: Path, store: str, coordinator: str) -> Settings:
    # Quiet at once, so that nobody waits three quarters of an hour; all else as shipped.
    rules = Rules(quiet_minutes=0.0)
    return Settings(data=data, data_sets=data, rules=rules, store=store, coordinator=coordinator)


@contextmanager
def _sunsift(settings: Settings) -> Iterator[Sunsift]:
    parts = connected(settings)
    try:
        parts.store.steady()  # connects
        yield parts
    finally:
        parts.close()


def _let_time_pass(parts: Sunsift) -> None:
    # Steady time moves fifty times a second; until then what has just arrived is not quiet, not even at once.
    arrived = parts.store.steady()
    while parts.store.steady() <= arrived:
        time.sleep(0.01)


def _files(paths: list[Path], batch: int) -> Inbox:
    inbox = FilesInbox(paths)
    inbox.batch = batch
    return inbox


def _deal(mail: Path, workers: int, batch: int) -> list[Path]:
    """Deal a file out to workers, a batch to each in turn, as a queue would; return theirs."""
    if workers == 1:
        return [mail]
    folder = mail.parent / "dealt"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{mail.stem}-{n}.jsonl" for n in range(workers)]
    files = [path.open("wb") for path in paths]
    with mail.open("rb") as lines:
        turn = 0
        while dealt := list(islice(lines, batch)):
            files[turn % workers].writelines(dealt)
            turn += 1
    for file in files:
        file.close()
    return paths


def server_register(houses_csv: Path, store: str, coordinator: str) -> Figures:
    """Register houses."""
    with _sunsift(_settings(houses_csv.parent, store, coordinator)) as parts:
        added = parts.store.register(read_houses(houses_csv)).added
    return {"houses": added}


def server_ingest(
    mail: Path, store: str, coordinator: str, servers: dict[str, int], workers: int, batch: int, packets: int
) -> Figures:
    """Ingest a file by some workers at once."""
    settings = _settings(mail.parent, store, coordinator)
    shares = [(settings, path, batch) for path in _deal(mail, workers, batch)]
    found = work_together(_ingest_share, shares, servers)
    with _sunsift(settings) as parts:
        check("days stored", parts.records.counts().days, packets)
    return found


def _ingest_share(together: Together, settings: Settings, mail: Path, batch: int) -> None:
    with _sunsift(settings) as parts, together.phase("ingest"):
        ingest_all(parts, _files([mail], batch))


def server_daily(
    folder: Path, store: str, coordinator: str, servers: dict[str, int], packets: int, days: list[int]
) -> Figures:
    """Store and predict the days before, then time further days by themselves.

    packets: of all days. days: by how many workers each further one.
    """
    settings = _settings(folder, store, coordinator)
    before = _deal(folder / BEFORE, 2, FILE_BATCH)
    work_together(_live_through, [(settings, [path], ["before"]) for path in before], servers)
    figures: Figures = {}
    for workers, path in zip(days, sorted(folder.glob("day-???.jsonl")), strict=True):
        shares = [(settings, [share], [path.stem]) for share in _deal(path, workers, FILE_BATCH)]
        figures |= work_together(_live_through, shares, servers)
    with _sunsift(settings) as parts:
        counts = parts.records.counts()
        check("houses left unsettled", counts.unsettled, 0)
        check("days stored", counts.days, packets)
    return figures


def _live_through(together: Together, settings: Settings, mail: list[Path], names: list[str]) -> None:
    """Take files through all steps, one after the other."""
    with _sunsift(settings) as parts:
        told = settings.data / f"reports-{together.number}.jsonl"
        sender = JsonLinesSender(told, parts.model.explain)
        for path, name in zip(mail, names, strict=True):
            with together.phase(f"{name}-ingest"):
                ingest_all(parts, _files([path], FILE_BATCH))
            _let_time_pass(parts)
            # One function closes, however many predict.
            with together.phase(f"{name}-close"):
                if together.number == 0:
                    parts.close_days()
            with together.phase(f"{name}-predict"):
                settle_all(parts)
            with together.phase(f"{name}-deliver"):
                deliver_all(parts, sender)


def server_predict(
    folder: Path,
    store: str,
    coordinator: str,
    servers: dict[str, int],
    houses: int,
    periods: int,
    together: int,
) -> Figures:
    """Predict houses, so many together, each for the first time, and again after one new day.

    periods: that each house must get at least at first. Region days are closed before, which is the
    region's work. Figures: `year_N` and `day_N` of each house [s], and what of all houses' time each method
    of a port took.
    """
    figures: Figures = {}
    with _sunsift(_settings(folder, store, coordinator)) as whole:
        watches = Watches()
        parts = replace(
            whole,
            store=watches.before("store", whole.store),
            coordinator=watches.before("coordinator", whole.coordinator),
        )
        for name, path, least in (("year", BEFORE, periods), ("day", "day-*.jsonl", 1)):
            ingest_all(whole, _files(sorted(folder.glob(path)), FILE_BATCH))
            _let_time_pass(whole)
            whole.close_days()
            watches.clear()
            before = {server: cpu_seconds_of(pid) for server, pid in servers.items()}
            for begin in range(0, houses, together):
                batch = range(begin, min(begin + together, houses))
                with Stopwatch() as watch:
                    done = parts.predict([house_id(index) for index in batch])
                check("houses predicted", done.houses, len(batch))
                check("enough periods", done.predictions >= least * len(batch), 1)
                for index in batch:
                    figures[f"{name}_{index}"] = watch.seconds / len(batch)
                    figures[f"{name}_{index}_cpu"] = watch.cpu_seconds / len(batch)
            figures |= {f"{name}: {what}": value for what, value in watches.figures().items()}
            for server, pid in servers.items():
                figures[f"{name}: {server}_cpu"] = cpu_seconds_of(pid) - before[server]
    return figures


def server_year(folder: Path, store: str, coordinator: str, settle_every: int) -> Figures:
    """Let days pass: ingest every one by itself, and settle whenever some have come."""
    with _sunsift(_settings(folder, store, coordinator)) as parts:
        for number, path in enumerate(sorted(folder.glob("day-???.jsonl")), start=1):
            ingest_all(parts, _files([path], FILE_BATCH))
            if number % settle_every == 0:
                settle_all(parts)
        _let_time_pass(parts)
        settle_all(parts)
        deliver_all(parts, JsonLinesSender(folder / "reports.jsonl", parts.model.explain))
        counts = parts.records.counts()
        check("houses left unsettled", counts.unsettled, 0)
    return {"days": counts.days, "predictions": counts.predictions, "reports": counts.reports}


def queue_ingest(
    mail: Path,
    store: str,
    coordinator: str,
    servers: dict[str, int],
    inbox: str,
    connection_string: str,
    packets: int,
) -> Figures:
    """Ingest a queue of Azure by one worker. Figures: what each method of a port took beside the whole."""
    secrets = Secrets(azure={CONNECTION_STRING: connection_string})
    settings = replace(_settings(mail.parent, store, coordinator), secrets=secrets)
    watches, watch = Watches(), Stopwatch()
    served: Figures = dict.fromkeys((f"{server}_cpu" for server in servers), 0.0)
    accepted = 0
    with _sunsift(settings) as whole, queue_client(inbox, secrets.azure) as filling, mail.open("rb") as lines:
        queue = inbox_at(inbox, settings)
        watched: dict[str, Any] = {"store": whole.store, "coordinator": whole.coordinator}
        parts = replace(whole, **{name: watches.before(name, port) for name, port in watched.items()})
        filling.create_queue()
        # An azurite looks through all messages for each that is deleted: let there be few, as in a queue
        # that keeps up.
        while bodies := list(islice(lines, QUEUE_DEPTH)):
            for body in bodies:
                filling.send_message(body.decode().rstrip("\n"))
            before = {server: cpu_seconds_of(pid) for server, pid in servers.items()}
            with watch:
                accepted += ingest_all(parts, watches.before("inbox", queue)).accepted
            for server, pid in servers.items():
                served[f"{server}_cpu"] += cpu_seconds_of(pid) - before[server]
        queue.close()
    check("packets accepted", accepted, packets)
    return watch.figures() | watches.figures() | served


SERVER_JOBS: Final[dict[str, Callable[..., Figures]]] = {
    job.__name__: job
    for job in (
        server_register,
        server_ingest,
        server_daily,
        server_predict,
        server_year,
        queue_ingest,
        cold_start,
    )
}
