"""The league of all houses: its order and its rows, the same for the command line, the API and the pages."""

from typing import TYPE_CHECKING, Any

from sunsift.domain.status import Status

if TYPE_CHECKING:  # a command line that only draws the league starts without numpy
    from sunsift.model import Model
    from sunsift.records import Standing


def date_text(day: int) -> str:
    """Return a day [since 1970-01-01] as its date."""
    from sunsift.domain.readings import day_date

    return day_date(day).isoformat()


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
