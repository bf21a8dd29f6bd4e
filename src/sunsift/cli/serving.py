"""Serving the pages and the API beside whatever a command does."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from sunsift.domain.errors import MissingExtraError, SettingsError
from sunsift.settings import DEFAULT_SERVE, LONGEST_STEP_MS, Settings, host_and_port

if TYPE_CHECKING:
    from sunsift.telemetry import Observer
    from sunsift.wiring import Sunsift

log = logging.getLogger("sunsift")
OFF = "off"


@contextmanager
def served(
    settings: Settings,
    listen: str | None,
    *,
    open_to_all: bool = False,
    proxies: Sequence[str] = (),
    observer: "Observer | None" = None,
) -> Iterator[str]:
    """Serve while the block runs, which is told the address as a URL.

    listen: HOST:PORT; None for what the settings say. Errors: SettingsError if nobody can listen there,
    MissingExtraError without the extra web, typer.BadParameter for a server open to more than this machine.
    """
    from sunsift.activity import ActivityObserver
    from sunsift.telemetry import SILENT
    from sunsift.wiring import connected, needs

    with needs("web"):
        from sunsift.web.app import create_app
        from sunsift.web.context import Web
        from sunsift.web.pool import Pool
        from sunsift.web.server import is_loopback, serving
    host, port = host_and_port(listen or settings.serve, DEFAULT_SERVE)
    if open_to_all and not is_loopback(host):
        raise typer.BadParameter(f"--open is for this machine alone, not for {host}: listen at 127.0.0.1")
    if open_to_all and proxies:
        raise typer.BadParameter("--open and --proxy exclude each other: a proxy lets the world in")

    def open_parts() -> "Sunsift":
        parts = connected(settings, longest_step_ms=LONGEST_STEP_MS)
        # What comes in through the API is work of the flow as well; requests are few enough to note each.
        noted = ActivityObserver(parts.store, parts.clock, observer or SILENT, write_seconds=0.0)
        return replace(parts, observer=noted)

    pool = Pool(open_parts)
    try:
        # Opened first, so that what is wrong with the state is said before anybody asks.
        with pool.borrow() as parts:
            has_tokens = bool(parts.tokens.every())
        app = create_app(Web(settings, pool, open_to_all=open_to_all))
        with serving(app, host, port, proxies) as url:
            log.info("serving at %s", url)
            if open_to_all:
                log.info("open to everybody on this machine")
            elif not has_tokens:
                log.info("nobody has a token yet; make one with: sunsift token create NAME --scope read")
            if not is_loopback(host) and not proxies:
                log.warning("tokens travel in the clear unless a reverse proxy ends TLS in front of this")
            yield url
    finally:
        pool.close()


@contextmanager
def served_if_possible(
    settings: Settings,
    listen: str | None,
    open_to_all: bool,
    proxies: Sequence[str],
    observer: "Observer | None",
) -> Iterator[None]:
    """Serve beside a service that goes on without, too, unless an address was asked for.

    listen: HOST:PORT or "off"; None if nobody said anything.
    """
    if (listen or settings.serve) == OFF:
        yield
        return
    with ExitStack() as until_then:
        try:
            serving = served(settings, listen, open_to_all=open_to_all, proxies=proxies, observer=observer)
            until_then.enter_context(serving)
        except (MissingExtraError, SettingsError) as error:
            if listen is not None:
                raise
            log.warning("no pages and no API: %s", error)
        yield
