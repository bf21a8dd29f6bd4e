"""The registers of one day, added up and written as a packet (schema 1)."""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from sunsift.domain.readings import FloatArray

FLAGS: Final = "AFSEN"
"""Flags of quality, from the best to the worst."""
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Contents(NamedTuple):
    """What a packet is made of.

    channels: roles and kWh per interval, NaN where missing; several of one role are added up. The roles are
    `import`, `export`, `net` and `generation`. lacking: roles of which a register is missing all day.
    updated_at: [microseconds since 1970, UTC]. utc_offset_hours: None if it is not known.
    """

    house_id: str
    day: date
    minutes: int
    channels: Sequence[tuple[str, Sequence[float]]]
    lacking: AbstractSet[str]
    quality: str
    updated_at: int
    utc_offset_hours: float | None


def packet_body(day: Contents) -> bytes:
    """Write a packet. Its id is derived from its content, so that the same file twice says the same."""
    said = _said(day)
    name = hashlib.blake2b(msgspec.json.encode(said), digest_size=16).hexdigest()
    return msgspec.json.encode({"schema": 1, "id": name} | said)


def day_body(day: Contents) -> bytes:
    """Write a day that is no packet, for people: taking it up again must not make one of it."""
    return msgspec.json.encode(_said(day))


def _said(day: Contents) -> dict[str, Any]:
    imports, exports = _import_and_export(day)
    said = {
        "house_id": day.house_id,
        "date": day.day,
        "interval_minutes": day.minutes,
        # NaN is written as null.
        "import_kwh": np.round(imports, 6).tolist(),
        "export_kwh": np.round(exports, 6).tolist(),
        "quality": day.quality,
        "updated_at": _UNIX + timedelta(microseconds=day.updated_at),
    }
    if day.utc_offset_hours is not None:
        said["utc_offset_hours"] = day.utc_offset_hours
    return said


def _import_and_export(day: Contents) -> tuple[FloatArray, FloatArray]:
    """Add the registers up. A role of which one register is missing, or that nobody has, is unknown."""
    sums: dict[str, FloatArray] = {}
    for role, kwh in day.channels:
        values = np.asarray(kwh, np.float64)
        sums[role] = sums[role] + values if role in sums else values
    unknown = np.full(1440 // day.minutes, np.nan)
    for role in day.lacking:
        sums[role] = unknown
    imports, exports = sums.get("import"), sums.get("export")
    if "net" in sums or "generation" in sums:
        net = sums.get("net", unknown) - sums.get("generation", 0.0)
        drawn, sent = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        imports = drawn if imports is None else imports + drawn
        exports = sent if exports is None else exports + sent
    return (unknown if imports is None else imports), (unknown if exports is None else exports)
