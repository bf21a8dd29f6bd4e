"""Meter files of tables, cut as `sunsift ingest` does, and packets to hold the result against."""

import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterFormat, MeterOptions, cut

HOUSE = "6102000001"
UPDATED_AT = "2026-06-01T00:00:00Z"


def cut_text(text: str | bytes, kind: MeterFormat = MeterFormat.CSV, **options: Any) -> list[Extract]:
    """Cut a file into extracts; offset: the registered offset of every house [hours]."""
    offset = options.pop("offset", None)
    body = text.encode() if isinstance(text, str) else text
    return list(cut(kind, io.BytesIO(body), "readings", MeterOptions(offset_of=lambda _: offset, **options)))


def packets(extracts: Iterable[Extract]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the packets among extracts by house and date; there must be one of each."""
    found = [json.loads(extract.body) for extract in extracts if not extract.code]
    result = {(packet["house_id"], packet["date"]): packet for packet in found}
    assert len(result) == len(found)
    return result


def problems(extracts: Iterable[Extract]) -> list[tuple[str, str]]:
    """Return where and which each problem is."""
    return [(extract.place, extract.code) for extract in extracts if extract.code]


def energies(instant: int) -> tuple[float, float]:
    """Return import and export of an interval [kWh], which tell it from all others nearby."""
    number = instant // 300
    return (number % 4987) / 1000.0, (number % 4993) / 1000.0


def instants(zone: ZoneInfo, first: date, days: int, minutes: int) -> Iterator[int]:
    """Yield the starts of all intervals of some days of a zone's wall clock [seconds since 1970]."""
    begin = int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())
    last = first + timedelta(days=days)
    end = int(datetime(last.year, last.month, last.day, tzinfo=zone).timestamp())
    return iter(range(begin, end, minutes * 60))


def expected(starts: Iterable[int], offset_hours: float, minutes: int) -> dict[str, dict[str, list[Any]]]:
    """Cut directly by the offset from UTC: date -> import_kwh and export_kwh, None where nothing is."""
    result: dict[str, dict[str, list[Any]]] = {}
    for start in starts:
        local = datetime.fromtimestamp(start, UTC) + timedelta(hours=offset_hours)
        empty = [None] * (1440 // minutes)
        day = result.setdefault(str(local.date()), {"import_kwh": empty, "export_kwh": list(empty)})
        slot = (local.hour * 60 + local.minute) // minutes
        day["import_kwh"][slot], day["export_kwh"][slot] = energies(start)
    return result
