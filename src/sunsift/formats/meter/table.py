"""Rows of a table, of CSV or Parquet, read as its mapping says."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from io import UnsupportedOperation
from stat import S_ISREG
from typing import Any, BinaryIO, Final

from sunsift.domain.errors import SunsiftError, UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.formats.meter import MeterOptions, cells
from sunsift.formats.meter.days import Channel
from sunsift.formats.meter.layout import NUMBERS, Layout
from sunsift.formats.meter.mapping import mapping_of
from sunsift.formats.meter.rows import Row, RowCutter

# So many unusable rows without a usable one: the mapping is wrong, not the rows.
_HOPELESS: Final = 50


def changed_at(stream: BinaryIO) -> int:
    """Return when a file was last changed [microseconds since 1970]; for what is no file, now."""
    try:
        status = os.fstat(stream.fileno())
    except (AttributeError, OSError, UnsupportedOperation):
        return time.time_ns() // 1000
    return status.st_mtime_ns // 1000 if S_ISREG(status.st_mode) else time.time_ns() // 1000


class Table:
    """Reads the rows of one table.

    Errors: SunsiftError, when it is made, if the mapping is wrong or names columns that are not there; and
    from `add`, if none of the first rows can be used.
    """

    def __init__(self, heading: Sequence[str], options: MeterOptions, updated_at: int, word: str) -> None:
        """Take the heading in. updated_at: of rows that do not say it. word: what rows are called."""
        self._mapping = mapping = mapping_of(options)
        self._clock = mapping.clock(options.timezone)
        self._word = word
        self._layout = layout = Layout([name.strip() for name in heading], mapping)
        self._is_end = mapping.time.marks == "end" and mapping.wide is None
        self._cutter = RowCutter(options, self._clock, mapping.unit, self._is_end, word)
        self._flags = {word: flag for flag, words in mapping.quality.items() for word in words}
        self._roles = {name: role for role, names in mapping.registers.items() for name in names}
        self._decimal = mapping.decimal or "."
        self._updated_at = updated_at
        if mapping.always.updated_at is not None:
            self._updated_at = self._instant_of_update(mapping.always.updated_at)
        self._bad: list[Extract] | None = []
        self._rows: Callable[[Sequence[Any], int, bytes], Iterator[Row]]
        self._rows = (
            self._wide if mapping.wide else (self._long if layout.register is not None else self._plain)
        )

    def add(self, row: Sequence[Any], place: int, raw: bytes) -> Sequence[Extract]:
        """Take a row in; return what is ready to go on.

        row: as many cells as the heading. place: number of the row. raw: the row, whole.
        """
        try:
            for reading in self._rows(row, place, raw):
                self._cutter.add(reading)
        except UnusableMessageError as error:
            return self.refuse(error, place, raw)
        if self._bad is not None:
            bad, self._bad = self._bad, None
            self._cutter.out[:0] = bad
        return self._ready()

    def refuse(self, error: UnusableMessageError, place: int, raw: bytes) -> Sequence[Extract]:
        """Put a row aside; return what is ready to go on."""
        extract = Extract(raw, f"{self._word} {place}", error.code, error.reason)
        if self._bad is None:
            self._cutter.out.append(extract)
            return self._ready()
        self._bad.append(extract)
        if len(self._bad) >= _HOPELESS:
            raise SunsiftError(
                f"the first {_HOPELESS} rows cannot be used, so the file was left alone; "
                f"{self._bad[0].place}: {self._bad[0].reason}"
            )
        return ()

    def finish(self) -> Sequence[Extract]:
        """Take the end of the table in; return all that is left."""
        self._cutter.out[:0] = self._bad or []
        self._cutter.finish()
        return self._ready()

    def _ready(self) -> Sequence[Extract]:
        if not self._cutter.out:
            return ()
        ready, self._cutter.out = self._cutter.out, []
        return ready

    def _plain(self, row: Sequence[Any], place: int, raw: bytes) -> Iterator[Row]:
        """Read a row of one time, with a column a role."""
        numbers = tuple((c, cells.number(row[n], self._decimal)) for c, n in self._layout.numbers)
        written = self._written(row)
        yield self._row(row, "", written, self._minutes(row), numbers, place, raw)

    def _long(self, row: Sequence[Any], place: int, raw: bytes) -> Iterator[Row]:
        """Read a row of one time and one register."""
        channel = self._channel(row)
        if channel is None:
            return
        value = self._layout.value
        assert value is not None
        numbers = ((channel, cells.number(row[value], self._decimal)),)
        yield self._row(row, channel.register, self._written(row), self._minutes(row), numbers, place, raw)

    def _wide(self, row: Sequence[Any], place: int, raw: bytes) -> Iterator[Row]:
        """Read a row of one day: its columns are the intervals from midnight on."""
        layout, wide = self._layout, self._mapping.wide
        assert wide is not None
        channel = Channel(wide.role) if wide.role else self._channel(row)
        if channel is None:
            return
        midnight = self._written(row)
        minutes = 1440 // len(layout.wide)
        rows = []
        for slot, column in enumerate(layout.wide):
            kwh = cells.number(row[column], self._decimal)
            start = midnight + timedelta(minutes=slot * minutes)
            try:
                rows.append(self._row(row, channel.register, start, minutes, ((channel, kwh),), place, raw))
            except UnusableMessageError as error:
                # Spring's hour has columns in every row, and nothing in them on that day.
                if error.code != "no_such_time" or kwh > 0.0:
                    raise
        yield from rows

    def _row(
        self,
        row: Sequence[Any],
        stream: str,
        written: datetime,
        minutes: int,
        numbers: tuple[tuple[Channel, float], ...],
        place: int,
        raw: bytes,
    ) -> Row:
        layout = self._layout
        house = layout.house_id
        quality = layout.quality
        always = self._mapping.always
        updated = None if layout.updated_at is None else row[layout.updated_at]
        return Row(
            cells.house_name(always.house_id if house is None else row[house]),
            stream,
            self._clock.instants(written, self._is_end),
            written.tzinfo is not None,
            minutes,
            numbers,
            always.quality if quality is None else cells.flag(row[quality], self._flags, always.quality),
            self._updated_at if updated is None or updated == "" else self._instant_of_update(updated),
            place,
            raw,
        )

    def _written(self, row: Sequence[Any]) -> datetime:
        layout, pattern = self._layout, self._mapping.time.format
        if layout.date is None:
            assert layout.time is not None
            return cells.moment(row[layout.time], pattern)
        if layout.time is None:
            return cells.moment(row[layout.date], pattern)
        day = row[layout.date]
        if isinstance(day, datetime):
            day = day.date()
        return cells.moment(f"{str(day).strip()} {str(row[layout.time]).strip()}", pattern)

    def _minutes(self, row: Sequence[Any]) -> int:
        column = self._layout.interval_minutes
        return self._mapping.always.interval_minutes if column is None else cells.minutes(row[column])

    def _channel(self, row: Sequence[Any]) -> Channel | None:
        """Say what a row's register measures; None for one that is left out."""
        assert self._layout.register is not None
        name = str(row[self._layout.register]).strip()
        role = self._roles.get(name) or (name.lower() if name.lower() in NUMBERS else None)
        if role is None:
            raise UnusableMessageError(
                "wrong_register", f"register {name!r:.60} is in no list of the mapping"
            )
        return None if role == "ignore" else Channel(role, name)

    def _instant_of_update(self, cell: Any) -> int:
        """Return a time of change [microseconds since 1970]. Errors: UnusableMessageError."""
        written = cells.moment(
            cell, "iso" if isinstance(cell, str) and "T" in cell else self._mapping.time.format
        )
        if written.tzinfo is None and self._clock.zone is None and self._clock.utc_offset_hours is None:
            raise UnusableMessageError(
                "wrong_time", "updated_at must say its offset from UTC, for example with a Z at its end"
            )
        return self._clock.instants(written, is_end=True).first * 1_000_000 + written.microsecond
