"""What the doctor says of reports: those that wait, those that were given up, a receiver that left."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sunsift.cli.doctor_check import OK, PROBLEM, WARNING, Check
from sunsift.cli.output import counted
from sunsift.cli.state import command_line
from sunsift.domain.errors import SettingsError

if TYPE_CHECKING:
    from sunsift.records import Counts
    from sunsift.settings import Settings
    from sunsift.wiring import Sunsift


def check_reports(settings: "Settings", parts: "Sunsift", counts: "Counts") -> Iterator[Check]:
    """Look at what waits, what was given up, and whether the receiver still wants any."""
    from sunsift.records import ReportState

    stuck = None
    if counts.undelivered:
        waiting = (r for r in parts.records.reports() if r.delivered_at is None and r.given_up_at is None)
        stuck = next((r.problem for r in waiting if r.problem), None)
    yield Check(
        "reports",
        PROBLEM if stuck else OK,
        f"{counts.undelivered:,} of {counts.reports:,} not delivered" + (f": {stuck}" if stuck else ""),
        f"{command_line(settings, 'deliver')}, or let `run` do it" if counts.undelivered else "",
    )
    given_up = parts.records.waiting().given_up
    if given_up:
        newest = parts.records.reports_page(None, ReportState.GIVEN_UP, None, 1).rows
        why = f", the last: {newest[0].problem}" if newest else ""
        found = f"{counted(given_up, 'report')} given up after three days{why}"
        advice = f"once that is cured: {command_line(settings, 'reports replay --given-up')}"
        yield Check("given up", WARNING, found, advice)
    if (left := _left(settings, parts)) is not None:
        advice = f"if it wants them again: {command_line(settings, 'deliver --enable')}"
        yield Check("receiver", PROBLEM, f"it wants no more reports: {left}; they wait", advice)


def _left(settings: "Settings", parts: "Sunsift") -> str | None:
    """Return what the receiver said when it left; None if it did not."""
    from sunsift.wiring import sender_to

    try:
        return parts.store.gone(sender_to(settings.to or str(settings.outbox), settings).target)
    except SettingsError:  # the look at the outbox says so
        return None
