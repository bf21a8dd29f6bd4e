"""Every kind of message, bare or as a CloudEvent: what is taken, and what is said of the rest."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.house import House
from sunsift.formats import cloud_event
from sunsift.formats.house_json import HouseWord
from sunsift.formats.message import CutPacket, Decoded, decode
from sunsift.formats.packet_json import LARGEST_MESSAGE_BYTES
from tests.support.build import a_house, a_house_message, a_packet, fields_of, message_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAID = datetime(2025, 12, 24, 18, 30, 0, 250, tzinfo=UTC)
FULL = a_house(
    "Zähler/7", azimuth=350.0, tilt=22.5, export_limit_kw=5.0, battery=True, region="Süd", capacity_kwp=6.6
)
WORD = HouseWord(FULL, round(SAID.timestamp() * 1_000_000))
PACKET = a_packet()


def one(body: bytes) -> Decoded:
    """Read a single message."""
    (entry,) = decode([body], NOW)
    return entry


def refused(body: bytes) -> UnusableMessageError:
    """Read a single message that has to be refused."""
    entry = one(body)
    assert isinstance(entry, UnusableMessageError), entry
    return entry


def an_event(kind: str = cloud_event.PACKET, **changes: Any) -> bytes:
    """Return a CloudEvent with a packet and extension attributes. changes: None takes an attribute away."""
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/billing",
        "type": kind,
        "time": "2025-12-24T18:30:00Z",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": fields_of(PACKET),
    } | changes
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def test_a_packet_says_by_which_clock_it_was_cut() -> None:
    assert one(message_of(PACKET)) == CutPacket(PACKET, None)
    assert one(message_of(PACKET, utc_offset_hours=9.5)) == CutPacket(PACKET, 9.5)
    assert one(message_of(PACKET, utc_offset_hours=None)) == CutPacket(PACKET, None)
    assert refused(message_of(PACKET, utc_offset_hours="10")).code == "wrong_shape"


def test_a_house_is_read_whole() -> None:
    assert one(a_house_message(FULL, SAID)) == WORD
    least = a_house("h")
    assert one(a_house_message(least, SAID)) == HouseWord(least, WORD.said_at)
    assert one(a_house_message(least, SAID, updated_at="2025-12-25T05:00:00.000250+10:30")) == HouseWord(
        least, WORD.said_at
    )


def test_equal_houses_have_one_digest_however_they_are_written() -> None:
    fields = {"house_id": "h", "capacity_kwp": 5, "latitude": -0.0, "longitude": 0, "utc_offset_hours": 10.0}
    entry = one(a_house_message(a_house("h"), SAID, house=fields))
    assert isinstance(entry, HouseWord)
    plain = House(house_id="h", capacity_kwp=5.0, latitude=0.0, longitude=0.0, utc_offset_hours=10.0)
    assert entry.house.digest() == plain.digest()


HOUSE = json.loads(a_house_message(FULL, SAID))["house"]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"colour": "red"}, "wrong_shape", "`colour`"),
        ({"house": HOUSE | {"capacity": 5}}, "wrong_shape", "`capacity` - at `$.house`"),
        ({"house": {"house_id": "Zähler/7"}}, "wrong_shape", "`capacity_kwp`"),
        ({"house": HOUSE | {"battery": "yes"}}, "wrong_shape", "Expected `bool`"),
        ({"house": HOUSE | {"latitude": 99}}, "wrong_house", "latitude is 99.0, must lie in -90 to 90"),
        ({"schema": 2}, "wrong_schema", "schema is 2; this version reads 1"),
        ({"schema": 2, "new": 1}, "wrong_schema", "schema is 2"),
        ({"updated_at": "2025-12-24T18:30:00"}, "wrong_time", "offset from UTC"),
        ({"updated_at": "2026-01-02T00:00:01Z"}, "future", "2026-01-02"),
        ({"updated_at": 5}, "wrong_shape", "`$.updated_at`"),
    ],
)
def test_what_is_wrong_with_a_house_is_said(changes: dict[str, Any], code: str, said: str) -> None:
    error = refused(a_house_message(FULL, SAID, **changes))
    assert (error.code, error.house_id) == (code, "Zähler/7")
    assert said in error.reason


@pytest.mark.parametrize("kind", ['"packet"', '"hous"', "null", "7", '"\\u00e9"', '["house"]'])
def test_another_type_is_named(kind: str) -> None:
    error = refused(message_of(PACKET).replace(b"{", b'{"type": ' + kind.encode() + b", ", 1))
    assert (error.code, error.house_id) == ("unknown_type", "house-1")
    assert error.reason == f'type is {kind}, must be "house"; a packet has none'


def test_events_hold_packets_and_houses() -> None:
    house = json.loads(a_house_message(FULL, SAID))
    packed: dict[str, Any] = {"data": None, "data_base64": base64.b64encode(message_of(PACKET)).decode()}
    assert one(an_event()) == CutPacket(PACKET, None)
    assert one(an_event(cloud_event.HOUSE, data=house)) == WORD
    assert one(an_event(**packed)) == CutPacket(PACKET, None)
    for kind in ("application/json", "Application/JSON; charset=utf-8", "application/packet+json"):
        assert one(an_event(datacontenttype=kind)) == CutPacket(PACKET, None)
        assert one(an_event(datacontenttype=kind, **packed)) == CutPacket(PACKET, None)


@pytest.mark.parametrize(
    ("event", "code", "said"),
    [
        (an_event(specversion="0.3"), "wrong_specversion", "'0.3'"),
        (an_event(specversion=1.0), "wrong_event", "specversion"),
        (an_event(id=None), "wrong_event", "`id`"),
        (an_event(id=""), "wrong_event", "must not be empty"),
        (an_event(source=""), "wrong_event", "must not be empty"),
        (an_event("sunsift.report"), "unknown_type", "'sunsift.report'"),
        (an_event(data_base64="e30="), "wrong_event", "one of both"),
        (an_event(data=None), "wrong_event", "one of both"),
        (an_event().replace(b'"data": {', b'"data": null, "x": {'), "wrong_event", "one of both"),
        (an_event(data=None, data_base64="?"), "wrong_event", "no base64"),
        (an_event(datacontenttype="application/xml"), "wrong_event", "application/xml"),
        (an_event(data="{}"), "wrong_shape", "Expected `object`"),
        (an_event(data={"schema": 1}), "wrong_shape", "no packet"),
        (an_event(data=fields_of(PACKET) | {"date": "2027-01-01"}), "future", "date"),
        (an_event(cloud_event.HOUSE), "wrong_shape", "no house"),
        (an_event(data=json.loads(an_event())), "wrong_shape", "`specversion`"),
    ],
)
def test_what_is_wrong_with_an_event_is_said(event: bytes, code: str, said: str) -> None:
    error = refused(event)
    assert error.code == code
    assert said in error.reason


def test_the_envelope_counts_for_the_size() -> None:
    room = LARGEST_MESSAGE_BYTES - len(an_event(subject=""))
    assert one(an_event(subject="x" * (room - 1))) == CutPacket(PACKET, None)
    assert refused(an_event(subject="x" * (room + 1))).code == "too_large"


def test_the_binary_mode_of_http_keeps_all_that_was_said() -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "a%20b%C3%A9",
        "ce-source": "/billing",
        "ce-type": cloud_event.PACKET,
        "content-type": "application/json; charset=utf-8",
        "host": "here",
    }
    assert cloud_event.is_binary(headers)
    assert not cloud_event.is_binary({"content-type": "application/json"})
    body = cloud_event.from_binary_headers(headers, message_of(PACKET))
    assert one(body) == CutPacket(PACKET, None)
    assert json.loads(body) == {
        "specversion": "1.0", "id": "a bé", "source": "/billing", "type": cloud_event.PACKET,
        "datacontenttype": "application/json; charset=utf-8", "data": fields_of(PACKET),
    }  # fmt: skip
    assert refused(cloud_event.from_binary_headers(headers, b"{broken")).code == "not_json"
    assert refused(cloud_event.from_binary_headers(headers, b"")).code == "empty"
    older = cloud_event.from_binary_headers(headers | {"ce-specversion": "0.3"}, message_of(PACKET))
    assert refused(older).code == "wrong_specversion"


def test_messages_of_all_kinds_keep_their_places() -> None:
    other = a_packet(interval_minutes=5)
    bodies = [
        message_of(PACKET),
        a_house_message(FULL, SAID),
        b"",
        an_event(data=fields_of(other)),
        message_of(other),
        b"[]",
    ]
    entries = decode(bodies, NOW)
    assert [getattr(e, "code", e) for e in entries] == [
        CutPacket(PACKET, None), WORD, "empty", CutPacket(other, None), CutPacket(other, None), "wrong_shape",
    ]  # fmt: skip


KEYS = st.sampled_from(
    ["specversion", "type", "data", "data_base64", "schema", "house", "house_id", "id", "x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(["1.0", "house", "sunsift.house", "sunsift.packet"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.binary() | st.dictionaries(KEYS, VALUES).map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"data":' * 5_000)
@example(b'{"type": "house", "house": ' + b"[" * 40_000)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert isinstance(one(body), UnusableMessageError)
