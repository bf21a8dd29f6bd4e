"""What messages turn out to be, and which packets fit what is registered."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.house import House
from sunsift.domain.readings import Packet, largest_exports_wh
from sunsift.formats.house_json import HouseWord
from sunsift.formats.message import CutPacket, decode
from sunsift.parcels import Erasure, Message, Refused
from sunsift.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class Read:
    """What messages turned out to be."""

    packets: list[tuple[Message, CutPacket]] = field(default_factory=list)
    words: list[HouseWord] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read(messages: Sequence[Message], clock: Clock) -> Read:
    """Part messages into packets, registrations and refusals."""
    result = Read()
    result.refused.extend(
        Refused(m.body, m.source, m.problem_code, m.problem, m.house_id) for m in messages if m.problem
    )
    readable = [m for m in messages if not m.problem]
    decoded = decode([m.body for m in readable], clock.now())
    for message, entry in zip(readable, decoded, strict=True):
        if isinstance(entry, CutPacket):
            result.packets.append((message, entry))
        elif isinstance(entry, HouseWord):
            result.words.append(entry)
        else:
            result.refused.append(_refuse(message, entry))
    return result


def check(
    candidates: Sequence[tuple[Message, CutPacket]], store: Store
) -> tuple[list[Packet], list[Refused]]:
    """Part packets into those that fit their houses' registrations, and refusals."""
    houses = store.houses({entry.packet.house_id for _, entry in candidates})
    largest = largest_exports_wh([entry.packet for _, entry in candidates])
    packets, refused = [], []
    for (message, entry), export_wh in zip(candidates, largest, strict=True):
        problem = _problem(entry, houses.get(entry.packet.house_id), export_wh)
        if problem is None:
            packets.append(entry.packet)
        elif problem.code == "clock":
            refused.append(replace(_refuse(message, problem), utc_offset_hours=entry.utc_offset_hours))
        else:
            refused.append(_refuse(message, problem))
    return packets, refused


def still_told(words: Sequence[HouseWord], store: Store) -> list[HouseWord]:
    """Leave out registrations of erased houses that were said before the erasure: they must not come back."""
    gone = _erased({word.house.house_id for word in words}, store)
    return [
        w for w in words if (e := gone.get(w.house.house_id)) is None or w.said_at > e.erased_at_ms * 1000
    ]


def still_kept(refused: Sequence[Refused], store: Store) -> list[Refused]:
    """Leave out messages of erased houses, which nobody may keep any more."""
    gone = _erased({r.house_id for r in refused if r.house_id is not None}, store)
    return [r for r in refused if r.house_id not in gone]


def _erased(house_ids: Set[str], store: Store) -> dict[str, Erasure]:
    """Return those of the houses that were erased and are not registered again."""
    return store.erased(house_ids - store.houses(house_ids).keys()) if house_ids else {}


def _problem(entry: CutPacket, house: House | None, export_wh: int) -> UnusableMessageError | None:
    """Check a packet against its registration; export_wh: its largest export in one interval [Wh]."""
    packet, cut = entry
    if house is None:
        return UnusableMessageError(
            "unknown_house",
            f"house {packet.house_id} is not registered; the packet waits until it is",
            packet.house_id,
        )
    if cut is not None and cut != house.utc_offset_hours:
        return UnusableMessageError(
            "clock",
            f"cut by UTC{cut:+g}, registered with UTC{house.utc_offset_hours:+g}: "
            "register the house with the clock its meter data is in",
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
