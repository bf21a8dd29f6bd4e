"""The meter files that are measured: the same readings as NEM12, CSV, Parquet and Green Button."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.fleet import Fleet, house_id

# The market's own clock, so that all kinds name the same days.
UTC_OFFSET_HOURS: Final = 10.0
# Half a million rows of a year each, as programs write them.
HOUSES_OF_A_GROUP: Final = 30
_HALF_HOURS: Final = [f"{slot // 2:02d}:{slot % 2 * 30:02d}" for slot in range(48)]
_ESPI: Final = 'xmlns="http://naesb.org/espi"'


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one house: 48 readings each way [kWh], none missing."""

    house_id: str
    date: date
    import_kwh: list[float]
    export_kwh: list[float]


def with_market_clock(fleet: Fleet) -> Fleet:
    """Return the fleet with every house on the clock of the market, as NEM12 has it."""
    pool = [(replace(house, utc_offset_hours=UTC_OFFSET_HOURS), lines) for house, lines in fleet.pool]
    return replace(fleet, pool=pool)


def write(kind: str, fleet: Fleet, path: Path) -> None:
    """Write all days of a fleet, house by house. kind: nem12, csv, csv_by_time, parquet or greenbutton."""
    writers: dict[str, Callable[[Fleet, Path], None]] = {
        "nem12": lambda fleet, path: _write_lines(_nem12(fleet), path),
        "csv": lambda fleet, path: _write_lines(_csv(fleet), path),
        "csv_by_time": lambda fleet, path: _write_lines(_csv_by_time(fleet), path),
        "parquet": _write_parquet,
        "greenbutton": lambda fleet, path: _write_lines(_greenbutton(fleet), path),
    }
    writers[kind](fleet, path)


def _write_lines(lines: Iterator[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="", buffering=1 << 20) as file:
        file.writelines(lines)


def _day(fleet: Fleet, index: int, day: int) -> Day:
    packet = json.loads(fleet.line(index, day))
    imports, exports = ([kwh or 0.0 for kwh in packet[side]] for side in ("import_kwh", "export_kwh"))
    return Day(packet["house_id"], date.fromisoformat(packet["date"]), imports, exports)


def _houses(fleet: Fleet) -> Iterator[list[Day]]:
    for index in range(fleet.houses):
        yield [_day(fleet, index, day) for day in range(fleet.days)]


def _nem12(fleet: Fleet) -> Iterator[str]:
    yield "100,NEM12,202609010000,MDPEXMPL,RETEXMPL\n"
    for days in _houses(fleet):
        for channel, side in (("E1", "import_kwh"), ("B1", "export_kwh")):
            yield f"200,{days[0].house_id},E1B1,{channel},{channel},N1,SS0001,kWh,30,\n"
            for day in days:
                cells = ",".join(map(str, getattr(day, side)))
                read = f"{day.date + timedelta(days=1):%Y%m%d}"
                yield f"300,{day.date:%Y%m%d},{cells},A,,,{read}021500,{read}031122\n"
    yield "900\n"


_CSV_HEADING: Final = "house_id,time,import_kwh,export_kwh\n"


def _csv_row(day: Day, slot: int) -> str:
    time = f"{day.date} {_HALF_HOURS[slot]}"
    return f"{day.house_id},{time},{day.import_kwh[slot]},{day.export_kwh[slot]}\n"


def _csv(fleet: Fleet) -> Iterator[str]:
    yield _CSV_HEADING
    for days in _houses(fleet):
        for day in days:
            yield from (_csv_row(day, slot) for slot in range(48))


def _csv_by_time(fleet: Fleet) -> Iterator[str]:
    yield _CSV_HEADING
    for number in range(fleet.days):
        days = [_day(fleet, index, number) for index in range(fleet.houses)]
        for slot in range(48):
            yield from (_csv_row(day, slot) for day in days)


def _write_parquet(fleet: Fleet, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        {
            "house_id": pa.string(),
            "time": pa.timestamp("s"),
            "import_kwh": pa.float64(),
            "export_kwh": pa.float64(),
        }
    )
    houses = _houses(fleet)
    with pq.ParquetWriter(path, schema) as file:
        while group := [pa.table(_columns(days), schema) for days in islice(houses, HOUSES_OF_A_GROUP)]:
            file.write_table(pa.concat_tables(group).combine_chunks())


def _columns(days: list[Day]) -> dict[str, list[Any]]:
    begin = datetime.combine(days[0].date, datetime.min.time())
    slots = range(48 * len(days))
    return {
        "house_id": [days[0].house_id] * len(slots),
        "time": [begin + timedelta(minutes=30 * slot) for slot in slots],
        "import_kwh": [kwh for day in days for kwh in day.import_kwh],
        "export_kwh": [kwh for day in days for kwh in day.export_kwh],
    }


def _entry(content: str, own: str, **links: str) -> str:
    hrefs = "".join(f'<link rel="{rel}" href="{href}"/>\n' for rel, href in {"self": own, **links}.items())
    updated = "<updated>2026-09-01T00:00:00Z</updated>"
    return f"<entry>\n{hrefs}<content>\n{content}</content>\n{updated}\n</entry>\n"


def _greenbutton(fleet: Fleet) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    yield "<updated>2026-09-01T00:00:00Z</updated>\n"
    for way, direction in (("in", 1), ("out", 19)):
        yield _entry(
            f"<ReadingType {_ESPI}><commodity>1</commodity><flowDirection>{direction}</flowDirection>"
            "<intervalLength>1800</intervalLength><powerOfTenMultiplier>0</powerOfTenMultiplier>"
            "<uom>72</uom></ReadingType>\n",
            f"ReadingType/{way}",
        )
    for index, days in enumerate(_houses(fleet)):
        point = f"RetailCustomer/1/UsagePoint/{index}"
        yield _entry(
            f"<UsagePoint {_ESPI}><ServiceCategory><kind>0</kind></ServiceCategory><ServiceDeliveryPoint>"
            f"<mRID>{house_id(index)}</mRID></ServiceDeliveryPoint></UsagePoint>\n",
            point,
        )
        for way, side in (("in", "import_kwh"), ("out", "export_kwh")):
            meter = f"{point}/MeterReading/{way}"
            yield _entry(f"<MeterReading {_ESPI}/>\n", meter, related=f"ReadingType/{way}")
            for number, day in enumerate(days):
                block = f"{meter}/IntervalBlock"
                yield _entry(_block(day, getattr(day, side)), f"{block}/{number}", up=block)
    yield "</feed>\n"


def _block(day: Day, kwh: list[float]) -> str:
    midnight = datetime.combine(day.date, datetime.min.time(), UTC) - timedelta(hours=UTC_OFFSET_HOURS)
    begin = int(midnight.timestamp())
    readings = "".join(
        f"<IntervalReading>\n<timePeriod>\n<duration>1800</duration>\n<start>{begin + 1800 * slot}</start>\n"
        f"</timePeriod>\n<value>{value * 1000:.0f}</value>\n</IntervalReading>\n"
        for slot, value in enumerate(kwh)
    )
    return f"<IntervalBlock {_ESPI}>\n{readings}</IntervalBlock>\n"
