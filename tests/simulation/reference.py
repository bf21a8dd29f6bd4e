"""What must be in the end: the same packets under the same sunlight in one go, and plain counting."""

from collections.abc import Iterable, Iterator, Sequence

from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.records import SqliteRecords
from sunsift.adapters.sqlite.store import SqliteStore
from sunsift.domain.house import House
from sunsift.domain.readings import LARGEST_MISSING_SHARE, MEASURED, MISSING, Packet
from sunsift.domain.rules import Rules
from sunsift.model import Model
from sunsift.parcels import Message
from sunsift.ports import PREDICT, Clock
from sunsift.records import RegionDay
from sunsift.steps.ingest import ingest
from sunsift.steps.predict import predict
from sunsift.steps.settle import settle
from tests.support.build import message_of


class _Pile:
    """An inbox that gives everything at once."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        self._messages = [Message(message_of(packet), "") for packet in packets]
        self.batch = max(1, len(self._messages))

    def depth(self) -> int:
        return len(self._messages)

    def receive(self, limit: int) -> list[Message]:
        return self._messages

    def delete(self, messages: Sequence[Message]) -> None:
        self._messages = []


class _Last:
    """A topic that remembers the houses to predict."""

    def __init__(self) -> None:
        self.houses: list[str] = []

    def publish(self, channel: str, bodies: Sequence[str]) -> None:
        if channel == PREDICT:
            self.houses.extend(bodies)


def undisturbed(
    database: Database,
    clock: Clock,
    houses: Sequence[House],
    packets: Sequence[Packet],
    sunlight: Iterable[RegionDay],
    model: Model,
    rules: Rules,
) -> SqliteRecords:
    """Run the steps once, in order, on an empty store.

    sunlight: region days that were closed elsewhere, whose profiles these shall close with. rules: their
    quiet time must be 0.
    """
    store, coordinator, topic = SqliteStore(database, clock, None), SqliteCoordinator(database), _Last()
    store.register(houses)
    store.import_feed([(r.region, r.day, r.profile) for r in sunlight if r.profile is not None])
    ingest(_Pile(packets), store, coordinator, clock)
    settle(store, coordinator, topic, rules)
    predict(topic.houses, store, coordinator, topic, model, rules)
    return SqliteRecords(database)


def winners(packets: Sequence[Packet]) -> dict[tuple[str, int], Packet]:
    """Return the packet that wins for each house and day."""
    best: dict[tuple[str, int], Packet] = {}
    for packet in sorted(packets, key=lambda p: (p.updated_at, p.digest())):
        best[packet.house_id, packet.day] = packet
    return best


def ready(packets: dict[tuple[str, int], Packet], rules: Rules) -> Iterator[tuple[str, int, int]]:
    """Count by hand which periods are ready: (house_id, last day, usable days)."""
    usable = {key for key, packet in packets.items() if _is_usable(packet)}
    for (house_id, end), packet in packets.items():
        days = sum((house_id, end - ago) in usable for ago in range(rules.period_days))
        if days >= rules.ready_days and _missing(packet) < 1.0:
            yield house_id, end, days


def _missing(packet: Packet) -> float:
    values = memoryview(packet.readings).cast("H")
    return list(values).count(MISSING) / len(values)


def _is_usable(packet: Packet) -> bool:
    return packet.quality in MEASURED and _missing(packet) <= LARGEST_MISSING_SHARE
