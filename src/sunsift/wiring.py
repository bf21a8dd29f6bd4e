"""The only module that knows everything: it puts adapters behind ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sunsift.adapters.clock import SystemClock
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.adapters.local_topic import LocalTopic
from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.records import SqliteRecords
from sunsift.adapters.sqlite.store import SqliteStore
from sunsift.adapters.webhook import WebhookSender
from sunsift.domain.rules import Rules
from sunsift.model import Model, load
from sunsift.ports import Clock, Inbox, Quarantined, Sender, Store
from sunsift.records import Records
from sunsift.settings import Settings
from sunsift.steps.close import close
from sunsift.steps.deliver import Delivered, deliver
from sunsift.steps.ingest import Ingested, ingest, redrive
from sunsift.steps.poll import poll
from sunsift.steps.predict import Predicted, predict
from sunsift.steps.settle import settle, sweep


@dataclass(frozen=True, slots=True)
class Sunsift:
    """The parts of one running Sunsift, and the steps bound to them."""

    store: Store
    coordinator: SqliteCoordinator
    topic: LocalTopic
    records: Records
    model: Model
    clock: Clock
    rules: Rules
    database: Database

    def poll(self, inbox: Inbox) -> int:
        """Run the step on these parts."""
        return poll(inbox, self.topic)

    def ingest(self, inbox: Inbox) -> Ingested:
        """Run the step on these parts."""
        return ingest(inbox, self.store, self.coordinator, self.clock)

    def redrive(self, waiting: Sequence[Quarantined]) -> Ingested:
        """Try quarantined messages again."""
        return redrive(waiting, self.store, self.coordinator, self.clock)

    def close_days(self) -> int:
        """Close the region days that are due, as settle does before it looks for quiet houses."""
        return close(self.store, self.rules, self.store.steady())

    def settle(self) -> int:
        """Run the step on these parts."""
        return settle(self.store, self.coordinator, self.topic, self.rules)

    def sweep(self) -> int:
        """Run the step on these parts."""
        return sweep(self.store, self.coordinator, self.clock)

    def predict(self, house_ids: Sequence[str]) -> Predicted:
        """Run the step on these parts."""
        return predict(house_ids, self.store, self.coordinator, self.topic, self.model, self.rules)

    def deliver(self, sender: Sender) -> Delivered:
        """Run the step on these parts."""
        return deliver(self.store, sender, self.rules)

    def clear_claims(self) -> None:
        """Void every claim and lease; only for whoever knows that their holders are dead."""
        self.coordinator.clear()

    def close(self) -> None:
        """Close what is open."""
        self.database.close()


def embedded(
    settings: Settings, *, clock: Clock | None = None, longest_step_ms: int | None = None
) -> Sunsift:
    """Put Sunsift together on one SQLite file.

    clock: given to be told the time; by default the machine's. longest_step_ms: see `SqliteStore`; a
    service sets it, a single command does not.
    """
    told = clock is not None
    clock = clock or SystemClock()
    database = Database(settings.database)
    return Sunsift(
        store=SqliteStore(database, clock, longest_step_ms, told=told),
        coordinator=SqliteCoordinator(database),
        topic=LocalTopic(),
        records=SqliteRecords(database),
        model=load(),
        clock=clock,
        rules=settings.rules,
        database=database,
    )


def sender_to(target: str) -> Sender:
    """Return the sender for a web address or a file name."""
    return WebhookSender(target) if "://" in target else JsonLinesSender(Path(target))
