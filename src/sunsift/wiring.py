"""The only module that knows everything: it puts adapters behind ports.

What a laptop does not need is imported where it is chosen, so that nothing of it has to be installed.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sunsift.adapters.clock import SystemClock
from sunsift.adapters.extracts import Cutter
from sunsift.adapters.folder import FolderInbox
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.adapters.local_topic import LocalTopic
from sunsift.adapters.sqlite.alone import alone
from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.records import SqliteRecords
from sunsift.adapters.sqlite.store import SqliteStore
from sunsift.adapters.sqlite.tokens import SqliteTokens
from sunsift.adapters.webhook import WebhookSender
from sunsift.domain.errors import MissingExtraError, SettingsError
from sunsift.domain.house import House
from sunsift.domain.rules import Rules
from sunsift.formats.meter import MeterFormat, MeterOptions, cutter, read_columns
from sunsift.model import Model, load
from sunsift.parcels import Quarantined, Registered, Saved
from sunsift.ports import Clock, Coordinator, Inbox, Sender, Store, Topic
from sunsift.records import Records
from sunsift.settings import Settings, names_postgres
from sunsift.steps.close import close
from sunsift.steps.deliver import Delivered, deliver
from sunsift.steps.ingest import Ingested, ingest, redrive, register
from sunsift.steps.poll import Polled, poll
from sunsift.steps.predict import Predicted, predict
from sunsift.steps.settle import settle, sweep
from sunsift.telemetry import SILENT, Observer, deliver_counts, ingest_counts, predict_counts, timed
from sunsift.tokens import Tokens

if TYPE_CHECKING:
    from sunsift.adapters.fallback import SpareCoordinator


class ClosableInbox(Inbox, Protocol):
    """An inbox that holds something open."""

    def close(self) -> None:
        """Let go of what is held."""
        ...


class Settling(Protocol):
    """Lets this process settle a store."""

    def __call__(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Settle while the block runs; it is told whether it may, or another process is at it."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """The parts of one running Sunsift, and the steps bound to them."""

    store: Store
    coordinator: Coordinator
    topic: Topic
    records: Records
    tokens: Tokens
    model: Model
    clock: Clock
    rules: Rules
    settling: Settling
    close: Callable[[], None]
    observer: Observer

    def poll(self, inbox: Inbox) -> Polled:
        """Run the step on these parts."""
        with timed() as seconds:
            done = poll(inbox, self.topic)
        self.observer.level("InboxDepth", done.depth)
        self.observer.step("poll", seconds(), {"WakeUps": done.wake_ups})
        return done

    def ingest(self, inbox: Inbox, trace: str | None = None) -> Ingested:
        """Run the step on these parts. trace: names this ingest; by default it gets a name of its own."""
        with timed() as seconds:
            done = ingest(inbox, self.store, self.coordinator, self.clock, trace or uuid.uuid4().hex)
        self.observer.step("ingest", seconds(), ingest_counts(done))
        return done

    def redrive(self, waiting: Sequence[Quarantined]) -> Ingested:
        """Try quarantined messages again."""
        return redrive(waiting, self.store, self.coordinator, self.clock)

    def register(self, houses: Sequence[House]) -> tuple[Registered, Saved]:
        """Register houses as a person says them now; also return what waited in quarantine for that."""
        return register(houses, self.store, self.coordinator, self.clock)

    def close_days(self) -> int:
        """Close the region days that are due, as settle does before it looks for quiet houses."""
        return close(self.store, self.rules, self.store.steady())

    def settle(self) -> int:
        """Run the step on these parts."""
        with timed() as seconds:
            claimed = settle(self.store, self.coordinator, self.topic, self.rules)
        self.observer.step("settle", seconds(), {"HousesClaimed": claimed})
        return claimed

    def sweep(self) -> int:
        """Run the step on these parts."""
        with timed() as seconds:
            found = sweep(self.store, self.coordinator, self.clock)
        self.observer.step("sweep", seconds(), {"SweepFound": found})
        return found

    def predict(self, house_ids: Sequence[str]) -> Predicted:
        """Run the step on these parts."""
        with timed() as seconds:
            done = predict(house_ids, self.store, self.coordinator, self.topic, self.model, self.rules)
        self.observer.step("predict", seconds(), predict_counts(done))
        return done

    def deliver(self, sender: Sender) -> Delivered:
        """Run the step on these parts."""
        with timed() as seconds:
            done = deliver(self.store, sender, self.rules)
        self.observer.step("deliver", seconds(), deliver_counts(done))
        return done


@dataclass(frozen=True, slots=True)
class Sunsift(Steps):
    """The steps where they run in one process, which takes its own hints."""

    topic: LocalTopic


def embedded(
    settings: Settings,
    *,
    clock: Clock | None = None,
    longest_step_ms: int | None = None,
    observer: Observer = SILENT,
) -> Sunsift:
    """Put Sunsift together on one SQLite file.

    clock: given to be told the time; by default the machine's. longest_step_ms: see `SqliteStore`; a
    service sets it, a single command does not.
    """
    told = clock is not None
    clock = clock or SystemClock()
    database = Database(settings.database)
    coordinator = SqliteCoordinator(database)

    def settling(*, wait: bool) -> AbstractContextManager[bool]:
        return alone(database, coordinator, wait=wait)

    return Sunsift(
        store=SqliteStore(database, clock, longest_step_ms, told=told),
        coordinator=_coordinator_of(settings, coordinator),
        topic=LocalTopic(),
        records=SqliteRecords(database),
        tokens=SqliteTokens(database),
        model=load(),
        clock=clock,
        rules=settings.rules,
        settling=settling,
        close=database.close,
        observer=observer,
    )


def on_servers(
    settings: Settings,
    *,
    clock: Clock | None = None,
    longest_step_ms: int | None = None,
    observer: Observer = SILENT,
) -> Sunsift:
    """Put Sunsift together on PostgreSQL, for one of many workers. Nothing is asked of the server yet.

    clock, longest_step_ms: as for `embedded`, but by default the server's clock is the one of all workers.
    """
    with needs("postgres"):
        from sunsift.adapters.postgres.coordinator import PostgresCoordinator
        from sunsift.adapters.postgres.database import Database as PostgresDatabase
        from sunsift.adapters.postgres.records import PostgresRecords
        from sunsift.adapters.postgres.store import PostgresStore
        from sunsift.adapters.postgres.tokens import PostgresTokens

    assert settings.store is not None
    database = PostgresDatabase(settings.store)

    def settling(*, wait: bool) -> AbstractContextManager[bool]:
        return nullcontext(True)  # claims keep many workers apart

    return Sunsift(
        store=PostgresStore(database, clock, longest_step_ms, told=clock is not None),
        coordinator=_coordinator_of(settings, PostgresCoordinator(database)),
        topic=LocalTopic(),
        records=PostgresRecords(database),
        tokens=PostgresTokens(database),
        model=load(),
        clock=clock or SystemClock(),
        rules=settings.rules,
        settling=settling,
        close=database.close,
        observer=observer,
    )


def connected(
    settings: Settings,
    *,
    clock: Clock | None = None,
    longest_step_ms: int | None = None,
    observer: Observer = SILENT,
) -> Sunsift:
    """Put Sunsift together on the store that the settings name."""
    if settings.store is None:
        return embedded(settings, clock=clock, longest_step_ms=longest_step_ms, observer=observer)
    if not names_postgres(settings.store):
        raise SettingsError(
            "the store must be given as postgresql://USER@HOST/DATABASE, "
            "or not at all for a file in the data folder"
        )
    return on_servers(settings, clock=clock, longest_step_ms=longest_step_ms, observer=observer)


def _coordinator_of(settings: Settings, own: "SpareCoordinator") -> Coordinator:
    """Return the coordinator that the settings name; `own` keeps its hints in the store."""
    if settings.coordinator is None:
        return own
    with needs("redis"):
        from sunsift.adapters.fallback import FallingBack
        from sunsift.adapters.redis.connection import connect
        from sunsift.adapters.redis.coordinator import RedisCoordinator
    return FallingBack(RedisCoordinator(connect(settings.coordinator)), own)


def meter_files(
    store: Store,
    columns: Callable[[], Mapping[str, Any] | None] = lambda: None,
    timezone: str | None = None,
    kind: MeterFormat | None = None,
) -> Cutter:
    """Return what cuts meter files, by the clocks of the registered houses.

    columns: reads the mapping of tables. timezone: of clocks that tables do not name. kind: of all files.
    """

    def options_of(found: MeterFormat) -> MeterOptions:
        def offset_of(house_id: str) -> float | None:
            house = store.houses([house_id]).get(house_id)
            return house.utc_offset_hours if house else None

        table = found in (MeterFormat.CSV, MeterFormat.PARQUET)
        return MeterOptions(columns() if table else None, timezone, cache(offset_of))

    return cutter(options_of, kind)


def inbox_at(
    where: str | None, settings: Settings, whole_after: float = 2.0, store: Store | None = None
) -> "ClosableInbox":
    """Return the inbox: azure://ACCOUNT/QUEUE, or a folder.

    whole_after: see `FolderInbox` [s]. store: knows the houses of the meter files in the folder; without it
    only JSON lines are read.
    """
    if where is not None and where.startswith("azure://"):
        with needs("azure"):
            from sunsift.adapters.azure.client import queue_client
            from sunsift.adapters.azure.inbox import AzureQueueInbox
        return AzureQueueInbox(queue_client(where, settings.secrets.azure))
    if where is not None and "://" in where:
        raise SettingsError(f"{where!r} is no inbox: give a folder or azure://ACCOUNT/QUEUE")
    folder = Path(where) if where else settings.inbox
    mapping = folder / "columns.toml"

    def columns() -> Mapping[str, Any] | None:
        return read_columns(mapping) if mapping.exists() else None

    return FolderInbox(folder, whole_after, meter_files(store, columns) if store else None)


def sender_to(target: str, settings: Settings) -> Sender:
    """Return the sender for a web address, azure://ACCOUNT/QUEUE or a file name."""
    explain = load().explain
    if target.startswith("azure://"):
        with needs("azure"):
            from sunsift.adapters.azure.client import queue_client
            from sunsift.adapters.azure.sender import AzureQueueSender
        return AzureQueueSender(queue_client(target, settings.secrets.azure), explain)
    if "://" in target:
        secrets = settings.secrets.webhook
        return WebhookSender(target, explain, secrets, private=settings.private_receivers)
    return JsonLinesSender(Path(target), explain)


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say which extra of the package is missing when an import of the block fails."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(
            f"{error.name or error} is not installed; install it with: pip install 'sunsift[{extra}]'"
        ) from error
