"""Ingest: take messages, keep the winning packets and quarantine the rest, then delete the messages."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.house import House
from sunsift.domain.readings import Packet, largest_exports_wh
from sunsift.formats import packet_json
from sunsift.ports import Clock, Coordinator, Inbox, Message, Quarantined, Refused, Saved, Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest did.

    taken: messages it received; 0 means that the inbox was empty. refused: those that went to quarantine.
    """

    taken: int
    saved: Saved
    refused: Sequence[Refused] = ()


def ingest(inbox: Inbox, store: Store, coordinator: Coordinator, clock: Clock, trace: str = "") -> Ingested:
    """Take one batch of messages. trace: names it, see `Store.save`.

    The messages are deleted last: a crash before that brings them again, and packets that are already
    stored change nothing.
    """
    # Every taking of a message counts, and too many mark it as poison: take none that cannot be stored.
    store.houses(())
    messages = inbox.receive(inbox.batch)
    if not messages:
        return Ingested(0, Saved())
    packets, refused = _sort_out(messages, store, clock)
    saved = store.save(packets, refused, trace)
    coordinator.touch(saved.arrived)
    inbox.delete(messages)
    log.debug(
        "stored messages",
        extra={
            "trace_id": trace,
            "message_ids": [m.id for m in messages if m.id],
            "house_ids": sorted({p.house_id for p in packets}),
        },
    )
    return Ingested(len(messages), saved, refused)


def redrive(waiting: Sequence[Quarantined], store: Store, coordinator: Coordinator, clock: Clock) -> Ingested:
    """Try quarantined messages once more; those that still cannot be used stay.

    The quarantine is cleared last, so a crash before that only means that they are tried again.
    """
    messages = [Message(q.body, q.id, q.source, None if q.body else q.reason) for q in waiting]
    packets, refused = _sort_out(messages, store, clock)
    trouble_before = {(q.body, q.source): q.code for q in waiting}
    unchanged = [r for r in refused if trouble_before[r.body, r.source] == r.code]
    changed = [r for r in refused if trouble_before[r.body, r.source] != r.code]
    saved = store.save(packets, changed)
    coordinator.touch(saved.arrived)
    stays = {(r.body, r.source) for r in unchanged}
    store.discard([q.id for q in waiting if (q.body, q.source) not in stays])
    saved.quarantined = len(refused)
    return Ingested(len(messages), saved, refused)


def _sort_out(messages: Sequence[Message], store: Store, clock: Clock) -> tuple[list[Packet], list[Refused]]:
    """Part messages into packets and refusals."""
    refused = [Refused(m.body, m.source, m.problem_code, m.problem) for m in messages if m.problem]
    readable = [m for m in messages if not m.problem]
    decoded = packet_json.decode([m.body for m in readable], clock.now())
    candidates = []
    for message, entry in zip(readable, decoded, strict=True):
        if isinstance(entry, UnusableMessageError):
            refused.append(_refuse(message, entry))
        else:
            candidates.append((message, entry))
    houses = store.houses({packet.house_id for _, packet in candidates})
    largest = largest_exports_wh([packet for _, packet in candidates])
    packets = []
    for (message, packet), export_wh in zip(candidates, largest, strict=True):
        problem = _problem(packet, houses.get(packet.house_id), export_wh)
        if problem is None:
            packets.append(packet)
        else:
            refused.append(_refuse(message, problem))
    return packets, refused


def _problem(packet: Packet, house: House | None, export_wh: int) -> UnusableMessageError | None:
    """Check a packet against its registration; export_wh: its largest export in one interval [Wh]."""
    if house is None:
        return UnusableMessageError(
            "unknown_house",
            f"house {packet.house_id} is not registered; the packet waits until it is",
            packet.house_id,
        )
    limit_wh = house.largest_export_wh(packet.interval_minutes)
    if export_wh > limit_wh:
        return UnusableMessageError(
            "impossible",
            f"an export of {export_wh / 1000:g} kWh in {packet.interval_minutes} minutes is more than "
            f"{house.capacity_kwp:g} kWp of panels can make; is the registered capacity right?",
            packet.house_id,
        )
    return None


def _refuse(message: Message, error: UnusableMessageError) -> Refused:
    return Refused(message.body, message.source, error.code, error.reason, error.house_id)
