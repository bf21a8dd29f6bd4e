"""`sunsift run`: the service that does everything, in one process."""

import logging
import signal
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.deliver import Target
from sunsift.cli.hidden import secrets_of
from sunsift.cli.output import examples
from sunsift.cli.service_options import Listen, LogFormat, LogLevel, LogsAs, LogsFrom, OpenToAll, Proxies
from sunsift.cli.serving import served_if_possible
from sunsift.cli.settle import QuietMinutes
from sunsift.cli.signals import call_on_stop
from sunsift.cli.state import opened, settings_of

if TYPE_CHECKING:
    from sunsift.local import Service

log = logging.getLogger("sunsift")


InboxAt = Annotated[
    str | None,
    typer.Option(
        "--inbox",
        metavar="DIR|URL",
        envvar="SUNSIFT_INBOX",
        help="Folder in which packet files arrive (`run` creates it), or azure://ACCOUNT/QUEUE.",
        show_default="inbox in the data folder",
    ),
]


def _every(what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(min=0.01, metavar="S", help=f"{what} every S seconds.")
    return option


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift run", "watch the folder inbox in the data folder"),
            ("sunsift run --open", "the same, with pages that ask nobody on this machine for a token"),
            ("sunsift run --inbox /srv/drop --to https://retailer.example/solar", "POST reports"),
            ("sunsift run --quiet-minutes 0 --settle-seconds 5", "verdicts at once, for trying out"),
        )
    )(run)


def run(
    ctx: typer.Context,
    inbox: InboxAt = None,
    to: Target = None,
    quiet_minutes: QuietMinutes = None,
    poll_seconds: Annotated[float, _every("Look for new files")] = 2.0,
    settle_seconds: Annotated[float, _every("Settle houses that are due")] = 60.0,
    deliver_seconds: Annotated[float, _every("Send due reports")] = 60.0,
    sweep_seconds: Annotated[float, _every("Look for what got lost")] = 3600.0,
    whole_after: Annotated[
        float,
        typer.Option(
            min=0.0, metavar="S", help="A file is whole, and is read, when it has not grown for S seconds."
        ),
    ] = 2.0,
    listen: Listen = None,
    open_to_all: OpenToAll = False,
    proxy: Proxies = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            envvar="SUNSIFT_METRICS",
            help="Serve figures for Prometheus there, such as 127.0.0.1:9464.",
            show_default="not at all",
        ),
    ] = None,
    log_format: LogsAs = LogFormat.TEXT,
    log_level: LogsFrom = LogLevel.INFO,
) -> None:
    """Run everything: watch an inbox folder, judge quiet houses, deliver reports, serve pages and API.

    Files named *.jsonl, *.ndjson, *.csv, *.nem12, *.json, *.xml (gzipped or not) or *.parquet are read and
    then moved to done/, broken ones to failed/. To hand a file over at once, move it into the folder when it
    is complete.

    Ctrl-C or SIGTERM ends the service cleanly with exit code 0. Whatever ends it, even a power cut, it goes
    on where it was when it is started again.
    """
    from sunsift import logs
    from sunsift.local import Schedule, Service
    from sunsift.prometheus import served
    from sunsift.settings import LONGEST_STEP_MS, shown
    from sunsift.wiring import inbox_at, sender_to

    settings = settings_of(ctx, quiet_minutes)
    level = logging.getLevelNamesMapping()[log_level.upper()]
    logs.configure(log_format.value, level, secrets_of(settings, inbox, to))
    target = to or str(settings.outbox)
    schedule = Schedule(
        poll_seconds=poll_seconds,
        settle_seconds=settle_seconds,
        deliver_seconds=deliver_seconds,
        sweep_seconds=sweep_seconds,
    )
    sender = sender_to(target, settings)
    with (
        served(metrics) if metrics else nullcontext() as observer,
        opened(settings, longest_step_ms=LONGEST_STEP_MS, observer=observer, must_exist=False) as parts,
        served_if_possible(settings, listen, open_to_all, proxy or [], observer),
    ):
        if observer is not None:
            observer.watch(parts.records, parts.model)
            log.info("metrics at http://%s/metrics", metrics)
        packets = inbox_at(inbox, settings, whole_after, parts.store)
        service = Service(parts, packets, sender, schedule)
        _stop_on_signals(service)
        log.info("state in %s", settings.data if settings.store is None else shown(settings.store))
        if settings.coordinator is not None:
            log.info("quiet clocks and leases in %s", shown(settings.coordinator))
        watched = inbox or settings.inbox
        log.info("watching %s for packet files; reports go to %s", watched, shown(target))
        log.info("houses are judged after %g quiet minutes", settings.rules.quiet_minutes)
        log.info("stop with Ctrl-C or SIGTERM")
        service.run()
        packets.close()
    log.info("stopped; everything is stored")


def _stop_on_signals(service: "Service") -> None:
    def stop(told: signal.Signals) -> None:
        log.info("%s: finishing what is at hand", told.name)
        service.stop()

    call_on_stop(stop)
