"""Every kind of message that may come in at an entrance: packets and houses, bare or as CloudEvents."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.readings import Packet
from sunsift.formats import cloud_event, house_json, packet_json
from sunsift.formats.house_json import HouseWord
from sunsift.formats.packet_json import PacketJson


class CutPacket(NamedTuple):
    """A packet, and by which clock its day was cut: standard time minus UTC [hours], None if not said."""

    packet: Packet
    utc_offset_hours: float | None


Decoded = CutPacket | HouseWord | UnusableMessageError


class _Sign(msgspec.Struct):
    """By what a message shows its kind."""

    specversion: msgspec.Raw = msgspec.Raw()
    type: msgspec.Raw = msgspec.Raw()


_sign = msgspec.json.Decoder(_Sign)


def decode(bodies: Sequence[bytes], now: datetime) -> list[Decoded]:
    """Read messages; an unusable one becomes the error that says why.

    now: wall time, against which dates in the future are refused. Result: one entry a message.
    """
    read = [_parse(body, now) for body in bodies]
    packets = iter(packet_json.to_packets([entry for entry in read if isinstance(entry, PacketJson)]))
    return [_cut(next(packets), entry) if isinstance(entry, PacketJson) else entry for entry in read]


def _cut(packet: Packet | UnusableMessageError, message: PacketJson) -> CutPacket | UnusableMessageError:
    if isinstance(packet, UnusableMessageError):
        return packet
    return CutPacket(packet, message.utc_offset_hours)


def _parse(body: bytes, now: datetime) -> PacketJson | HouseWord | UnusableMessageError:
    try:
        # Nearly all messages are bare packets: whatever is not shows that it is not by failing as one.
        return packet_json.parse(body, now)
    except UnusableMessageError as error:
        if error.code not in {"wrong_shape", "wrong_schema"}:
            return error
        try:
            return _another_kind(body, now, error)
        except UnusableMessageError as other:
            return other


def _another_kind(body: bytes, now: datetime, as_packet: UnusableMessageError) -> PacketJson | HouseWord:
    """Read what is no bare packet. as_packet: what is wrong with it as one."""
    try:
        sign = _sign.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise as_packet from None
    if bytes(sign.specversion):
        of, data = cloud_event.unwrap(body)
        return packet_json.parse(data, now) if of == cloud_event.PACKET else house_json.parse(data, now)
    kind = bytes(sign.type).decode()
    if not kind:
        raise as_packet
    if kind != f'"{house_json.TYPE}"':
        raise UnusableMessageError(
            "unknown_type",
            f'type is {kind[:40]}, must be "{house_json.TYPE}"; a packet has none',
            as_packet.house_id,
        )
    return house_json.parse(body, now)
