"""NEM12, the interval readings of Australia's electricity market.

Source: AEMO, Meter Data File Format Specification NEM12 & NEM13, version 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter import nem12_fields as fields
from sunsift.formats.meter.channels import EXPORT, IMPORT, ChannelDay, Gathering, refused

# A day of 288 values has about 3 KiB.
LONGEST_LINE_BYTES: Final = 64 * 1024

_NO_HEADER: Final = UnusableMessageError(
    "wrong_record", "the file does not begin with a record 100; the records that it has are used"
)
_NO_END: Final = UnusableMessageError(
    "cut_off",
    "the file does not end with a record 900: it may have been cut off; what came before was used",
)


def cut(stream: BinaryIO, name: str, options: MeterOptions) -> Iterator[Extract]:
    """Cut a NEM12 file into packets, one a meter and day, as soon as the readings of the meter end.

    Days of which a channel is missing wait for the rest of the file, as long as they fit into the memory.
    """
    return _Reader(stream).read()


@dataclass(frozen=True, slots=True)
class _Block:
    """A record 200 and what it says of the records 300 below it.

    unread: channels that are no readings of energy are left out. trouble: why none of its days can be used.
    """

    line: bytes
    meter: str = ""
    channel: str = ""
    needed: frozenset[str] | None = None
    minutes: int = 0
    kwh_a_unit: float = 1.0
    unread: bool = False
    trouble: UnusableMessageError | None = None


@dataclass(slots=True)
class _Day:
    """A record 300 whose records 400 may still come. whole: whether its line has an end."""

    block: _Block
    number: int
    line: bytes
    whole: bool
    events: list[bytes] = field(default_factory=list)

    def raw(self) -> bytes:
        """Return the records that the day was read from."""
        return b"\n".join([self.block.line, self.line, *self.events])


class _Reader:
    """Reads records one by one. What is wrong with one of them leaves the others as they are."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._gathering = Gathering()
        self._created: datetime | None = None
        self._block: _Block | None = None
        self._day: _Day | None = None
        self._begun = self._ended = self._skipping = False

    def read(self) -> Iterator[Extract]:
        """Give out packets, and what cannot be used."""
        number = 0
        while line := self._stream.readline(LONGEST_LINE_BYTES):
            number += 1
            whole = line.endswith(b"\n")
            if not whole and len(line) == LONGEST_LINE_BYTES:
                self._skip_line()
                error = UnusableMessageError(
                    "too_large", f"line {number} is longer than any record; this is its beginning"
                )
                yield refused(error, line, f"line {number}")
                continue
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text.strip(b","):
                yield from self._record(text, number, whole)
        yield from self._end(number)

    def _skip_line(self) -> None:
        while (more := self._stream.readline(LONGEST_LINE_BYTES)) and not more.endswith(b"\n"):
            pass

    def _record(self, text: bytes, number: int, whole: bool) -> Iterator[Extract]:
        kind = text[:4].rstrip(b", ").strip(b'"')
        if self._skipping and kind != b"100":
            return
        if kind == b"400" and self._day:
            self._day.events.append(text)
            return
        if kind == b"500":  # what a person read off the meter
            return
        yield from self._close_day()
        if not self._begun and kind != b"100":
            self._begun = True
            yield refused(_NO_HEADER, text, f"line {number}")
        try:
            if kind == b"300":
                self._day = self._open_day(text, number, whole)
            elif kind == b"200":
                yield from self._open_block(text, number)
            elif kind == b"100":
                yield from self._close_block()
                self._header(text)
            elif kind == b"900":
                yield from self._close_block()
                self._ended = True
            else:
                raise UnusableMessageError("wrong_record", _no_place(kind))
        except UnusableMessageError as error:
            yield refused(error, text, f"line {number}")

    def _header(self, text: bytes) -> None:
        self._begun, self._ended, self._skipping, self._created = True, False, False, None
        cells = fields.split(text)
        version = cells[1].upper() if len(cells) > 1 else b""
        if version != b"NEM12":
            self._skipping = self._ended = True
            raise fields.no_nem12(version)
        try:
            self._created = fields.moment(cells[2]) if len(cells) > 2 else None
        except UnusableMessageError:
            self._created = None  # needed only where records do not say when they were changed

    def _open_block(self, text: bytes, number: int) -> Iterator[Extract]:
        self._ended = False
        before, self._block = self._block, _block_of(text)
        if before and before.meter != self._block.meter:
            yield from self._gathering.whole(before.meter)
        if self._block.trouble:
            yield refused(self._block.trouble, text, f"line {number}")

    def _open_day(self, text: bytes, number: int, whole: bool) -> _Day | None:
        if self._block is None:
            raise UnusableMessageError("wrong_record", "a record 300 without a record 200 before it")
        return None if self._block.unread else _Day(self._block, number, text, whole)

    def _close_day(self) -> Iterator[Extract]:
        day, self._day = self._day, None
        if day is None:
            return
        try:
            yield from self._gathering.add(_channel_day(day, self._created))
        except UnusableMessageError as error:
            where = f"meter {day.block.meter}, channel {day.block.channel}: " if day.block.meter else ""
            named = UnusableMessageError(error.code, where + error.reason, day.block.meter or None)
            yield refused(named, day.raw(), f"line {day.number}")

    def _close_block(self) -> Iterator[Extract]:
        block, self._block = self._block, None
        if block:
            yield from self._gathering.whole(block.meter)

    def _end(self, number: int) -> Iterator[Extract]:
        yield from self._close_day()
        if not self._ended:
            yield refused(_NO_END, b"", f"line {number}")
        yield from self._gathering.rest()


def _no_place(kind: bytes) -> str:
    if kind == b"400":
        return "a record 400 without a record 300 before it"
    return f"a NEM12 file has records 100, 200, 300, 400, 500 and 900, and not {fields.shown(kind)}"


def _block_of(text: bytes) -> _Block:
    """Read a record 200; one that cannot be used says why to each of its days."""
    meter = channel = ""
    try:
        cells = fields.split(text)
        if len(cells) < 9:
            raise UnusableMessageError(
                "wrong_record", f"a record 200 has at least 9 fields, and this one {len(cells)}"
            )
        meter, channel = fields.name(cells[1], "NMI"), fields.name(cells[4], "NMISuffix").upper()
        configuration = fields.configuration(cells[2])
        if not channel.startswith((IMPORT, EXPORT)):
            _check_configuration(meter, channel, configuration)
            return _Block(text, meter, channel, unread=True)
        needed = None
        if configuration is not None:
            needed = frozenset(c for c in configuration if c[0] in (IMPORT, EXPORT)) | {channel}
        kwh_a_unit = fields.kwh_a_unit(cells[7])
        return _Block(text, meter, channel, needed, fields.interval(cells[8]), kwh_a_unit)
    except UnusableMessageError as error:
        unread = error.code == "no_channel"
        return _Block(text, meter, channel, unread=unread, trouble=error)


def _check_configuration(meter: str, channel: str, configuration: frozenset[str] | None) -> None:
    """Refuse a channel that is not read where the meter has no other. Errors: UnusableMessageError."""
    if configuration is None or not any(c[0] in (IMPORT, EXPORT) for c in configuration):
        raise UnusableMessageError(
            "no_channel",
            f"meter {meter}: channel {channel} is neither an import (E) nor an export (B) of energy, and its "
            "configuration names none; net and reactive readings are not used",
        )


def _channel_day(day: _Day, created: datetime | None) -> ChannelDay:
    """Read a record 300 with its records 400. created: time of the file. Errors: UnusableMessageError."""
    block = day.block
    if block.trouble:
        raise UnusableMessageError(block.trouble.code, f"its record 200 is wrong: {block.trouble.reason}")
    cells = fields.split(day.line)
    count = 1440 // block.minutes
    date_of = fields.day(cells)
    fields.check_length(cells, count, date_of)
    quality, nulls = fields.qualities(cells[count + 2], [fields.split(e) for e in day.events], count)
    kwh = fields.values(cells[2 : count + 2], block.kwh_a_unit)
    for interval in nulls:
        kwh[interval] = fields.NULL
    return ChannelDay(
        meter=block.meter,
        channel=block.channel,
        day=date_of,
        needed=block.needed,
        minutes=block.minutes,
        kwh=kwh,
        quality=quality,
        updated_at=fields.updated_at(cells, count, created, whole=day.whole),
        raw=day.raw(),
        number=day.number,
    )
