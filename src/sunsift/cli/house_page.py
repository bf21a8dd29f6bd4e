"""One house on one page: registration, verdict, evidence, recent days, history, reports."""

from typing import TYPE_CHECKING, Any

from sunsift.cli.league import percent
from sunsift.cli.output import coloured, columns_of_terminal, date_text, plain, show, table
from sunsift.views.story import DAYS_SHOWN, Story

if TYPE_CHECKING:
    from sunsift.domain.house import House
    from sunsift.domain.verdict import Prediction
    from sunsift.records import ReportRow
    from sunsift.wiring import Sunsift

REPORTS_SHOWN = 5
BESIDE_PLOT = 31
CHANGES_SHOWN = 10
_BARS = "▁▂▃▄▅▆▇█"
_MISSING = "·"


def show_house(parts: "Sunsift", house: "House") -> None:
    """Print the page of one house."""
    story = Story(parts.records, house)
    show(f"[bold]House {plain(house.house_id)}[/bold]  {plain(_registration(house))}", "")
    prediction, folded = story.standing.prediction, story.standing.folded
    if prediction is None or folded is None:
        show(
            f"Status {coloured('unknown')}: no verdict yet. A verdict needs 30 days with enough readings; "
            f"{story.days} days are stored, and `sunsift settle` judges what has not been judged."
        )
    else:
        since = f" since {date_text(folded.change.as_of)}" if folded.change else ""
        show(f"Status {coloured(str(folded.status))}{since}")
        _show_verdict(parts, prediction)
    if story.recent:
        show("", *_plot(story))
    if story.changes:
        history = table("from", "status", "before", title="\nHistory")
        for change in story.changes[: -CHANGES_SHOWN - 1 : -1]:
            history.add_row(
                date_text(change.as_of), coloured(str(change.status)), coloured(str(change.previous))
            )
        show(history)
    if story.reports:
        show(_reports_table(story.reports[:REPORTS_SHOWN]))


def _registration(house: "House") -> str:
    parts = [
        f"{house.capacity_kwp:g} kWp",
        f"at {house.latitude:.2f}, {house.longitude:.2f} (UTC{house.utc_offset_hours:+g})",
    ]
    if house.azimuth is not None:
        parts.append(f"facing {house.azimuth:.0f}°")
    if house.tilt is not None:
        parts.append(f"tilted {house.tilt:.0f}°")
    if house.export_limit_kw is not None:
        parts.append(f"exports limited to {house.export_limit_kw:g} kW")
    if house.battery:
        parts.append("with a battery")
    return ", ".join(parts)


def _show_verdict(parts: "Sunsift", prediction: "Prediction") -> None:
    score, end = prediction.score, prediction.period_end
    least, most = score.lost_kwh_range
    show(
        f"In the 30 days to {date_text(end)} ({prediction.usable_days} of them usable) its panels made "
        f"{percent(score.performance, score.performance_se)} of what healthy ones would have made: "
        f"{score.lost_kwh:,.0f} kWh were lost ({least:,.0f} to {most:,.0f}). On these 30 days alone: "
        f"{coloured(str(score.verdict))}, {100 * score.p_poor:.0f} % likely to be poor.",
        "",
        f"[bold]Evidence[/bold] [dim]({plain(prediction.model_version)})[/dim]",
    )
    for reason in score.reasons:
        show(f"  • {plain(parts.model.explain(reason))}")


def _plot(story: Story) -> list[str]:
    """Return the last days as three lines of bars over one axis of dates."""
    last = story.recent[-1]["day"]
    shown = min(DAYS_SHOWN, max(10, columns_of_terminal() - BESIDE_PLOT))
    first = max(story.recent[0]["day"], last - shown + 1)
    by_day = {row["day"]: row for row in story.recent}
    span = range(first, last + 1)
    exports = [by_day.get(day, {}).get("export_kwh") for day in span]
    imports = [by_day.get(day, {}).get("import_kwh") for day in span]
    made = [story.performance.get(day) for day in span]
    begin, end = date_text(first), date_text(last)
    axis = f"{begin}{end:>{len(span) - len(begin)}}" if len(span) > len(begin) + len(end) else begin
    lines = [
        f"[bold]Recent days[/bold] [dim](one bar a day, {_MISSING} without data; performance is that of the "
        "30 days up to then)[/dim]"
    ]
    for name, values, unit in (("export", exports, "kWh"), ("import", imports, "kWh")):
        top = max((v for v in values if v is not None), default=0.0)
        lines.append(f"  {name:<12}{bars(values, top)}  up to {top:.1f} {unit}")
    lines.append(f"  {'performance':<12}{bars(made, 1.0)}  up to 100 %")
    lines.append(f"  [dim]{'':<12}{axis}[/dim]")
    return lines


def bars(values: list[float | None], top: float) -> str:
    """Draw values from 0 to `top` as one character each; the lowest bar stands for nothing at all."""
    steps = len(_BARS) - 1
    drawn = ""
    for value in values:
        if value is None:
            drawn += _MISSING
        else:
            share = value / top if top > 0.0 else 0.0
            drawn += _BARS[min(steps, max(0 if value <= 0.0 else 1, round(share * steps)))]
    return drawn


def _reports_table(reports: "list[ReportRow]") -> Any:
    listing = table("as of", "status", "before", "delivered", "key", title="\nLast reports")
    for r in reports:
        delivered = r.delivered_at or (f"not yet: {r.problem}" if r.problem else "not yet")
        listing.add_row(
            date_text(r.as_of),
            coloured(str(r.status)),
            coloured(str(r.previous)),
            plain(delivered),
            r.key,
        )
    return listing
