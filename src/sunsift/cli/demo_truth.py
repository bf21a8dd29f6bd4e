"""What the demo found, beside the truth that it started from."""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sunsift.cli.league import percent
from sunsift.cli.output import coloured, counted, date_text, plain, table
from sunsift.views.league import status_of

if TYPE_CHECKING:
    from rich.table import Table

    from sunsift.model import Model
    from sunsift.records import Standing

# What poor and well mean, of the energy over the period.
POOR_UPTO: Final = 0.75
WELL_FROM: Final = 0.90

Day = tuple[float, float, str]


class Truth:
    """What the panels of each house really made on each day."""

    def __init__(self, truth_files: Sequence[Path]) -> None:
        self._days: defaultdict[str, dict[str, Day]] = defaultdict(dict)
        for path in truth_files:
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    if row["generation_kwh"] and row["healthy_kwh"]:
                        day = float(row["generation_kwh"]), float(row["healthy_kwh"]), row["fault"]
                        self._days[row["house_id"]][row["date"]] = day

    def over(self, house_id: str, period_end: int, period_days: int) -> "Reality":
        """Return what happened in the period that ends on the given day."""
        dates = [date_text(period_end - back) for back in range(period_days)]
        known = [self._days[house_id][date] for date in dates if date in self._days[house_id]]
        made, healthy = sum(day[0] for day in known), sum(day[1] for day in known)
        faults = dict.fromkeys(day[2] for day in known if day[2])
        return Reality(", ".join(faults), made / healthy if healthy else 1.0, healthy - made)


@dataclass(frozen=True, slots=True)
class Reality:
    """The truth of one house over one period.

    fault: what was wrong, empty if nothing. performance: made over healthy energy [1]. lost_kwh: [kWh].
    """

    fault: str
    performance: float
    lost_kwh: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A house as it was found, and as it was."""

    standing: "Standing"
    real: Reality


def judged(standings: "Sequence[Standing]", truth: Truth, period_days: int) -> list[Judged]:
    """Put the truth beside each house that has a prediction."""
    return [
        Judged(s, truth.over(s.house.house_id, s.prediction.period_end, period_days))
        for s in standings
        if s.prediction is not None
    ]


def comparison(houses: Sequence[Judged], model: "Model") -> "Table":
    """Return the table of houses: found on the left, true on the right."""
    listing = table("house", "status", ">made", ">lost", "in truth", ">made", ">lost", "*why")
    for house in houses:
        prediction = house.standing.prediction
        assert prediction is not None
        score = prediction.score
        listing.add_row(
            plain(house.standing.house.house_id),
            coloured(status_of(house.standing)),
            percent(score.performance, score.performance_se),
            f"{score.lost_kwh:,.0f}",
            plain(house.real.fault or "healthy"),
            f"{100 * house.real.performance:.0f} %",
            f"{house.real.lost_kwh:,.0f}",
            plain(model.explain(score.reasons[0])) if score.reasons else "",
        )
    return listing


def tally(houses: Sequence[Judged]) -> "tuple[Table, str]":
    """Return how many houses that are truly poor, between, and well were called what; and the sum of it."""
    counts = {name: Counter[str]() for name in ("poor", "between", "well")}
    for house in houses:
        poor, well = house.real.performance <= POOR_UPTO, house.real.performance >= WELL_FROM
        counts["poor" if poor else "well" if well else "between"][status_of(house.standing)] += 1
    listing = table("in truth", ">houses", ">found poor", ">unknown", ">found well")
    for name, words in (
        ("poor", f"poor: made at most {100 * POOR_UPTO:.0f} %"),
        ("between", "in between"),
        ("well", f"well: made at least {100 * WELL_FROM:.0f} %"),
    ):
        row = counts[name]
        listing.add_row(words, *(str(n) for n in (row.total(), row["poor"], row["unknown"], row["well"])))
    poor_found, false_alarms = counts["poor"]["poor"], counts["well"]["poor"]
    return listing, (
        f"{poor_found} of {counts['poor'].total()} poor houses found, "
        f"{counted(false_alarms, 'false alarm')} among {counts['well'].total()} that do well"
    )
