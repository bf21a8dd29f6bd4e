"""`sunsift settle`: judge every house that is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.output import AsJson, counted, examples, print_json, progress, say, show
from sunsift.cli.state import command_line, opened, settings_of

if TYPE_CHECKING:
    from sunsift.steps.predict import Predicted
    from sunsift.wiring import Sunsift

QuietMinutes = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="N",
        help="A house is due after N minutes without a packet; 0 means now.",
        show_default="45, or SUNSIFT_QUIET_MINUTES",
    ),
]


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift settle", "judge the houses that have been quiet for 45 minutes"),
            ("sunsift settle --quiet-minutes 0", "judge everything that changed, now"),
            ("sunsift settle --now 2026-11-22T06:00:00+10:00", "as if it were that time"),
        )
    )(settle)


def read_time(text: str) -> datetime:
    """Read an ISO time; without an offset it is UTC. Errors: typer.BadParameter."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO time like 2026-11-22T06:00:00+10:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def settle(
    ctx: typer.Context,
    now: Annotated[
        datetime | None,
        typer.Option(
            parser=read_time,
            metavar="ISO-TIME",
            help="Take this for the time; UTC unless it says its offset.",
            show_default="the clock's",
        ),
    ] = None,
    quiet_minutes: QuietMinutes = None,
    as_json: AsJson = False,
) -> None:
    """Settle and predict every house that is due: judge its periods, fold its status, write its reports.

    A house is due when its packets changed and none has arrived for a while. Running it again changes
    nothing until new packets come.
    """
    from sunsift.adapters.clock import FixedClock

    settings = settings_of(ctx, quiet_minutes)
    with opened(settings, clock=FixedClock(now) if now else None) as parts:
        with settling_alone(parts):
            done = settle_due(parts)
        waiting = parts.records.counts().unsettled
    if as_json:
        print_json(
            {
                "houses": done.houses,
                "predictions": done.predictions,
                "reports": done.reports,
                "waiting": waiting,
            }
        )
        return
    show(
        f"settled {counted(done.houses, 'house')}: {counted(done.predictions, 'prediction')}, "
        f"{counted(done.reports, 'report')}"
    )
    if waiting:
        minutes = f"{settings.rules.quiet_minutes:g} minutes"
        show(f"not due yet: {counted(waiting, 'house')}, until no packet came for {minutes}")
    if done.reports:
        say(f"Send the reports: {command_line(settings, 'deliver')}")


@contextmanager
def settling_alone(parts: "Sunsift") -> Iterator[None]:
    """Be the only process that settles this state while the block runs; wait for another, and say so."""
    with parts.settling(wait=False) as free:
        if free:
            yield
            return
    say("Another process is settling this state; waiting until it has finished.")
    with parts.settling(wait=True):
        yield


def settle_due(parts: "Sunsift") -> "Predicted":
    """Settle until nothing is due; each sweep finds a limited number of houses whose clock was lost."""
    from sunsift.local import settle_all
    from sunsift.steps.predict import Predicted

    total = Predicted()
    with progress("Judging houses", parts.records.counts().unsettled) as report:
        while True:
            parts.sweep()
            before = total.houses
            more = settle_all(parts, lambda done, before=before: report(before + done))  # type: ignore[misc]
            total = Predicted(
                total.houses + more.houses,
                total.predictions + more.predictions,
                total.reports + more.reports,
                total.overtaken + more.overtaken,
                total.waiting + more.waiting,
            )
            if not more.houses:
                return total
