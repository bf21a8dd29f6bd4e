"""Packets as JSON, schema version 1: one object a message."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import msgspec
import numpy as np

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.house import LARGEST_IMPORT_KW
from sunsift.domain.readings import INTERVALS, MISSING, QUALITIES, FloatArray, Packet, day_number

SCHEMA = 1
LARGEST_MESSAGE_BYTES = 48 * 1024
OLDEST_DAY = date(2000, 1, 1)
# The retailer's clock and ours may differ; more than this is a mistake that would outlive every correction.
CLOCK_TOLERANCE = timedelta(days=1)
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class PacketJson(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The fields of a packet message, as design and documentation name them.

    utc_offset_hours: by which clock the day was cut; left out, it is the registered house's.
    """

    schema: int
    id: str
    house_id: str
    date: date
    interval_minutes: int
    import_kwh: list[float | None]
    export_kwh: list[float | None]
    quality: str
    updated_at: datetime
    utc_offset_hours: float | None = None


class _Envelope(msgspec.Struct, gc=False):
    """Just enough of a message to tell what it is, whatever else is wrong with it."""

    schema: int | None = None
    house_id: str | None = None


_packet = msgspec.json.Decoder(PacketJson)
_envelope = msgspec.json.Decoder(_Envelope)


def decode(bodies: Sequence[bytes], now: datetime) -> list[Packet | UnusableMessageError]:
    """Read messages; an unusable one becomes the error that says why.

    now: wall time, against which dates in the future are refused. Result: one entry a message.
    """
    read: list[PacketJson | UnusableMessageError] = []
    for body in bodies:
        try:
            read.append(parse(body, now))
        except UnusableMessageError as error:
            read.append(error)
    packets = iter(to_packets([entry for entry in read if isinstance(entry, PacketJson)]))
    return [next(packets) if isinstance(entry, PacketJson) else entry for entry in read]


def to_packets(messages: Sequence[PacketJson]) -> list[Packet | UnusableMessageError]:
    """Turn messages that `parse` returned into packets, unless their readings cannot be. One entry each."""
    result: list[Packet | UnusableMessageError | None] = [None] * len(messages)
    by_interval: dict[int, list[int]] = {}
    for row, message in enumerate(messages):
        by_interval.setdefault(message.interval_minutes, []).append(row)
    for interval_minutes, rows in by_interval.items():
        group = [messages[row] for row in rows]
        values = chain.from_iterable(chain(m.import_kwh, m.export_kwh) for m in group)
        # Turns None into NaN.
        kwh = np.fromiter(values, np.float64).reshape(len(group), -1)
        for row, packet in zip(rows, _to_packets(kwh, group, interval_minutes), strict=True):
            result[row] = packet
    return [entry for entry in result if entry is not None]


def parse(body: bytes, now: datetime) -> PacketJson:
    """Read a packet's message, but for its readings. now: wall time. Errors: UnusableMessageError."""
    if len(body) > LARGEST_MESSAGE_BYTES:
        raise UnusableMessageError(
            "too_large",
            f"the message has {len(body):,} bytes; a packet has at most {LARGEST_MESSAGE_BYTES:,}",
        )
    try:
        message = _packet.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(body, error) from error
    _check(message, now)
    return message


def _explain(body: bytes, error: Exception) -> UnusableMessageError:
    """Find the plainest word for what is wrong with a message that is no packet."""
    if not body.strip():
        return UnusableMessageError("empty", "the message is empty")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as encoding:
        return UnusableMessageError(
            "not_utf8", f"the message is not UTF-8 text (byte {encoding.start + 1} of {len(body):,})"
        )
    if not isinstance(error, msgspec.ValidationError):
        return UnusableMessageError("not_json", f"the message is not JSON: {error}")
    try:
        envelope = _envelope.decode(body)
    except (msgspec.DecodeError, RecursionError):
        envelope = _Envelope()
    if envelope.schema is not None and envelope.schema != SCHEMA:
        return _wrong_schema(envelope.schema, envelope.house_id)
    return UnusableMessageError("wrong_shape", f"the message is no packet: {error}", envelope.house_id)


def _wrong_schema(schema: int, house_id: str | None) -> UnusableMessageError:
    return UnusableMessageError("wrong_schema", f"schema is {schema}; this version reads {SCHEMA}", house_id)


def _check(m: PacketJson, now: datetime) -> None:
    if m.schema != SCHEMA:
        raise _wrong_schema(m.schema, m.house_id)

    def refuse(code: str, reason: str) -> UnusableMessageError:
        return UnusableMessageError(code, reason, m.house_id)

    if not m.house_id or len(m.house_id) > 64:
        raise refuse("wrong_shape", "house_id must have 1 to 64 characters")
    if m.interval_minutes not in INTERVALS:
        raise refuse("wrong_interval", f"interval_minutes is {m.interval_minutes}, must be 5, 15, 30 or 60")
    count = 1440 // m.interval_minutes
    if len(m.import_kwh) != count or len(m.export_kwh) != count:
        raise refuse(
            "wrong_length",
            f"a day of {m.interval_minutes}-minute intervals has {count} values; import_kwh has "
            f"{len(m.import_kwh)} and export_kwh {len(m.export_kwh)}",
        )
    if len(m.quality) != 1 or m.quality not in QUALITIES:
        raise refuse("wrong_quality", f"quality is {m.quality!r}, must be one of A, S, F, E, N")
    if m.updated_at.tzinfo is None:
        raise refuse("wrong_time", "updated_at must say its offset from UTC, for example with a Z at its end")
    if m.updated_at > now + CLOCK_TOLERANCE:
        raise refuse("future", f"updated_at {m.updated_at.isoformat()} lies in the future")
    if m.date > (now + CLOCK_TOLERANCE).date():
        raise refuse("future", f"date {m.date} lies in the future")
    if m.date < OLDEST_DAY:
        raise refuse("too_old", f"date {m.date} lies before {OLDEST_DAY}")


def _to_packets(
    kwh: FloatArray, messages: Sequence[PacketJson], interval_minutes: int
) -> list[Packet | UnusableMessageError]:
    """Check the numbers of messages of one interval length and turn them into packets.

    kwh: shape (n, 2 * intervals), NaN where missing.
    """
    largest_kwh = LARGEST_IMPORT_KW * interval_minutes / 60.0
    lowest, highest = np.fmin.reduce(kwh, axis=1), np.fmax.reduce(kwh, axis=1)
    # A row of nulls has neither; it is a day without data, and welcome.
    wrong = (lowest < 0.0) | (highest > largest_kwh)
    usable = np.where(wrong[:, np.newaxis], np.nan, kwh)
    missing = np.isnan(usable)
    watt_hours = np.where(missing, MISSING, np.rint(usable * 1000.0)).astype("<u2")
    result: list[Packet | UnusableMessageError] = []
    for m, bad, readings, least, most in zip(messages, wrong, watt_hours, lowest, highest, strict=True):
        if bad:
            found = (
                f"{least:g} kWh is negative" if least < 0 else f"{most:g} kWh is more than any house draws"
            )
            result.append(
                UnusableMessageError(
                    "impossible", f"{found}; an interval holds 0 to {largest_kwh:g} kWh", m.house_id
                )
            )
        else:
            updated_at = (m.updated_at - _UNIX) // _MICROSECOND
            result.append(
                Packet(
                    m.house_id,
                    day_number(m.date),
                    interval_minutes,
                    m.quality,
                    updated_at,
                    readings.tobytes(),
                )
            )
    return result
