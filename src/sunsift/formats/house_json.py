"""Registrations as JSON messages, schema version 1: what somebody says of a house, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from sunsift.domain.errors import InvalidHouseError, UnusableMessageError
from sunsift.domain.house import House
from sunsift.formats.packet_json import CLOCK_TOLERANCE, SCHEMA

TYPE = "house"
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class HouseWord(NamedTuple):
    """A registration, and when it was said [microseconds since 1970, UTC]."""

    house: House
    said_at: int


class HouseFields(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a house, as in the CSV file of houses."""

    house_id: str
    capacity_kwp: float
    latitude: float
    longitude: float
    utc_offset_hours: float
    azimuth: float | None = None
    tilt: float | None = None
    export_limit_kw: float | None = None
    battery: bool = False
    region: str = ""


class HouseJson(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a house message."""

    schema: int
    type: str
    id: str
    house: HouseFields
    updated_at: datetime


class _Named(msgspec.Struct):
    house_id: str | None = None


class _Head(msgspec.Struct):
    """Just enough of a message to say whose it is, whatever else is wrong with it."""

    schema: int | None = None
    house: _Named = msgspec.field(default_factory=_Named)


_message = msgspec.json.Decoder(HouseJson)
_head = msgspec.json.Decoder(_Head)


def parse(body: bytes, now: datetime) -> HouseWord:
    """Read a house message. now: wall time. Errors: UnusableMessageError."""
    try:
        message = _message.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(body, error) from error
    if message.schema != SCHEMA:
        raise _wrong_schema(message.schema, message.house.house_id)
    return HouseWord(_house(message.house), _said_at(message, now))


def _explain(body: bytes, error: Exception) -> UnusableMessageError:
    try:
        head = _head.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        head = _Head()
    if head.schema is not None and head.schema != SCHEMA:
        return _wrong_schema(head.schema, head.house.house_id)
    return UnusableMessageError("wrong_shape", f"the message is no house: {error}", head.house.house_id)


def _wrong_schema(schema: int, house_id: str | None) -> UnusableMessageError:
    return UnusableMessageError("wrong_schema", f"schema is {schema}; this version reads {SCHEMA}", house_id)


def _house(fields: HouseFields) -> House:
    values: dict[str, Any] = msgspec.structs.asdict(fields)
    try:
        # -0.0 equals 0.0 and would not look it in a digest.
        plain: dict[str, Any] = {k: v + 0.0 if isinstance(v, float) else v for k, v in values.items()}
        return House(**plain)
    except InvalidHouseError as error:
        raise UnusableMessageError("wrong_house", str(error), fields.house_id) from error


def _said_at(message: HouseJson, now: datetime) -> int:
    said, house_id = message.updated_at, message.house.house_id
    if said.tzinfo is None:
        raise UnusableMessageError(
            "wrong_time", "updated_at must say its offset from UTC, for example with a Z at its end", house_id
        )
    if said > now + CLOCK_TOLERANCE:
        raise UnusableMessageError("future", f"updated_at {said.isoformat()} lies in the future", house_id)
    return (said - _UNIX) // _MICROSECOND
