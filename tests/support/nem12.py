"""NEM12 files for tests: examples on the disk, records by hand, and packets written as a meter's channels."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from sunsift.domain.readings import MISSING, Packet, day_date

EXAMPLES = Path(__file__).parents[1] / "data" / "meter"
NMI = "6102000001"
HEADER = "100,NEM12,202511050310,MDPEXMPL,RETEXMPL"
END = "900"
UPDATED = "20251103021500"


def block(
    channel: str, minutes: int = 30, unit: str = "kWh", configuration: str = "E1B1", nmi: str = NMI
) -> str:
    """Return a record 200."""
    return f"200,{nmi},{configuration},{channel},{channel},N1,SS0001,{unit},{minutes},"


def day(
    values: Sequence[object] | None = None,
    date: str = "20251101",
    quality: str = "A",
    updated: str = UPDATED,
) -> str:
    """Return a record 300, of 48 half-hours if nothing else is said."""
    cells = [f"{i / 100:.2f}" for i in range(48)] if values is None else values
    return ",".join(["300", date, *map(str, cells), quality, "", "", updated, ""])


def file_of(*records: str, end: str = "\n") -> bytes:
    """Return records as a file, with whatever else it needs."""
    return "".join(record + end for record in (HEADER, *records, END)).encode()


def nem12_of(packets: Iterable[Packet], registers: int = 1, end: str = "\n") -> bytes:
    """Return packets as a NEM12 file; registers: among how many imports and exports are shared out.

    Each packet becomes blocks of its own, so that several days, lengths and meters may follow in any order.
    """
    records = []
    for packet in packets:
        both = np.frombuffer(packet.readings, "<u2").reshape(2, -1).astype(np.int64)
        configuration = "".join(f"{way}{n + 1}" for way in "EB" for n in range(registers))
        updated = datetime(1970, 1, 1) + timedelta(microseconds=packet.updated_at, hours=10)  # noqa: DTZ001
        for way, watt_hours in zip("EB", both, strict=True):
            for n in range(registers):
                part = (watt_hours + n) // registers
                cells = [
                    "" if whole == MISSING else f"{wh / 1000:.3f}"
                    for wh, whole in zip(part, watt_hours, strict=True)
                ]
                records.append(
                    block(f"{way}{n + 1}", packet.interval_minutes, "kWh", configuration, packet.house_id)
                )
                records.append(
                    day(cells, f"{day_date(packet.day):%Y%m%d}", packet.quality, f"{updated:%Y%m%d%H%M%S}")
                )
    return file_of(*records, end=end)
