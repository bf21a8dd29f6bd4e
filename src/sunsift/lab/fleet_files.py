"""The three files of a fleet: packets, houses and truth, written side by side."""

import gzip
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Final, Self

import msgspec
import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.house import House
from sunsift.domain.readings import MISSING, BoolArray, day_date
from sunsift.lab.part_files import finish, part_of
from sunsift.lab.record import Record

HOUSE_COLUMNS: Final = (
    "house_id,capacity_kwp,latitude,longitude,utc_offset_hours,azimuth,tilt,export_limit_kw,battery,region"
)
TRUTH_COLUMNS: Final = "house_id,date,generation_kwh,healthy_kwh,performance,fault"
# Level 3 is several times faster than the usual 6 and 5 % larger on such numbers.
GZIP_LEVEL: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PacketMessage(msgspec.Struct):
    """A packet as it travels: the fields of schema 1, in their order."""

    schema: int
    id: str
    house_id: str
    date: str
    interval_minutes: int
    import_kwh: list[float | None]
    export_kwh: list[float | None]
    quality: str
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetResult:
    """What was written, and where.

    house_days: number of packets; null_days: those without any reading.
    without_readings: houses that were listed but have no reading; they appear in none of the files.
    """

    packets: Path
    houses_csv: Path
    truth_csv: Path
    houses: int
    house_days: int
    null_days: int
    without_readings: tuple[str, ...] = ()


def utc_text(microseconds: int) -> str:
    """Write a moment [microseconds since 1970, UTC] the way packets do."""
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def stem_of(output: Path) -> str:
    """Return the packet file's name without its ending. Errors: SunsiftError for any other ending."""
    for ending in (".jsonl.gz", ".jsonl"):
        if output.name.endswith(ending) and output.name != ending:
            return output.name[: -len(ending)]
    raise SunsiftError(f"{output.name}: the packet file's name must end in .jsonl or .jsonl.gz")


def packet_messages(record: Record) -> list[PacketMessage]:
    """Return a house's days as messages, one a day, oldest first, each with an id of its own."""
    values: list[list[list[float | None]]] = (record.watt_hours / 1000.0).tolist()
    with_gaps: BoolArray = (record.watt_hours == MISSING).any(axis=(1, 2))
    for row in np.flatnonzero(with_gaps):
        day_wh = record.watt_hours[row].tolist()
        values[row] = [[None if wh == MISSING else wh / 1000.0 for wh in side] for side in day_wh]
    house_id = record.house.house_id
    dates = [day_date(number).isoformat() for number in record.day.tolist()]
    updated_at = [utc_text(moment) for moment in record.updated_at().tolist()]
    return [
        PacketMessage(
            1,
            f"{house_id}/{day}/1",
            house_id,
            day,
            record.interval_minutes,
            imports,
            exports,
            quality,
            updated,
        )
        for day, (imports, exports), quality, updated in zip(
            dates, values, record.quality, updated_at, strict=True
        )
    ]


def house_line(house: House) -> str:
    """Return a house's line of the houses file; what is unknown stays empty."""
    always = (house.capacity_kwp, house.latitude, house.longitude, house.utc_offset_hours)
    optional = (house.azimuth, house.tilt, house.export_limit_kw)
    numbers = ",".join("" if value is None else repr(round(value, 6)) for value in (*always, *optional))
    return f"{_quoted(house.house_id)},{numbers},{str(house.battery).lower()},{_quoted(house.region)}\n"


def _quoted(text: str) -> str:
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def truth_lines(record: Record) -> str:
    """Return a house's lines of the truth file, one a day; what nobody knows stays empty."""
    name = _quoted(record.house.house_id)
    rows = zip(
        record.day.tolist(),
        record.generation_kwh.tolist(),
        record.healthy_kwh.tolist(),
        record.performance().tolist(),
        record.fault,
        strict=True,
    )
    return "".join(
        f"{name},{day_date(day).isoformat()},{_number(made)},{_number(healthy)},{_number(share)},{fault}\n"
        for day, made, healthy, share, fault in rows
    )


class FleetFiles:
    """Writes houses one by one; the files get their names only when all of them are complete.

    Equal records give equal bytes: the gzip header carries neither time nor name.
    Errors: SunsiftError for a name with another ending or a folder that cannot be written.
    """

    def __init__(self, output: Path) -> None:
        stem = stem_of(output)
        self._paths = (output, output.with_name(f"{stem}.houses.csv"), output.with_name(f"{stem}.truth.csv"))
        self._encode: Callable[[list[PacketMessage]], bytes] = msgspec.json.Encoder().encode_lines
        self._houses = self._house_days = self._null_days = 0

    def __enter__(self) -> Self:
        try:
            self._open()
        except OSError as error:
            raise SunsiftError(f"cannot write {self._paths[0]}: {error.strerror}") from error
        return self

    def _open(self) -> None:
        packets, houses, truth = (part_of(path) for path in self._paths)
        packets.parent.mkdir(parents=True, exist_ok=True)
        self._file = packets.open("wb")
        self._lines: IO[bytes] | gzip.GzipFile = self._file
        if self._paths[0].suffix == ".gz":
            raw: BinaryIO = self._file
            self._lines = gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0)
        self._houses_csv = houses.open("w", encoding="utf-8", newline="")
        self._truth_csv = truth.open("w", encoding="utf-8", newline="")
        self._houses_csv.write(HOUSE_COLUMNS + "\n")
        self._truth_csv.write(TRUTH_COLUMNS + "\n")

    def add(self, record: Record) -> None:
        """Write one house: its line, its packets and its truth."""
        self._lines.write(self._encode(packet_messages(record)))
        self._houses_csv.write(house_line(record.house))
        self._truth_csv.write(truth_lines(record))
        self._houses += 1
        self._house_days += len(record)
        self._null_days += record.quality.count("N")

    def result(self, without_readings: tuple[str, ...] = ()) -> FleetResult:
        """Return what has been written so far."""
        packets, houses, truth = self._paths
        return FleetResult(
            packets=packets,
            houses_csv=houses,
            truth_csv=truth,
            houses=self._houses,
            house_days=self._house_days,
            null_days=self._null_days,
            without_readings=without_readings,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lines is not self._file:
            self._lines.close()
        for file in (self._file, self._houses_csv, self._truth_csv):
            file.close()
        finish(self._paths, complete=kind is None)
