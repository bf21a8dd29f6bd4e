"""Ingest: take messages, keep what holds of houses and packets, quarantine the rest, delete the messages."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.parcels import Message, Quarantined, Refused, Registered, Saved
from sunsift.ports import Clock, Coordinator, Inbox, Store
from sunsift.steps.sort_out import check, read, still_kept, still_told

log = logging.getLogger(__name__)
REDRIVE_BATCH = 1000
NO_MESSAGE = {"not_json", "not_utf8", "wrong_shape"}
WAITING = {"unknown_house", "clock"}


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest did.

    taken: messages it received; 0 means that the inbox was empty. refused: those that went to quarantine.
    """

    taken: int
    saved: Saved
    refused: Sequence[Refused] = ()


@dataclass(frozen=True, slots=True)
class _Sorted:
    """What messages brought: registrations, which are stored by now, packets and refusals.

    erased: how many were about houses that were erased.
    """

    registered: Registered
    houses: Collection[str]
    packets: Sequence[Packet]
    refused: Sequence[Refused]
    erased: int


def ingest(inbox: Inbox, store: Store, coordinator: Coordinator, clock: Clock, trace: str = "") -> Ingested:
    """Take one batch of messages. trace: names it, see `Store.save`.

    Registrations come first, so that a house and its packets may come in one batch. The messages are deleted
    last: a crash before that brings them again, and what is already stored changes nothing.
    """
    # Every taking of a message counts, and too many mark it as poison: take none that cannot be stored.
    store.houses(())
    messages = inbox.receive(inbox.batch)
    if not messages:
        return Ingested(0, Saved())
    found = _sort_out(messages, store, clock)
    saved = store.save(found.packets, found.refused, trace)
    _follow_up(found, saved, store, coordinator, clock)
    inbox.delete(messages)
    log.debug(
        "stored messages",
        extra={
            "trace_id": trace,
            "message_ids": [m.id for m in messages if m.id],
            "house_ids": sorted({p.house_id for p in found.packets}.union(found.houses)),
        },
    )
    return Ingested(len(messages), saved, found.refused)


def redrive(waiting: Sequence[Quarantined], store: Store, coordinator: Coordinator, clock: Clock) -> Ingested:
    """Try quarantined messages once more; those that still cannot be used stay.

    The quarantine is cleared last, so a crash before that only means that they are tried again.
    """
    messages = [Message(q.body, q.id, q.source, None if q.body else q.reason) for q in waiting]
    found = _sort_out(messages, store, clock)
    trouble_before = {(q.body, q.source): q.code for q in waiting}
    unchanged: list[Refused] = []
    changed: list[Refused] = []
    for r in found.refused:
        before = trouble_before[r.body, r.source]
        # A part of a meter file was never a message: that it is none is no news of it.
        still = r.code == before or (r.code in NO_MESSAGE and before not in WAITING)
        (unchanged if still else changed).append(r)
    saved = store.save(found.packets, changed)
    stays = {(r.body, r.source) for r in unchanged}
    store.discard([q.id for q in waiting if (q.body, q.source) not in stays])
    saved.quarantined = len(found.refused)
    _follow_up(found, saved, store, coordinator, clock)
    return Ingested(len(messages), saved, found.refused)


def register(
    houses: Sequence[House], store: Store, coordinator: Coordinator, clock: Clock
) -> tuple[Registered, Saved]:
    """Register houses as a person says them now, and ingest the packets that waited for it in quarantine.

    Result: what it did to the houses, and to those packets.
    """
    registered = store.register(houses)
    coordinator.touch(registered.arrived)
    return registered, _welcome({house.house_id for house in houses}, store, coordinator, clock)


def _sort_out(messages: Sequence[Message], store: Store, clock: Clock) -> _Sorted:
    """Store the registrations among the messages, and hold the packets against what is registered then."""
    found = read(messages, clock)
    words = still_told(found.words, store)
    registered = Registered()
    if words:
        registered = store.register([w.house for w in words], [w.said_at for w in words])
    packets, misfits = check(found.packets, store)
    refused = [*found.refused, *misfits]
    kept = still_kept(refused, store)
    erased = len(found.words) - len(words) + len(refused) - len(kept)
    return _Sorted(registered, {word.house.house_id for word in words}, packets, kept, erased)


def _follow_up(found: _Sorted, saved: Saved, store: Store, coordinator: Coordinator, clock: Clock) -> None:
    """Start quiet clocks, and ingest what waited for the registrations. Adds to `saved` what came of them."""
    coordinator.touch(found.registered.arrived | saved.arrived)
    saved.houses = found.registered.added + found.registered.changed
    saved.houses_superseded = found.registered.superseded
    saved.erased = found.erased
    saved.redriven = _welcome(found.houses, store, coordinator, clock).accepted


def _welcome(house_ids: Collection[str], store: Store, coordinator: Coordinator, clock: Clock) -> Saved:
    """Ingest the packets that waited for these registrations; whatever a crash leaves, the sweep finds."""
    total = Saved()
    tried: set[str] = set()
    named = sorted(house_ids)
    while named and (waiting := store.redrivable(REDRIVE_BATCH, named)):
        if tried.issuperset(message.id for message in waiting):
            break  # the registration has changed again meanwhile, and brings them back
        tried.update(message.id for message in waiting)
        total.add(redrive(waiting, store, coordinator, clock).saved)
    return total
