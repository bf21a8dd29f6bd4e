"""`sunsift ingest`: store packets."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sunsift.cli.output import AsJson, examples, print_json, progress, say, show
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SunsiftError
from sunsift.formats.meter import MeterFormat, MeterOptions, read_columns

STANDARD_INPUT = Path("-")


class FileFormat(StrEnum):
    """What files may be said to be: lines of packets, or one of the kinds of meter files."""

    JSONL = "jsonl"
    NEM12 = MeterFormat.NEM12
    CDR = MeterFormat.CDR
    GREENBUTTON = MeterFormat.GREENBUTTON
    CSV = MeterFormat.CSV
    PARQUET = MeterFormat.PARQUET


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift ingest 2026-11-21.jsonl", "one day's packets"),
            ("sunsift ingest backlog/*.jsonl.gz", "a year's backlog, in any order"),
            ("zcat old.gz | sunsift ingest -", "from another program"),
            ("sunsift ingest nem12/*.csv", "interval readings of the Australian market"),
            ("sunsift ingest export.csv --columns export.toml", "any table, with a file that explains it"),
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


def _columns_of(path: Path | None, timezone: str | None) -> Mapping[str, Any] | None:
    """Read and check what was said about tables. Errors: typer.BadParameter."""
    from sunsift.formats.meter.mapping import mapping_of

    try:
        columns = read_columns(path) if path else None
        if columns is not None or timezone is not None:
            mapping_of(MeterOptions(columns, timezone)).clock(timezone)
    except SunsiftError as error:
        raise typer.BadParameter(str(error)) from error
    return columns


def _size_of(files: list[Path]) -> int | None:
    """Return how many bytes there are to read, if that can be known."""
    if all(file.is_file() for file in files):
        return sum(file.stat().st_size for file in files)
    return None


def ingest(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False, callback=_all_readable)],
    file_format: Annotated[
        FileFormat | None,
        typer.Option(
            "--format",
            help="What the files are, whatever they look like; jsonl is lines of packets.",
            show_default="as they begin",
        ),
    ] = None,
    columns: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="TOML file that says what the columns of tables mean.",
            show_default="their names",
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="Clock of tables that do not name one, such as Australia/Sydney.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ingest packets (JSON lines) and meter files: NEM12, CDR, Green Button, CSV, Parquet.

    `-` is standard input. All but Parquet may be gzipped. If any file is missing nothing is ingested (exit
    code 2). What was ingested is on the disk when the command ends, however it ends; to go on after an
    interruption, give it the same files again: packets that are already stored count as duplicates and change
    nothing. What cannot be used goes to quarantine, packet by packet or day by day, each with the reason, and
    is no failure.
    """
    from sunsift.adapters.files import FilesInbox
    from sunsift.local import ingest_all
    from sunsift.wiring import meter_files

    mapping = _columns_of(columns, timezone)
    lines = file_format is FileFormat.JSONL
    kind = MeterFormat(file_format) if file_format and not lines else None
    settings = settings_of(ctx)
    with (
        opened(settings, must_exist=False) as parts,
        progress("Ingesting", _size_of(files), in_bytes=True) as done,
    ):
        cutter = None if lines else meter_files(parts.store, lambda: mapping, timezone, kind)
        saved = ingest_all(parts, FilesInbox(files, done, cutter))
    if as_json:
        names = (
            "accepted",
            "revised",
            "duplicate",
            "superseded",
            "quarantined",
            "houses",
            "redriven",
            "erased",
        )
        print_json({name: getattr(saved, name) for name in names})
    else:
        show(f"accepted     {saved.accepted:>10,}   of which {saved.revised:,} revise an earlier packet")
        show(f"duplicate    {saved.duplicate:>10,}")
        show(f"superseded   {saved.superseded:>10,}   older than what is stored")
        show(f"quarantined  {saved.quarantined:>10,}")
        if saved.houses or saved.houses_superseded:
            older = (
                f", {saved.houses_superseded:,} older than what is stored" if saved.houses_superseded else ""
            )
            show(f"houses       {saved.houses:>10,}   registered or changed{older}")
        if saved.redriven:
            show(f"redriven     {saved.redriven:>10,}   had waited in quarantine for these houses")
        if saved.erased:
            show(f"erased       {saved.erased:>10,}   dropped: their houses were erased")
    if saved.quarantined:
        say(f"See why packets were quarantined: {command_line(settings, 'quarantine list')}")
