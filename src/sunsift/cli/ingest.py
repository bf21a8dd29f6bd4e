"""`sunsift ingest`: store packets."""

from pathlib import Path
from typing import Annotated

import typer

from sunsift.cli.output import AsJson, examples, print_json, progress, say, show
from sunsift.cli.state import command_line, opened, settings_of


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift ingest 2026-11-21.jsonl", "one day's packets"),
            ("sunsift ingest backlog/*.jsonl.gz", "a year's backlog, in any order"),
            ("zcat old.gz | sunsift ingest -", "from another program"),
        )
    )(ingest)


def ingest(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, allow_dash=True, show_default=False
        ),
    ],
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
        say(f"See why packets were quarantined: {command_line(settings.data, 'quarantine list')}")
