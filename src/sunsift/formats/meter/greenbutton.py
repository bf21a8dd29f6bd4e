"""Green Button files (ESPI XML) as packets: the interval readings of electricity of each usage point."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import msgspec

from sunsift.domain.errors import SunsiftError, UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.domain.house import LARGEST_IMPORT_KW
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter.cells import house_name
from sunsift.formats.meter.clocks import Clock, zone_named
from sunsift.formats.meter.days import Channel, DayCutter, Reading
from sunsift.formats.meter.espi import Entry, Feed, IntervalReading
from sunsift.formats.meter.packet_body import FLAGS
from sunsift.formats.meter.table import changed_at

# ReadingType: commodity (electricity), uom (Wh, W), accumulationBehaviour (meters that only count up).
_ELECTRICITY: Final = ("", "0", "1", "2")
_WATT_HOURS, _WATTS = "72", "38"
_COUNTING_UP: Final = ("1", "2", "3", "9")
_ROLES: Final = {"": "import", "0": "import", "1": "import", "19": "export", "4": "net"}
# ReadingQuality: valid, raw, validated, verified and of revenue quality are actual; edited by hand and
# derived are substituted; all others were not measured so, or nobody vouches for them.
_FLAGS: Final = {"0": "A", "14": "A", "17": "A", "18": "A", "19": "A", "7": "S", "11": "S"}
_OLDEST_UPDATE: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Readings that wait for their description until the end of the file.
_MOST_WAITING: Final = 2_000_000


def cut(stream: BinaryIO, name: str, options: MeterOptions) -> Iterator[Extract]:
    """Cut a file into packets; see `sunsift.formats.meter.cut`."""
    feed = Feed(stream)
    button = _GreenButton(options, feed, changed_at(stream))
    for entry in feed.entries():
        yield from button.add(entry)
    yield from button.rest()
    if feed.problem:
        raise SunsiftError(f"{name}: {feed.problem}; what came before was used")
    if not button.found:
        raise SunsiftError(f"{name}: holds no interval readings of electricity")


@dataclass(slots=True)
class _ReadingType:
    """role: None for what is no energy of electricity."""

    role: str | None
    kilo: float
    is_power: bool
    length: str
    counts_up: bool


class _GreenButton:
    """Puts together what the feed tells in pieces. found: whether there were readings to use."""

    def __init__(self, options: MeterOptions, feed: Feed, updated_at: int) -> None:
        self.found = False
        self._options = options
        self._feed = feed
        self._file_updated_at = updated_at
        self._zone = zone_named(options.timezone) if options.timezone else None
        self._standard_hours: float | None = None
        self._days = DayCutter("entry")
        self._houses: dict[str, str | None] = {}
        self._types: dict[str, _ReadingType] = {}
        self._last_type = ""
        self._type_of_meter: dict[str, str] = {}
        self._waiting: list[Entry] = []
        self._waiting_readings = 0
        self._unknown: set[str] = set()

    def add(self, entry: Entry) -> Iterator[Extract]:
        """Take an entry in."""
        path = next(iter(entry.hrefs("self")), "")
        match entry.kind:
            case "UsagePoint":
                electric = entry.values.get("ServiceCategory/kind", "0") == "0"
                self._houses[path] = _house_id(entry, path) if electric else None
            case "LocalTimeParameters":
                self._standard_hours = _hours(entry.values.get("LocalTimeParameters/tzOffset", ""))
            case "MeterReading":
                for href in entry.hrefs("related"):
                    if "ReadingType" in href:
                        self._type_of_meter[path] = _name_of_type(href)
            case "ReadingType":
                self._last_type = _name_of_type(path)
                self._types[self._last_type] = _reading_type(entry.values)
            case "IntervalBlock":
                yield from self._block(entry)

    def rest(self) -> Iterator[Extract]:
        """Take the end of the file in."""
        for entry in self._waiting:
            kind = self._type_of(entry)
            if kind is None and len(self._types) == 1:
                kind = next(iter(self._types.values()))
            yield from self._readings(entry, kind)
        yield from self._days.rest()

    def _block(self, entry: Entry) -> Iterator[Extract]:
        kind = self._type_of(entry)
        self._waiting_readings += 0 if kind else 1 + len(entry.readings)
        if kind is None and self._waiting_readings <= _MOST_WAITING:
            self._waiting.append(entry)
        else:
            yield from self._readings(entry, kind)

    def _type_of(self, entry: Entry) -> _ReadingType | None:
        """Find the description of a block's readings: by its links, or else the one that stands before it."""
        linked = [_name_of_type(href) for href in entry.hrefs("related") if "ReadingType" in href]
        meter = _meter_of(entry)
        if not linked and meter in self._type_of_meter:
            linked = [self._type_of_meter[meter]]
        if not linked and not meter:
            linked = [self._last_type]
        return next((self._types[name] for name in linked if name in self._types), None)

    def _house_of(self, entry: Entry) -> str | None:
        """Find the house of a block; None for what is no electricity. Errors: UnusableMessageError."""
        point = _meter_of(entry).partition("/MeterReading")[0]
        if point not in self._houses:
            if len(self._houses) != 1:
                raise UnusableMessageError("wrong_shape", "its links do not lead to a UsagePoint of the file")
            point = next(iter(self._houses))
        house_id = self._houses[point]
        return None if house_id is None else house_name(house_id)

    def _readings(self, entry: Entry, kind: _ReadingType | None) -> Iterator[Extract]:
        """Hand the readings of a block to their days."""
        bad: list[IntervalReading] = []
        try:
            house_id = self._house_of(entry)
            if house_id is None or not _counts(entry, kind):
                return
            self.found = True
            if house_id in self._unknown:
                return
            assert kind is not None
            assert kind.role is not None
            self._meet(house_id, entry)
            channel, updated_at = Channel(kind.role, _meter_of(entry)), self._updated_at(entry)
            for written in entry.readings:
                reading = _reading(written, kind, house_id, channel, updated_at, entry.number)
                if reading is None:
                    bad.append(written)
                else:
                    self._days.add(reading)
        except UnusableMessageError as error:
            self.found = True
            yield _refused(error, entry, entry.readings)
        if bad:
            reason = f"{len(bad)} readings have no possible time, length or value, such as {bad[0]!r:.200}"
            yield _refused(UnusableMessageError("impossible", reason), entry, bad)
        yield from self._days.due()

    def _meet(self, house_id: str, entry: Entry) -> None:
        if self._days.knows(house_id):
            return
        clock = Clock(self._zone, self._standard_hours)
        start = entry.readings[0].start
        instant = int(start) if start.isdecimal() and len(start) < 12 else 0
        try:
            shift = clock.shift(self._options.offset_of(house_id), instant, says_offset=True)
        except UnusableMessageError:
            self._unknown.add(house_id)
            raise
        self._days.meet(house_id, shift)

    def _updated_at(self, entry: Entry) -> int:
        for text in (entry.updated, self._feed.updated):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                continue
            if moment.tzinfo is not None and moment >= _OLDEST_UPDATE:
                return round(moment.timestamp() * 1_000_000)
        return self._file_updated_at


def _meter_of(entry: Entry) -> str:
    """Return the path of the MeterReading that a block belongs to; empty if its links do not say."""
    for href in (*entry.hrefs("up"), *entry.hrefs("self")):
        path, found, _ = href.partition("/IntervalBlock")
        if found and "MeterReading" in path:
            return path
    return ""


def _name_of_type(href: str) -> str:
    """Return what is the same in a link that is whole and in one that is not."""
    return href.rpartition("ReadingType")[2]


def _counts(entry: Entry, kind: _ReadingType | None) -> bool:
    """Say whether a block holds intervals of electricity. Errors: UnusableMessageError if nothing tells.

    Many files hold gas, too, or repeat the readings as sums of days and months: these are left out.
    """
    if not entry.readings:
        return False
    if kind is None:
        raise UnusableMessageError(
            "wrong_register", "nothing in the file says what these readings measure (ReadingType)"
        )
    lengths = {written.duration or kind.length for written in entry.readings}
    if kind.role is None or all(length.isdecimal() and int(length[:9]) >= 86_400 for length in lengths):
        return False
    if kind.counts_up:
        raise UnusableMessageError(
            "wrong_register", "these are readings of a register that only counts up, not of intervals"
        )
    return True


def _house_id(entry: Entry, path: str) -> str:
    """Name a usage point: by its delivery point, or else by customer and number in its link."""
    for key in ("ServiceDeliveryPoint/mRID", "ServiceDeliveryPoint/name"):
        if key in entry.values:
            return entry.values[key]
    parts = path.split("/")
    if "UsagePoint" not in parts[:-1]:
        return parts[-1]
    place = parts.index("UsagePoint")
    number = parts[place + 1]
    return f"{parts[place - 1]}-{number}" if place > 1 else number


def _hours(seconds: str) -> float | None:
    try:
        hours = int(seconds) / 3600.0
    except ValueError:
        return None
    return hours if -12 <= hours <= 14 else None


def _reading_type(values: dict[str, str]) -> _ReadingType:
    def value(name: str) -> str:
        return values.get(f"ReadingType/{name}", "")

    multiplier = value("powerOfTenMultiplier") or "0"
    try:
        kilo = 10.0 ** (min(max(int(multiplier), -12), 12) - 3)
    except ValueError:
        kilo = math.nan
    uom = value("uom")
    electric = value("commodity") in _ELECTRICITY and uom in (_WATT_HOURS, _WATTS)
    return _ReadingType(
        _ROLES.get(value("flowDirection")) if electric else None,
        kilo,
        uom == _WATTS,
        value("intervalLength"),
        value("accumulationBehaviour") in _COUNTING_UP,
    )


def _reading(
    written: IntervalReading, kind: _ReadingType, house_id: str, channel: Channel, updated_at: int, place: int
) -> Reading | None:
    """Read one interval; None if it is impossible."""
    try:
        start, seconds, value = int(written.start), int(written.duration or kind.length), float(written.value)
    except ValueError:
        return None
    if not 0 < start < 1 << 36 or seconds % 60 or not 0 < seconds < 86_400:
        return None
    kwh = value * kind.kilo * (seconds / 3600.0 if kind.is_power else 1.0)
    largest = LARGEST_IMPORT_KW * seconds / 3600.0
    if not -largest <= kwh <= largest or (kwh < 0.0 and channel.role != "net"):
        return None
    flags = [_FLAGS.get(code, "E") for code in written.qualities.split()]
    flag = max(flags, key=FLAGS.index, default="A")
    return Reading(house_id, channel, start, seconds // 60, kwh, flag, updated_at, place)


def _refused(error: UnusableMessageError, entry: Entry, readings: Any) -> Extract:
    body = msgspec.json.encode({"links": entry.links, "readings": [tuple(r) for r in readings]})
    return Extract(body, f"entry {entry.number}", error.code, error.reason)
