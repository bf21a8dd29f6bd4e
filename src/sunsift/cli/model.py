"""`sunsift model`: which model judges, and how it does on this fleet."""

from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.output import AsJson, counted, date_text, examples, plain, print_json, show, table
from sunsift.cli.state import opened, settings_of
from sunsift.domain.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from sunsift.health import Agreement, Health, Said

SHOWN_REGIONS = 40
# Of fewer house-days chance alone moves the index.
FEW_ROWS = 500
TEACH = "Teach it: sunsift feedback HOUSE fault|healthy"

app = typer.Typer(no_args_is_help=True, help="Say which model judges, and watch how it does.")


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="model")


@app.command("show", epilog=examples(("sunsift model show", "version, card and size")))
def show_model(as_json: AsJson = False) -> None:
    """Show the model that this version ships: its version, its card, the size of its files."""
    from sunsift.model import load

    model = load()
    here = resources.files("sunsift.model").iterdir()
    sizes = {f.name: len(f.read_bytes()) for f in here if f.is_file() and not f.name.endswith(".py")}
    facts: dict[str, Any] = {
        "version": model.version,
        "history_days": model.history_days,
        "size_bytes": sum(sizes.values()),
        "files": dict(sorted(sizes.items())),
    }
    if as_json:
        print_json(facts | {"card": dict(model.card)})
        return
    size = f"{facts['size_bytes']:,} bytes in {', '.join(sizes)}" if sizes else "no file: rules in the code"
    listing = table("", "*model")
    listing.add_row("version", plain(model.version))
    listing.add_row("looks back", counted(model.history_days, "day"))
    listing.add_row("size", plain(size))
    for name, value in model.card.items():
        listing.add_row(plain(name), plain(value))
    show(listing)
    if not model.card:
        show("It has no card.")


@app.command(
    epilog=examples(
        ("sunsift model health", "of the last 30 days of data"),
        ("sunsift model health --days 7 --json", "for monitoring"),
    )
)
def health(
    ctx: typer.Context,
    days: Annotated[
        int, typer.Option(min=1, max=3660, metavar="N", help="Look at the last N days of data.")
    ] = 30,
    as_json: AsJson = False,
) -> None:
    """Show how the model does on this fleet: what it says, who disagrees, how far its input moved.

    Predictions are counted whose period ends in these days. Agreement holds the statuses of all houses with
    feedback against it. Stability compares the evidence of these days with that of the training by the
    population stability index: below 0.1 stable, up to 0.25 moved, above drifted.
    """
    from sunsift.health import measure_health

    with opened(settings_of(ctx)) as parts:
        found = measure_health(parts.records, parts.model, days)
    if as_json:
        print_json(_described(found) if found else None)
    elif found is None:
        show("There is no data yet.")
    else:
        _show(found)


def _described(found: "Health") -> dict[str, Any]:
    agreement = found.agreement
    return {
        "model_version": found.model_version,
        "from": date_text(found.first_day),
        "to": date_text(found.last_day),
        "by_region": {name: _said(said) for name, said in found.by_region.items()},
        "by_version": {name: _said(said) for name, said in found.by_version.items()},
        "feedback": {
            "visits": agreement.visits,
            "houses": agreement.houses,
            "days": {
                str(told): {str(status): counts[status] for status in Status}
                for told, counts in agreement.days.items()
            },
            "agreement": agreement.agreeing / agreement.told if agreement.told else None,
        },
        "evidence_rows": found.evidence_rows,
        "carries_training": bool(found.stability),
        "stability": {name: _number(index) for name, index in found.stability.items()},
    }


def _said(said: "Said") -> dict[str, Any]:
    return {
        "predictions": said.predictions,
        "poor_share": said.poor / said.predictions,
        "unknown_share": said.unknown / said.predictions,
    }


def _number(index: float) -> float | None:
    return None if index != index else round(index, 4)  # NaN differs from itself


def _show(found: "Health") -> None:
    days = f"{date_text(found.first_day)} to {date_text(found.last_day)}"
    show(f"[bold]Model {plain(found.model_version)}[/bold], data of {days}\n")
    show(_said_table("model version", found.by_version), "")
    largest = dict(sorted(found.by_region.items(), key=lambda item: -item[1].predictions)[:SHOWN_REGIONS])
    show(_said_table("region", largest))
    if len(largest) < len(found.by_region):
        show(f"{len(largest):,} of {len(found.by_region):,} regions, the largest; --json has all")
    show("", *_agreement(found.agreement), "", *_stability(found))


def _said_table(what: str, said: "Mapping[str, Said]") -> "Table":
    listing = table(what, ">predictions", ">poor", ">unknown")
    for name, s in said.items():
        shares = (f"{100 * part / s.predictions:.1f} %" for part in (s.poor, s.unknown))
        listing.add_row(plain(name), f"{s.predictions:,}", *shares)
    return listing


def _agreement(agreement: "Agreement") -> "list[Table | str]":
    if not agreement.visits:
        return [f"No visit was noted, so nobody knows how often the statuses are right. {TEACH}"]
    statuses = Status.POOR, Status.WELL, Status.UNKNOWN
    listing = table("found", *(f">status {status}" for status in statuses), title="Days with feedback")
    for told, counts in agreement.days.items():
        listing.add_row(str(told), *(f"{counts[status]:,}" for status in statuses))
    what = f"{counted(agreement.visits, 'visit')} to {counted(agreement.houses, 'house')}"
    if not agreement.told:
        return [listing, f"{what}; the status was unknown on all of their days"]
    share = 100 * agreement.agreeing / agreement.told
    return [listing, f"{what}; where there was a verdict, it was right on {share:.0f} % of the days"]


def _stability(found: "Health") -> "list[Table | str]":
    from sunsift.domain.drift import DRIFTED_FROM, MOVED_FROM

    if not found.stability:
        return ["This model carries no histograms of its training, so a drift of its input cannot be told."]
    known = {name: index for name, index in found.stability.items() if index == index}
    listing = table("evidence", ">stability index", "", title="Input against training")
    for name, index in sorted(known.items(), key=lambda item: -item[1]):
        word = "drifted" if index > DRIFTED_FROM else "moved" if index >= MOVED_FROM else "stable"
        listing.add_row(name, f"{index:.3f}", word)
    drifted = sum(index > DRIFTED_FROM for index in known.values())
    of = f"of {counted(found.evidence_rows, 'house-day')}"
    if found.evidence_rows < FEW_ROWS:
        return [listing, f"{of}: too few to tell a drift from chance"]
    if drifted:
        what = f"{of}: {drifted} of {counted(len(known), 'column')} drifted."
        advice = "Compare with a whole year (--days 365): seasons move sunlight. If it stays, train again."
        return [listing, f"{what} {advice}"]
    return [listing, f"{of}: nothing drifted"]
