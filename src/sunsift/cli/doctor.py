"""`sunsift doctor`: what is configured, reachable, missing."""

import platform
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sunsift import __version__
from sunsift.cli.deliver import Target
from sunsift.cli.doctor_check import MISSING, OK, PROBLEM, WARNING, Check
from sunsift.cli.doctor_reports import check_reports
from sunsift.cli.hidden import secrets_of
from sunsift.cli.output import AsJson, counted, examples, plain, print_json, show, table
from sunsift.cli.run import InboxAt
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SunsiftError

if TYPE_CHECKING:
    from sunsift.settings import Settings
    from sunsift.wiring import Sunsift

STYLES = {OK: "green", WARNING: "yellow", MISSING: "yellow", PROBLEM: "bold red"}
LITTLE_SPACE_BYTES = 500_000_000


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift doctor", "look at everything"),
            ("sunsift --data /srv/sunsift doctor --json", "for monitoring"),
        )
    )(doctor)


def doctor(ctx: typer.Context, inbox: InboxAt = None, to: Target = None, as_json: AsJson = False) -> None:
    """Say what is configured, reachable and missing, and what to do about it. Nothing is changed or sent.

    Exit code 1 if there is a problem; a warning is none, nor something optional that is missing.
    """
    from sunsift.logs import mask

    settings = replace(settings_of(ctx), inbox_at=inbox, to=to)
    secrets = secrets_of(settings)
    checks = [
        replace(check, found=mask(check.found, secrets), advice=mask(check.advice, secrets))
        for check in _checks(settings)
    ]
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        listing = table("", "check", "*found", "*advice")
        for c in checks:
            listing.add_row(f"[{STYLES[c.state]}]{c.state}[/]", c.check, plain(c.found), plain(c.advice))
        show(listing)
    if any(check.state == PROBLEM for check in checks):
        raise typer.Exit(1)


def _checks(settings: "Settings") -> Iterator[Check]:
    from sunsift.cli.doctor_servers import server_checks

    here = [place for place in (settings.store, settings.inbox_at, settings.to) if place is None]
    yield from _program()
    if here:
        yield from _folder(settings)
    if settings.store is None:
        yield from _state(settings)
    yield from server_checks(settings, lambda: _on_server(settings))
    if "://" not in (settings.inbox_at or "") and (settings.store or settings.database.exists()):
        yield _inbox(Path(settings.inbox_at) if settings.inbox_at else settings.inbox)
    yield from _optional()


def _program() -> Iterator[Check]:
    versions = f"Sunsift {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    yield Check("versions", OK, f"{versions}, numpy {metadata.version('numpy')}")


def _folder(settings: "Settings") -> Iterator[Check]:
    data = settings.data
    if not data.exists():
        yield Check("data folder", MISSING, f"{data} does not exist", "it is created by the first command")
        return
    try:
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        yield Check(
            "data folder", PROBLEM, f"{data}: {error.strerror}", "make it a folder that may be written"
        )
        return
    free = shutil.disk_usage(data).free
    little = free < LITTLE_SPACE_BYTES
    yield Check(
        "data folder",
        PROBLEM if little else OK,
        f"{data.resolve()}, {free / 1e9:,.1f} GB free",
        "free some space before the disk is full" if little else "",
    )


def _state(settings: "Settings") -> Iterator[Check]:
    from sunsift.settings import LONGEST_STEP_MS

    if not settings.database.exists():
        advice = command_line(settings, "houses add HOUSES.csv")
        yield Check("database", MISSING, f"{settings.database} does not exist", f"begin with: {advice}")
        return
    try:
        # Bounded, so that the look itself makes no house due.
        with opened(settings, longest_step_ms=LONGEST_STEP_MS) as parts:
            yield _database(settings)
            yield from _contents(settings, parts)
            yield _clock(parts)
    except SunsiftError as error:
        yield Check("database", PROBLEM, str(error), "see the text")


def _on_server(settings: "Settings") -> Iterator[Check]:
    from sunsift.settings import LONGEST_STEP_MS

    with opened(settings, longest_step_ms=LONGEST_STEP_MS) as parts:
        yield from _contents(settings, parts)


def _database(settings: "Settings") -> Check:
    with closing(sqlite3.connect(settings.database)) as connection:
        schema = connection.execute("PRAGMA user_version").fetchone()[0]
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    size = settings.database.stat().st_size
    return Check(
        "database",
        OK if journal == "wal" else PROBLEM,
        f"{settings.database.name}, {size / 1e6:,.1f} MB, schema {schema}, journal {journal}",
        "" if journal == "wal" else "the disk does not allow write-ahead logging: use a local one",
    )


def _contents(settings: "Settings", parts: "Sunsift") -> Iterator[Check]:
    counts = parts.records.counts()
    yield Check(
        "contents",
        OK if counts.houses else MISSING,
        f"{counted(counts.houses, 'house')}, {counted(counts.days, 'day')}, "
        f"{counted(counts.predictions, 'prediction')}",
        "" if counts.houses else f"register houses: {command_line(settings, 'houses add HOUSES.csv')}",
    )
    yield Check(
        "unsettled",
        OK,
        f"{counted(counts.unsettled, 'house')} not judged yet",
        f"{command_line(settings, 'settle')}, or let `run` do it" if counts.unsettled else "",
    )
    yield from check_reports(settings, parts, counts)
    yield Check(
        "quarantine",
        OK,
        counted(counts.quarantined, "message"),
        command_line(settings, "quarantine list") if counts.quarantined else "",
    )


def _clock(parts: "Sunsift") -> Check:
    now = datetime.now(UTC)
    behind = (now.timestamp() * 1000 - parts.store.steady()) / 60_000
    if abs(behind) < 1:
        return Check("clock", OK, "steady time goes with the wall clock")
    side = "behind" if behind > 0 else "ahead of"
    # Either is harmless: steady time only measures how long a house has been quiet.
    return Check(
        "clock",
        OK,
        f"steady time is {abs(behind):,.0f} minutes {side} the wall clock ({now:%Y-%m-%d %H:%M} UTC)",
    )


def _inbox(inbox: Path) -> Check:
    if not inbox.is_dir():
        return Check("inbox", MISSING, f"{inbox} does not exist", "`run` creates it; only `run` needs it")
    waiting = sum(1 for path in inbox.iterdir() if path.is_file() and not path.name.startswith("."))
    failed = sum(1 for path in (inbox / "failed").glob("*"))
    return Check(
        "inbox",
        OK,
        f"{inbox}: {counted(waiting, 'file')} waiting, {failed:,} failed",
        f"look into {inbox / 'failed'}" if failed else "",
    )


def _optional() -> Iterator[Check]:
    from sunsift.lab.datasets import data_sets_folder, real_homes

    if util.find_spec("pyarrow"):
        yield Check("Parquet", OK, f"pyarrow {metadata.version('pyarrow')}")
    else:
        yield Check("Parquet", MISSING, "pyarrow is not installed", "pip install 'sunsift[parquet]'")
    try:
        real_homes()
    except SunsiftError as error:
        yield Check("data sets", MISSING, str(error), "only the laboratory and the demo can use them")
    else:
        yield Check("data sets", OK, str(data_sets_folder()))
