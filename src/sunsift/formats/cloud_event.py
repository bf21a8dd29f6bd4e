"""CloudEvents 1.0 around a message: structured JSON, and over HTTP also binary.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from sunsift.domain.errors import UnusableMessageError

PACKET: Final = "sunsift.packet"
HOUSE: Final = "sunsift.house"
SPECVERSION: Final = "1.0"
_JSON: Final = "application/json"
_HEADER: Final = "ce-"


class _Event(msgspec.Struct):
    """What is looked at of an event. Other attributes are welcome, as the specification asks."""

    specversion: str
    id: str
    source: str
    type: str
    datacontenttype: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


_event = msgspec.json.Decoder(_Event)


def unwrap(body: bytes) -> tuple[str, bytes]:
    """Return the type of an event, `PACKET` or `HOUSE`, and the message within.

    body: a JSON object that has a `specversion`. Errors: UnusableMessageError.
    """
    try:
        event = _event.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableMessageError("wrong_event", f"the message is no CloudEvent: {error}") from error
    if event.specversion != SPECVERSION:
        raise UnusableMessageError(
            "wrong_specversion", f"specversion is {event.specversion!r}; this version reads {SPECVERSION!r}"
        )
    if not (event.id and event.source):
        raise UnusableMessageError("wrong_event", "the CloudEvent's id and source must not be empty")
    if event.type not in {PACKET, HOUSE}:
        raise UnusableMessageError(
            "unknown_type", f"the CloudEvent's type is {event.type!r}, must be {PACKET} or {HOUSE}"
        )
    return event.type, _data(event)


def _data(event: _Event) -> bytes:
    kind = (event.datacontenttype or _JSON).partition(";")[0].strip().lower()
    if kind != _JSON and not kind.endswith("+json"):
        raise UnusableMessageError(
            "wrong_event", f"datacontenttype is {event.datacontenttype!r}, must be {_JSON}"
        )
    data = bytes(event.data)
    given = data not in {b"", b"null"}
    if given == (event.data_base64 is not None):
        raise UnusableMessageError(
            "wrong_event", "the CloudEvent must hold its message in data or in data_base64, one of both"
        )
    if event.data_base64 is None:
        return data
    try:
        return base64.b64decode(event.data_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableMessageError("wrong_event", f"data_base64 is no base64: {error}") from error


def is_binary(headers: Mapping[str, str]) -> bool:
    """Say whether headers of HTTP (names in lower case) make the body the data of an event."""
    return f"{_HEADER}specversion" in headers


def from_binary_headers(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the event of HTTP's binary mode as a structured one, which keeps all that was said.

    headers: of the request, names in lower case. Nothing is checked here: whoever reads the event does.
    """
    event: dict[str, object] = {
        name.removeprefix(_HEADER): unquote(value)
        for name, value in headers.items()
        if name.startswith(_HEADER)
    }
    if "content-type" in headers:
        event["datacontenttype"] = headers["content-type"]
    try:
        # Only a whole JSON value may stand in for one.
        msgspec.json.decode(body)
        event["data"] = msgspec.Raw(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        event["data_base64"] = base64.b64encode(body).decode("ascii")
    return msgspec.json.encode(event)
