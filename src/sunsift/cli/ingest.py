"""`sunsift ingest`: store packets."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sunsift.cli.output import AsJson, examples, print_json, progress, say, show
from sunsift.cli.state import command_line, opened, settings_of

STANDARD_INPUT = Path("-")


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift ingest 2026-11-21.jsonl", "one day's packets"),
            ("sunsift ingest backlog/*.jsonl.gz", "a year's backlog, in any order"),
            ("zcat old.gz | sunsift ingest -", "from another program"),
        )
    )(ingest)


def _all_readable(files: list[Path]) -> list[Path]:
    """Check that every file is there before any is ingested. Errors: typer.BadParameter."""
    for file in files:
        if file == STANDARD_INPUT:
            continue
        if not file.exists():
            raise typer.BadParameter(f"file {str(file)!r} does not exist; nothing was ingested")
        if file.is_dir():
            raise typer.BadParameter(f"{str(file)!r} is a directory; name the files in it")
        if not os.access(file, os.R_OK):
            raise typer.BadParameter(f"file {str(file)!r} may not be read; nothing was ingested")
    return files


def ingest(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False, callback=_all_readable)],
    as_json: AsJson = False,
) -> None:
    """Ingest packets: JSON lines of schema 1, gzipped or not; `-` is standard input.

    If any file is missing nothing is ingested (exit code 2). What was ingested is on the disk when the
    command ends, however it ends; to go on after an interruption, give it the same files again: packets
    that are already stored count as duplicates and change nothing. Unusable packets go to quarantine,
    each with the reason, and are no failure.
    """
    from sunsift.adapters.files import FilesInbox
    from sunsift.local import ingest_all

    settings = settings_of(ctx)
    with opened(settings, must_exist=False) as parts, progress("Ingesting packets") as done:
        saved = ingest_all(parts, FilesInbox(files), done)
    if as_json:
        names = ("accepted", "revised", "duplicate", "superseded", "quarantined")
        print_json({name: getattr(saved, name) for name in names})
    else:
        show(f"accepted     {saved.accepted:>10,}   of which {saved.revised:,} revise an earlier packet")
        show(f"duplicate    {saved.duplicate:>10,}")
        show(f"superseded   {saved.superseded:>10,}   older than what is stored")
        show(f"quarantined  {saved.quarantined:>10,}")
    if saved.quarantined:
        say(f"See why packets were quarantined: {command_line(settings, 'quarantine list')}")
