"""`sunsift lab rescore`: have the present model judge again what an earlier one judged, on purpose."""

import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.lab import DATE
from sunsift.cli.output import AsJson, counted, examples, plain, print_json, progress, say, show
from sunsift.cli.settle import QuietMinutes, settle_due, settling_alone
from sunsift.cli.state import opened, settings_of
from sunsift.domain.errors import SunsiftError

if TYPE_CHECKING:
    from sunsift.records import Rescorable
    from sunsift.wiring import Sunsift

EPILOG = examples(
    ("sunsift lab rescore --since 2026-11-01", "say what would be judged anew, and ask"),
    ("sunsift lab rescore --since 2026-11-01 --region north --yes", "one region, without asking"),
    (
        "sunsift lab rescore --since 2026-11-01 --sunlight",
        "under sunlight measured anew, after an import say",
    ),
)


def rescore(
    ctx: typer.Context,
    since: Annotated[
        datetime, typer.Option(formats=DATE, metavar="DATE", help="First day that is judged anew.")
    ],
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this region.", show_default="all")
    ] = None,
    sunlight: Annotated[
        bool, typer.Option("--sunlight", help="Measure the sunlight of these days anew, too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    quiet_minutes: QuietMinutes = None,
    as_json: AsJson = False,
) -> None:
    """Judge all periods that end on DATE or later anew, with the model of this version, and settle.

    Nothing else ever does: an upgrade leaves old predictions as they are. Changes of status become reports
    as usual. With --sunlight the region days from DATE on close again, with the feed or the packets that are
    stored now. Cut short, it has done no harm: the next settle goes on, and it may be given again.
    """
    from sunsift.domain.readings import day_number

    first_day = day_number(since.date())
    settings = settings_of(ctx, quiet_minutes)
    with opened(settings) as parts:
        plan = _plan(parts, first_day, region)
        days = sum(r.closed_days for r in plan) if sunlight else 0
        counts = {
            "regions": len(plan),
            "houses": sum(r.houses for r in plan),
            "predictions": sum(r.predictions for r in plan),
            "region_days": days,
        }
        say(_in_words(counts, since.date(), parts.model.version))
        if not yes:
            _ask()
        settled = _judge_anew(parts, plan, first_day, sunlight=sunlight)
        waiting = parts.records.counts().unsettled
    if as_json:
        print_json({"since": since.date().isoformat()} | counts | {"settled": settled, "waiting": waiting})
        return
    show(
        f"settled {counted(settled['houses'], 'house')}: {counted(settled['predictions'], 'prediction')}, "
        f"{counted(settled['reports'], 'report')}"
    )
    if waiting:
        show(f"not due yet: {counted(waiting, 'house')}, left to the next settle")


def _plan(parts: "Sunsift", since: int, region: str | None) -> "list[Rescorable]":
    """Return the regions with anything to judge. Errors: SunsiftError for a region without any house."""
    if region is not None and all(house.weather_region != region for house in parts.records.houses()):
        raise SunsiftError(f"no house is in the region {region!r}; see: sunsift sunlight show")
    return [r for r in parts.records.rescorable(since) if region in (None, r.region)]


def _in_words(counts: dict[str, int], since: date, version: str) -> str:
    what = (
        f"{counted(counts['predictions'], 'prediction')} of {counted(counts['houses'], 'house')} "
        f"from {since} on are judged anew by model {plain(version)}"
    )
    if counts["region_days"]:
        what += f", and the sunlight of {counted(counts['region_days'], 'region day')} is measured anew"
    return f"{what}. Changes of status will be reported."


def _ask() -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is there to ask; add --yes if you mean it")
    typer.confirm("Go on?", abort=True, err=True)


def _judge_anew(parts: "Sunsift", plan: "list[Rescorable]", since: int, *, sunlight: bool) -> dict[str, int]:
    # Nobody else may settle between the marks and the verdicts, or the counts would be theirs.
    with settling_alone(parts):
        with progress("Marking regions", len(plan)) as report:
            for done, r in enumerate(plan, start=1):
                parts.store.rescore(r.region, since, sunlight=sunlight)
                report(done)
        settled = settle_due(parts)
    return {"houses": settled.houses, "predictions": settled.predictions, "reports": settled.reports}
