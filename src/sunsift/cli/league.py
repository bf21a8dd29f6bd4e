"""The league of all houses as a table."""

from typing import TYPE_CHECKING

from sunsift.cli.output import coloured, plain, table
from sunsift.domain.status import Status
from sunsift.views.league import described

if TYPE_CHECKING:
    from rich.table import Table

    from sunsift.model import Model
    from sunsift.records import Standing


def league_table(standings: "list[Standing]", model: "Model") -> "Table":
    """Return the league for people."""
    league = table(">#", "house", ">kWp", "status", "since", ">performance", ">lost kWh", "*why")
    for place, standing in enumerate(standings, start=1):
        row = described(standing, model)
        score = standing.prediction.score if standing.prediction else None
        why = row["reasons"][0] if row["reasons"] else "No 30 days with enough readings yet."
        league.add_row(
            str(place),
            plain(row["house_id"]),
            f"{row['capacity_kwp']:g}",
            coloured(row["status"]),
            row["since"] or "-",
            percent(score.performance, score.performance_se) if score else "-",
            f"{score.lost_kwh:,.0f}" if score else "-",
            "" if row["status"] == Status.WELL else plain(why),
        )
    return league


def percent(performance: float, standard_error: float) -> str:
    """Write a performance with its standard error."""
    return f"{100 * performance:.0f} ± {100 * standard_error:.0f} %"
