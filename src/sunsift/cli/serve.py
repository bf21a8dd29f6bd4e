"""`sunsift serve`: the API and the pages, without the steps."""

import logging
import threading

import typer

from sunsift.cli.hidden import secrets_of
from sunsift.cli.output import examples
from sunsift.cli.service_options import Listen, LogFormat, LogLevel, LogsAs, LogsFrom, OpenToAll, Proxies
from sunsift.cli.serving import served
from sunsift.cli.signals import call_on_stop
from sunsift.cli.state import settings_of

log = logging.getLogger("sunsift")


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift serve", "on this machine, for whoever has a token"),
            ("sunsift serve --open", "on this machine, for whoever uses it"),
            ("sunsift serve --listen 0.0.0.0:8321 --proxy 10.0.0.7", "behind a reverse proxy that ends TLS"),
        )
    )(serve)


def serve(
    ctx: typer.Context,
    listen: Listen = None,
    open_to_all: OpenToAll = False,
    proxy: Proxies = None,
    log_format: LogsAs = LogFormat.TEXT,
    log_level: LogsFrom = LogLevel.INFO,
) -> None:
    """Serve the API and the pages of a state until told to stop; `sunsift run` does so too, beside the steps.

    Everybody needs a token, which `sunsift token create` makes. It serves plain HTTP: beyond this machine,
    put a reverse proxy in front of it that ends TLS.
    """
    from sunsift import logs

    settings = settings_of(ctx)
    level = logging.getLevelNamesMapping()[log_level.upper()]
    logs.configure(log_format.value, level, secrets_of(settings))
    stop = threading.Event()
    call_on_stop(lambda _: stop.set())
    with served(settings, listen, open_to_all=open_to_all, proxies=proxy or []):
        stop.wait()
    log.info("stopped")
