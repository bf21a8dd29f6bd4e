"""Turn packets into what a billing system would export: a table, a row an interval, by the local clock."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from sunsift.domain.errors import SunsiftError

COLUMNS: Final = ("meter", "read_from", "consumption_kwh", "feed_in_kwh", "quality")
_TIME: Final = "%d/%m/%Y %H:%M"


def write_billing(packets: Path, houses: Iterable[tuple[str, float]], zone: str, output: Path) -> int:
    """Write the readings of packets as CSV; return how many rows.

    packets: JSON lines, those of a house together. houses: (house_id, standard time minus UTC [hours]).
    zone: the clock of the export, such as Australia/Sydney, with its daylight saving. Cells of missing
    readings are empty. Errors: SunsiftError for a zone or a house that nobody knows.
    """
    try:
        clock = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SunsiftError(f"there is no time zone {zone!r}; give one such as Australia/Sydney") from error
    offsets = dict(houses)
    count = 0
    with output.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for house_id, days in groupby(_read(packets), key=lambda packet: packet["house_id"]):
            if house_id not in offsets:
                raise SunsiftError(f"house {house_id} of {packets} is not in the list of houses")
            for packet in sorted(days, key=lambda packet: packet["date"]):
                rows = list(_rows(packet, offsets[house_id], clock))
                table.writerows(rows)
                count += len(rows)
    return count


def _rows(packet: dict[str, Any], offset_hours: float, clock: ZoneInfo) -> Iterator[tuple[object, ...]]:
    start = datetime.fromisoformat(packet["date"]).replace(tzinfo=UTC) - timedelta(hours=offset_hours)
    step = timedelta(minutes=packet["interval_minutes"])
    for place, energy in enumerate(zip(packet["import_kwh"], packet["export_kwh"], strict=True)):
        local = (start + place * step).astimezone(clock)
        yield packet["house_id"], local.strftime(_TIME), *energy, packet["quality"]


def _read(packets: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(packets) if packets.suffix == ".gz" else packets.open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line)
