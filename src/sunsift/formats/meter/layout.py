"""Where the columns of a table stand, found by its heading and its mapping."""

from collections.abc import Sequence
from typing import Final

from sunsift.domain.errors import SunsiftError
from sunsift.formats.meter.days import Channel
from sunsift.formats.meter.mapping import TableMapping

NUMBERS: Final = {
    "import": "import_kwh",
    "export": "export_kwh",
    "net": "net_kwh",
    "generation": "generation_kwh",
}
"""Roles, and the columns that stand for them where no mapping says otherwise."""
_LENGTHS: Final = (24, 48, 96, 288)


class Layout:
    """Where in a row each column stands. Errors: SunsiftError."""

    def __init__(self, heading: Sequence[str], mapping: TableMapping) -> None:
        self._heading = heading
        columns, always = mapping.columns, mapping.always
        self.register = self._named("columns.register", columns.register)
        self.value = self._named("columns.value", columns.value)
        self.house_id = self._named("columns.house_id", columns.house_id)
        if self.house_id is None and always.house_id is None:
            self.house_id = self._required("house_id")
        self.date = self._named("columns.date", columns.date)
        self.time = self._named("columns.time", columns.time)
        if self.date is None and self.time is None:
            self.time = self._required("time")
        self.quality = self._named("columns.quality", columns.quality, "quality")
        self.updated_at = self._named("columns.updated_at", columns.updated_at, "updated_at")
        self.interval_minutes = None
        if not always.interval_minutes:
            self.interval_minutes = self._named(
                "columns.interval_minutes", columns.interval_minutes, "interval_minutes"
            )
        self.wide = self._between(mapping) if mapping.wide else range(0)
        self.numbers = self._numbers(mapping) if not mapping.wide and self.register is None else []

    def used(self) -> list[int]:
        """Return where the columns stand that are looked at."""
        single = {self.register, self.value, self.house_id, self.date, self.time, self.quality}
        single |= {self.updated_at, self.interval_minutes}
        single.update(column for _, column in self.numbers)
        return sorted({column for column in single if column is not None} | set(self.wide))

    def _numbers(self, mapping: TableMapping) -> list[tuple[Channel, int]]:
        c = mapping.columns
        said = {"import": c.import_, "export": c.export, "net": c.net, "generation": c.generation}
        guess = not any(said.values())
        found = [
            (Channel(role), self._named(f"columns.{role}", name, NUMBERS[role] if guess else None))
            for role, name in said.items()
        ]
        numbers = [(channel, column) for channel, column in found if column is not None]
        if not numbers:
            raise SunsiftError(
                "the heading names no readings: a column import_kwh, export_kwh or net_kwh, or say with "
                f"--columns which it is. It has {self._listed()}"
            )
        return numbers

    def _between(self, mapping: TableMapping) -> range:
        assert mapping.wide is not None
        first = self._named("wide.first", mapping.wide.first)
        last = self._named("wide.last", mapping.wide.last)
        assert first is not None
        assert last is not None
        if last - first + 1 not in _LENGTHS:
            wide = (
                f"from {mapping.wide.first!r} to {mapping.wide.last!r} are {max(last - first + 1, 0)} columns"
            )
            raise SunsiftError(f"{wide}; a day has 24, 48, 96 or 288")
        return range(first, last + 1)

    def _required(self, name: str) -> int:
        column = self._named("", None, name)
        if column is None:
            raise SunsiftError(
                f"the heading names no column {name}; say with --columns which it is. It has {self._listed()}"
            )
        return column

    def _named(self, key: str, name: str | None, guess: str | None = None) -> int | None:
        """Return where a column stands: one that the mapping names, or else one that is named as we do."""
        if name is None:
            lower = [column.lower() for column in self._heading]
            return lower.index(guess) if guess in lower else None
        count = self._heading.count(name)
        if count != 1:
            wrong = "is not in the heading" if not count else f"is {count} times in the heading"
            raise SunsiftError(f"the mapping's {key} {name!r} {wrong}, which has {self._listed()}")
        return self._heading.index(name)

    def _listed(self) -> str:
        return ", ".join(repr(name)[:40] for name in self._heading[:40])
