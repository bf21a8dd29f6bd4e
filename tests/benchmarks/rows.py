"""One line of the result: what was reached beside what was wanted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Self

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measured figure.

    values: one a repeat, by wall time; none if it was skipped. cpu_values: what they would be if only
    processor time counted, which tells how much a busy machine or a slow disk disturbed them.
    shown: the figure to set against the target, if it is not the median.
    limit_ratio: our time over that of the limit program on the same mail.
    """

    what: str
    unit: str
    values: tuple[float, ...] = ()
    cpu_values: tuple[float, ...] = ()
    shown: float | None = None
    target: float | None = None
    more_is_better: bool = True
    limit_ratio: float | None = None
    peak_mb: float | None = None
    note: str = ""

    @classmethod
    def of_speeds(
        cls,
        what: str,
        unit: str,
        amount: int,
        found: Sequence[dict[str, float]],
        *,
        target: float | None = None,
        limit_seconds: float | None = None,
        note: str = "",
    ) -> Self:
        """Make a row of runs that each did `amount` in their seconds."""
        seconds = median(figures["seconds"] for figures in found)
        return cls(
            what=what,
            unit=unit,
            values=tuple(amount / figures["seconds"] for figures in found),
            cpu_values=tuple(amount / figures["cpu_seconds"] for figures in found),
            target=target,
            limit_ratio=None if limit_seconds is None else seconds / limit_seconds,
            peak_mb=max(figures["peak_mb"] for figures in found),
            note=note,
        )

    @property
    def reached(self) -> float | None:
        """The figure to set against the target; None if it was skipped."""
        if self.shown is not None or not self.values:
            return self.shown
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if there is no target or no figure."""
        if self.target is None or self.reached is None:
            return None
        return self.reached >= self.target if self.more_is_better else self.reached <= self.target

    def as_json(self) -> dict[str, Any]:
        """Return everything, for programs."""
        return asdict(self) | {"reached": self.reached, "met": self.met}


def _number(value: float) -> str:
    if value >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10.0 else f"{value:.3g}"


def table_of(rows: Sequence[Row]) -> Table:
    """Lay rows out for people."""
    table = Table(title="Sunsift: speed and size", title_justify="left")
    table.add_column("what")
    for column in ("target", "reached", "min - max", "by CPU time", "x limit (best 1, good 3)", "peak MB"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row), style="dim" if row.reached is None else "")
    return table


def notes_of(rows: Sequence[Row]) -> list[str]:
    """Return what the table has no room for, a line a row."""
    return [f"{row.what}: {row.note}" for row in rows if row.note]


def _cells(row: Row) -> list[str]:
    target = ""
    if row.target is not None:
        target = f"{'>=' if row.more_is_better else '<='} {_number(row.target)}"
    colour = {True: "green", False: "red", None: "default"}[row.met]
    reached = "skipped" if row.reached is None else f"{_number(row.reached)} {row.unit}"
    spread = f"{_number(min(row.values))} - {_number(max(row.values))}" if len(row.values) > 1 else ""
    return [
        row.what,
        target,
        f"[{colour}]{reached}[/{colour}]",
        spread,
        _number(median(row.cpu_values)) if row.cpu_values else "",
        "" if row.limit_ratio is None else f"{row.limit_ratio:.1f}",
        "" if row.peak_mb is None else f"{row.peak_mb:.0f}",
    ]
