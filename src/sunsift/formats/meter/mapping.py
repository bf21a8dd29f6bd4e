"""What the columns of a table mean: the mapping file of `--columns`, checked, or what their names say."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import INTERVALS
from sunsift.formats.meter import MeterOptions
from sunsift.formats.meter.clocks import Clock, zone_named
from sunsift.formats.meter.rows import Unit

_UNITS: Final = {
    "kwh": Unit(1.0, False),
    "wh": Unit(0.001, False),
    "mwh": Unit(1000.0, False),
    "kw": Unit(1.0, True),
    "w": Unit(0.001, True),
}


class _Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    pass


class Columns(_Strict, frozen=True, rename={"import_": "import"}):
    """Names of columns, as the heading writes them."""

    house_id: str | None = None
    time: str | None = None
    date: str | None = None
    import_: str | None = None
    export: str | None = None
    net: str | None = None
    generation: str | None = None
    register: str | None = None
    value: str | None = None
    quality: str | None = None
    updated_at: str | None = None
    interval_minutes: str | None = None


class Always(_Strict, frozen=True):
    """What holds for every row, where no column says it."""

    house_id: str | None = None
    unit: str = "kWh"
    interval_minutes: int = 0
    quality: Literal["A", "S", "F", "E", "N"] = "A"
    updated_at: str | None = None


class Time(_Strict, frozen=True):
    """How times are written, and by which clock."""

    marks: Literal["start", "end"] = "start"
    format: str = "iso"
    timezone: str | None = None
    utc_offset_hours: float | None = None


class Wide(_Strict, frozen=True):
    """A whole day in one row: the columns from `first` to `last`, from midnight on."""

    first: str
    last: str
    role: Literal["import", "export", "net", "generation"] | None = None


class TableMapping(_Strict, frozen=True):
    """A mapping file. registers: role -> names that the register column holds. quality: flag -> words."""

    columns: Columns = Columns()
    always: Always = Always()
    time: Time = Time()
    registers: dict[Literal["import", "export", "net", "generation", "ignore"], list[str]] = {}
    quality: dict[Literal["A", "S", "F", "E", "N"], list[str]] = {}
    wide: Wide | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    heading_line: int = 1

    @property
    def unit(self) -> Unit:
        """The unit of the numbers."""
        return _UNITS[self.always.unit.lower()]

    def clock(self, timezone: str | None) -> Clock:
        """Return the clock of times that do not say their offset. Errors: SunsiftError for unknown zones.

        timezone: what the command line says, which wins over the mapping.
        """
        if timezone is not None:
            return Clock(zone_named(timezone))
        if self.time.timezone is not None:
            return Clock(zone_named(self.time.timezone))
        return Clock(utc_offset_hours=self.time.utc_offset_hours)


def mapping_of(options: MeterOptions) -> TableMapping:
    """Check a mapping. Errors: SunsiftError, naming what is wrong in it."""
    said: Mapping[str, Any] = options.columns or {}
    try:
        mapping = msgspec.convert(said, TableMapping)
    except msgspec.ValidationError as error:
        raise SunsiftError(f"the mapping of columns is wrong: {error}") from error
    for problem in _problems(mapping):
        raise SunsiftError(f"the mapping of columns is wrong: {problem}")
    return mapping


def _problems(mapping: TableMapping) -> list[str]:
    time, columns, always = mapping.time, mapping.columns, mapping.always
    problems = []
    if always.unit.lower() not in _UNITS:
        problems.append(f"always.unit is {always.unit!r}, must be kWh, Wh, MWh, kW or W")
    if always.interval_minutes not in (0, *INTERVALS):
        problems.append(f"always.interval_minutes is {always.interval_minutes}, must be 5, 15, 30 or 60")
    if time.timezone is not None and time.utc_offset_hours is not None:
        problems.append("time.timezone and time.utc_offset_hours exclude each other")
    if time.utc_offset_hours is not None and not -12 <= time.utc_offset_hours <= 14:
        problems.append(f"time.utc_offset_hours is {time.utc_offset_hours:g}, must be -12 to 14")
    if mapping.delimiter is not None and len(mapping.delimiter) != 1:
        problems.append(f"delimiter is {mapping.delimiter!r}, must be one character")
    if mapping.heading_line < 1:
        problems.append("heading_line counts from 1")
    if mapping.wide is None and (columns.register is None) != (columns.value is None):
        problems.append("columns.register and columns.value go together")
    if mapping.wide is not None and (columns.register is None) == (mapping.wide.role is None):
        problems.append("say wide.role, or columns.register if rows differ in it")
    words = [word for group in mapping.registers.values() for word in group]
    words += [word for group in mapping.quality.values() for word in group]
    if len(words) != len(set(words)):
        problems.append("a word stands in two lists of registers or quality")
    return problems
