"""`sunsift deliver`: send due reports once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from sunsift.cli.output import AsJson, counted, examples, plain, print_json, show
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SunsiftError

Target = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FILE|URL",
        envvar="SUNSIFT_TO",
        help="A file of JSON lines, a web address to which each report is POSTed, or azure://ACCOUNT/QUEUE.",
        show_default="reports.jsonl in the data folder",
    ),
]
Enable = Annotated[
    bool, typer.Option("--enable", help="Send to a receiver again that wanted no more reports (410).")
]


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift deliver", "append due reports to reports.jsonl in the data folder"),
            ("sunsift deliver --to https://retailer.example/solar", "POST them to a web server"),
            ("sunsift deliver --enable", "begin again with a receiver that had answered 410"),
        )
    )(deliver)


def deliver(ctx: typer.Context, to: Target = None, enable: Enable = False, as_json: AsJson = False) -> None:
    """Send every report that is due, once.

    A report that is not acknowledged becomes due again after a minute, then two, and so on up to six
    hours, for three days; its key stays the same, so that a receiver can tell a repetition. Once a batch
    brought nothing through, the rest is left for the next time. Exit code 1 if any report failed.
    """
    from sunsift.local import deliver_all
    from sunsift.wiring import sender_to

    settings = settings_of(ctx)
    sender = sender_to(to or str(settings.outbox), settings)
    with _said_once(), opened(settings) as parts:
        if enable:
            parts.store.enable(sender.target)
        done = deliver_all(parts, sender)
        undelivered = parts.records.counts().undelivered
        said = parts.store.gone(sender.target)
        problem = None
        if done.failed:
            problem = next((r.problem for r in parts.records.reports() if r.problem), None)
    if as_json:
        told = {"sent": done.sent, "failed": done.failed, "given_up": done.given_up}
        print_json({**told, "undelivered": undelivered, "gone": said is not None})
    else:
        sent = counted(done.sent, "report")
        show(f"{sent} sent to {plain(sender.target)}; {undelivered:,} not delivered yet")
    if said is not None:
        again = command_line(settings, "deliver --enable")
        raise SunsiftError(f"{sender.target} wants no more reports ({said}); if it does again: {again}")
    if done.failed:
        kept = f"; {done.given_up:,} given up" if done.given_up else "; kept, and due again later"
        raise SunsiftError(f"not acknowledged: {counted(done.failed, 'report')} ({problem}){kept}")


@contextmanager
def _said_once() -> Iterator[None]:
    """Let the summary say what failed, instead of a line a report."""
    log = logging.getLogger("sunsift.steps.deliver")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
