"""Packets as JSON: what is read, what is refused and why, and that nothing else ever happens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.readings import INTERVALS, MISSING, Packet, day_date
from sunsift.formats.packet_json import LARGEST_MESSAGE_BYTES, decode
from tests.support.build import FIRST_DAY, a_packet, fields_of, message_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FIELDS = fields_of(a_packet())


def read(body: bytes) -> Packet:
    """Read a message that must be a packet."""
    (entry,) = decode([body], NOW)
    assert isinstance(entry, Packet), entry
    return entry


def refusal(body: bytes) -> UnusableMessageError:
    """Read a message that must be refused."""
    (entry,) = decode([body], NOW)
    assert isinstance(entry, UnusableMessageError), entry
    return entry


def changed(**changes: Any) -> bytes:
    """Return a good message with some fields changed."""
    return json.dumps(FIELDS | changes).encode()


def with_first(raw: str, field: str = "import_kwh") -> bytes:
    """Return a good message whose first value is written just so."""
    marked = json.dumps(FIELDS | {field: ["@", *FIELDS[field][1:]]})
    return marked.replace('"@"', raw).encode()


@pytest.mark.parametrize("minutes", INTERVALS)
@pytest.mark.parametrize("nulls", [0, 2, 24])
def test_a_packet_is_read_exactly(minutes: int, nulls: int) -> None:
    packet = a_packet(interval_minutes=minutes, nulls=nulls, quality="F")
    assert read(message_of(packet)) == packet


def test_every_watt_hour_is_read_exactly() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        watt_hours = rng.integers(0, 30_001, 96).astype("<u2")
        packet = a_packet()._replace(readings=watt_hours.tobytes())
        assert read(message_of(packet)) == packet


def test_a_day_of_nulls_is_a_packet() -> None:
    packet = read(changed(import_kwh=[None] * 48, export_kwh=[None] * 48, quality="N"))
    assert set(np.frombuffer(packet.readings, "<u2").tolist()) == {MISSING}


@pytest.mark.parametrize(
    ("kwh", "watt_hours"), [("0", 0), ("-0.0", 0), ("0.0004", 0), ("1e-300", 0), ("30", 30_000)]
)
def test_numbers_become_whole_watt_hours(kwh: str, watt_hours: int) -> None:
    assert np.frombuffer(read(with_first(kwh)).readings, "<u2")[0] == watt_hours


def test_times_are_compared_in_utc() -> None:
    here = read(changed(updated_at="2025-11-22T12:10:00.000001+10:00"))
    there = read(changed(updated_at="2025-11-22T02:10:00.000001Z"))
    assert here == there
    assert here.beats(read(changed(updated_at="2025-11-22T02:10:00Z")))


def test_order_and_spaces_mean_nothing() -> None:
    backwards = dict(reversed(FIELDS.items()))
    assert read(json.dumps(backwards, indent=3).encode()) == read(changed()) == a_packet()


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b" \r\n", "empty", "empty"),
        (b"hello", "not_json", "not JSON"),
        (changed()[:-40], "not_json", "not JSON"),
        (changed() + b"}", "not_json", "not JSON"),
        (b"[" * 40_000, "wrong_shape", "no packet"),
        (changed(house_id="Z\u00e4hler").replace(rb"\u00e4", b"\xe4"), "not_utf8", "not UTF-8"),
        (changed().decode().encode("utf-16"), "not_utf8", "not UTF-8"),
        (with_first("NaN"), "not_json", "not JSON"),
        (with_first("Infinity"), "not_json", "not JSON"),
        (with_first("-Infinity"), "not_json", "not JSON"),
        (with_first("1e999"), "wrong_shape", "out of range"),
        (b"null", "wrong_shape", "no packet"),
        (b"[]", "wrong_shape", "no packet"),
        (b"{}", "wrong_shape", "`schema`"),
        (changed(schema=2), "wrong_schema", "schema is 2; this version reads 1"),
        (b'{"schema": 2, "other": [1]}', "wrong_schema", "schema is 2"),
        (changed(schema="1"), "wrong_shape", "schema"),
        (changed(exprot_kwh=[]), "wrong_shape", "exprot_kwh"),
        (json.dumps({k: v for k, v in FIELDS.items() if k != "quality"}).encode(), "wrong_shape", "quality"),
        (changed(house_id=""), "wrong_shape", "house_id"),
        (changed(house_id="x" * 65), "wrong_shape", "house_id"),
        (changed(house_id=7), "wrong_shape", "house_id"),
        (changed(interval_minutes=7), "wrong_interval", "7"),
        (changed(interval_minutes=0), "wrong_interval", "0"),
        (changed(interval_minutes=-30), "wrong_interval", "-30"),
        (changed(import_kwh=FIELDS["import_kwh"][1:]), "wrong_length", "47"),
        (changed(export_kwh=[*FIELDS["export_kwh"], 0]), "wrong_length", "49"),
        (changed(export_kwh=[]), "wrong_length", "export_kwh 0"),
        (changed(interval_minutes=60), "wrong_length", "24 values"),
        (changed(quality="X"), "wrong_quality", "'X'"),
        (changed(quality="AS"), "wrong_quality", "'AS'"),
        (changed(quality=""), "wrong_quality", "''"),
        (changed(updated_at="2026-01-01T00:00:00"), "wrong_time", "offset"),
        (changed(updated_at="yesterday"), "wrong_shape", "updated_at"),
        (changed(updated_at="2999-01-01T00:00:00Z"), "future", "future"),
        (changed(date="2026-03-04"), "future", "2026-03-04"),
        (changed(date="1999-12-31"), "too_old", "1999-12-31"),
        (changed(date="2025-02-29"), "wrong_shape", "date"),
        (with_first("-0.001"), "impossible", "negative"),
        (with_first("1e308"), "impossible", "1e+308"),
        (with_first("30.001", "export_kwh"), "impossible", "0 to 30 kWh"),
        (with_first('"0.2"'), "wrong_shape", "import_kwh"),
        (with_first("true"), "wrong_shape", "import_kwh"),
        (with_first("[]"), "wrong_shape", "import_kwh"),
        (b" " * (LARGEST_MESSAGE_BYTES + 1), "too_large", "49,153 bytes"),
        (changed(id="x" * 10_000_000), "too_large", "bytes"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, code: str, words: str) -> None:
    error = refusal(body)
    assert (error.code, words in error.reason) == (code, True), error.reason


def test_the_house_is_named_when_it_can_be() -> None:
    for body in (changed(quality="X"), changed(schema=2), changed(exprot_kwh=[]), with_first("-1")):
        assert refusal(body).house_id == "house-1"


def test_today_and_tomorrow_are_not_the_future() -> None:
    # A house east of us is a day ahead, and clocks differ.
    for ahead in (timedelta(0), timedelta(hours=23)):
        moment = NOW + ahead
        read(changed(date=moment.date().isoformat(), updated_at=moment.isoformat()))


def test_one_bad_message_does_not_touch_the_others() -> None:
    packets = [a_packet(day=FIRST_DAY + n, interval_minutes=m) for n, m in enumerate(INTERVALS)]
    bodies = [part for p in packets for part in (message_of(p), with_first("-1"), b"{")]
    entries = decode(bodies, NOW)
    assert entries[0::3] == packets
    assert [e.code for e in entries[1::3] if isinstance(e, UnusableMessageError)] == ["impossible"] * 4
    assert [e.code for e in entries[2::3] if isinstance(e, UnusableMessageError)] == ["not_json"] * 4


def holds_for(bodies: list[bytes]) -> None:
    """Check that every message becomes a true packet or a refusal with a reason."""
    entries = decode(bodies, NOW)
    assert len(entries) == len(bodies)
    for entry in entries:
        if isinstance(entry, UnusableMessageError):
            assert entry.code
            assert entry.reason.strip()
            entry.reason.encode()
            (entry.house_id or "").encode()
        else:
            assert len(entry.readings) == 2880 // entry.interval_minutes * 2
            assert 1 <= len(entry.house_id) <= 64
            entry.house_id.encode()
            assert day_date(entry.day) <= (NOW + timedelta(days=1)).date()
            assert abs(entry.updated_at) < 1 << 62


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_a_packet_or_refused(bodies: list[bytes]) -> None:
    holds_for(bodies)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_a_packet_or_refused(value: Any) -> None:
    holds_for([json.dumps(value).encode()])


odd_values = json_values | st.sampled_from(
    [
        10**400,
        -(10**400),
        2**63,
        1e308,
        -0.0,
        "\ud800",
        "\x00",
        "0001-01-01",
        "9999-12-31",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1969-12-31T23:59:60Z",
        {"$ref": "#"},
    ]
)


@given(
    st.dictionaries(st.sampled_from([*FIELDS, "zzz"]), odd_values, min_size=1, max_size=3),
    st.sets(st.sampled_from([*FIELDS]), max_size=1),
)
def test_a_good_packet_with_odd_fields_is_a_packet_or_refused(
    changes: dict[str, Any], lost: set[str]
) -> None:
    fields = {name: value for name, value in (FIELDS | changes).items() if name not in lost}
    holds_for([json.dumps(fields).encode()])


@given(st.sampled_from(["import_kwh", "export_kwh"]), st.integers(0, 47), odd_values)
def test_a_good_packet_with_an_odd_value_is_a_packet_or_refused(field: str, place: int, value: Any) -> None:
    values = list(FIELDS[field])
    values[place] = value
    holds_for([changed(**{field: values}), changed()])


@given(st.data())
def test_a_good_packet_with_broken_bytes_is_a_packet_or_refused(data: st.DataObject) -> None:
    body = bytearray(changed())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.sampled_from(["replace", "cut", "insert", "drop"])):
            case "replace":
                body[place] = data.draw(st.integers(0, 255))
            case "cut":
                del body[max(place, 1) :]
            case "insert":
                body[place:place] = data.draw(st.binary(max_size=8))
            case _:
                del body[place : place + data.draw(st.integers(1, 20))]
        if not body:
            break
    holds_for([bytes(body)])


@given(
    st.sampled_from(["schema", "id", "zzz", "import_kwh", "date"]), st.sampled_from(["[", '{"a":', '[{"a":'])
)
def test_deep_nesting_is_refused(field: str, opener: str) -> None:
    depth = 45_000 // len(opener)
    refusal(json.dumps(FIELDS | {field: "@"}).replace('"@"', opener * (depth // 10)).encode())
    refusal(b'{"zzz": ' + opener.encode() * depth)
