"""The league of all houses: its order, its table, and its rows for programs."""

from typing import TYPE_CHECKING, Any

from sunsift.cli.output import coloured, date_text, plain, table
from sunsift.domain.status import Status

if TYPE_CHECKING:
    from rich.table import Table

    from sunsift.model import Model
    from sunsift.records import Standing


def status_of(standing: "Standing") -> str:
    """Return the status of a house; one without any prediction is unknown."""
    return str(standing.folded.status) if standing.folded else str(Status.UNKNOWN)


def rank(standing: "Standing") -> tuple[float, str]:
    """Return the place of a house in the league: the greatest loss first, without prediction last."""
    lost = standing.prediction.score.lost_kwh if standing.prediction else -1.0
    return -lost, standing.house.house_id


def described(standing: "Standing", model: "Model") -> dict[str, Any]:
    """Return a row of the league for programs."""
    prediction, folded = standing.prediction, standing.folded
    row: dict[str, Any] = {
        "house_id": standing.house.house_id,
        "capacity_kwp": standing.house.capacity_kwp,
        "status": status_of(standing),
        "since": date_text(folded.change.as_of) if folded and folded.change else None,
        "average": folded.average if folded else None,
    }
    names = ("p_poor", "performance", "performance_se", "lost_kwh", "verdict")
    score = prediction.score if prediction else None
    row |= {name: getattr(score, name) if score else None for name in names}
    row["lost_kwh_low"], row["lost_kwh_high"] = score.lost_kwh_range if score else (None, None)
    row["period_end"] = date_text(prediction.period_end) if prediction else None
    row["usable_days"] = prediction.usable_days if prediction else None
    row["reasons"] = [model.explain(reason) for reason in score.reasons] if score else []
    return row


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
