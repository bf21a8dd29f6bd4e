"""Builders of small true things: a house, a packet, the message that carries it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import MISSING, Packet, day_date, day_number

FIRST_DAY = day_number(date(2025, 9, 1))
MICROSECONDS_A_DAY = 86_400_000_000
# Five kWp make about this much on a clear noon. [W]
PEAK_W = 4000.0


def a_house(house_id: str = "house-1", **changes: Any) -> House:
    """Return a house near Sydney with 5 kWp."""
    usual: dict[str, Any] = {
        "capacity_kwp": 5.0,
        "latitude": -33.9,
        "longitude": 151.2,
        "utc_offset_hours": 10.0,
    }
    return House(house_id=house_id, **(usual | changes))


def a_packet(
    house_id: str = "house-1",
    day: int = FIRST_DAY,
    *,
    interval_minutes: int = 30,
    quality: str = "A",
    revision: int = 0,
    alive: bool = True,
    nulls: int = 0,
) -> Packet:
    """Return a day of readings that differs from any other day and revision.

    alive: whether the panels generate. nulls: so many of the first imports and exports are missing.
    """
    rng = np.random.default_rng([day, revision, *house_id.encode()])
    count = 1440 // interval_minutes
    hour = (np.arange(count) + 0.5) * 24 / count
    sun = np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None) if alive else np.zeros(count)
    net = rng.uniform(80.0, 400.0, count) - PEAK_W * rng.uniform(0.7, 1.0) * sun
    both = np.stack((np.maximum(net, 0.0), np.maximum(-net, 0.0))) * interval_minutes / 60.0
    both = np.rint(both)
    both[:, :nulls] = MISSING
    return packet_of(house_id, day, both.astype("<u2").tobytes(), interval_minutes, quality, revision)


def packet_of(
    house_id: str,
    day: int,
    readings: bytes,
    interval_minutes: int = 30,
    quality: str = "A",
    revision: int = 0,
) -> Packet:
    """Return a packet of given readings; the retailer had it a day later, each revision a minute later."""
    updated_at = (day + 1) * MICROSECONDS_A_DAY + revision * 60_000_000
    return Packet(house_id, day, interval_minutes, quality, updated_at, readings)


def days_of(house_id: str, first: int, count: int, **kind: Any) -> list[Packet]:
    """Return `count` consecutive days of one house; kind: as in `a_packet`."""
    return [a_packet(house_id, day, **kind) for day in range(first, first + count)]


def fields_of(packet: Packet) -> dict[str, Any]:
    """Return the fields of the message that carries a packet."""
    values = np.frombuffer(packet.readings, "<u2").reshape(2, -1)
    imports, exports = ([None if v == MISSING else v / 1000 for v in row] for row in values.tolist())
    updated_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=packet.updated_at)
    return {
        "schema": 1,
        "id": f"{packet.house_id}/{packet.day}/{packet.updated_at}",
        "house_id": packet.house_id,
        "date": day_date(packet.day).isoformat(),
        "interval_minutes": packet.interval_minutes,
        "import_kwh": imports,
        "export_kwh": exports,
        "quality": packet.quality,
        "updated_at": updated_at.isoformat().replace("+00:00", "Z"),
    }


def message_of(packet: Packet, **changes: Any) -> bytes:
    """Return the message that carries a packet, with some of its fields changed."""
    return json.dumps(fields_of(packet) | changes).encode()


def a_house_message(house: House, said: datetime, /, **changes: Any) -> bytes:
    """Return the message that says this of a house, with some of its fields changed."""
    fields = {
        "schema": 1,
        "type": "house",
        "id": f"{house.house_id}/{said.isoformat()}",
        "house": {name: value for name, value in asdict(house).items() if value is not None},
        "updated_at": said.isoformat().replace("+00:00", "Z"),
    }
    return json.dumps(fields | changes).encode()


def lines_of(packets: Sequence[Packet]) -> bytes:
    """Return packets as JSON lines."""
    return b"".join(message_of(p) + b"\n" for p in packets)
