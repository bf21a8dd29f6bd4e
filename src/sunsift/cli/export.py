"""`sunsift export`: everything there is, for other programs."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sunsift.cli.output import counted, examples, progress, say
from sunsift.cli.state import opened, settings_of
from sunsift.formats.tables import TableFormat, whole_file, write_table

STANDARD_OUTPUT = Path("-")


class What(StrEnum):
    """The tables that can be exported."""

    PREDICTIONS = "predictions"
    STATUSES = "statuses"
    REPORTS = "reports"
    FEEDBACK = "feedback"
    QUARANTINE = "quarantine"


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift export predictions --format parquet -o predictions.parquet", "for analysis"),
            ("sunsift export statuses --format csv -o statuses.csv", "for a spreadsheet"),
            ("sunsift export reports | head -3", "JSON lines to standard output"),
        )
    )(export)


def export(
    ctx: typer.Context,
    what: Annotated[
        What,
        typer.Argument(
            metavar="TABLE",
            help="predictions, statuses, reports, feedback or quarantine",
            show_choices=False,
        ),
    ],
    table_format: Annotated[
        TableFormat | None,
        typer.Option("--format", help="How to write it.", show_default="by the file's ending, else jsonl"),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; `-` is standard output.")
    ] = STANDARD_OUTPUT,
) -> None:
    """Export a table, its rows sorted by key. Equal states give equal bytes, wall-clock columns aside.

    predictions: house_id, period_end, usable_days, p_poor, performance, performance_se, lost_kwh,
    lost_kwh_low, lost_kwh_high, verdict, reasons, model_version, input_digest

    statuses: house_id, as_of, status, average, previous

    reports: key, house_id, status, previous, as_of, created_at, delivered_at

    feedback: house_id, first_day, last_day, found, note, noted_at

    quarantine: id, code, reason, house_id, source, received_at, body, body_encoding

    Energies are kWh over the 30 days of the period. The file appears when it is complete, or not at all.
    """
    from sunsift.exports import EXPORTS

    ending = output.suffix.lstrip(".")
    chosen = table_format or (TableFormat(ending) if ending in list(TableFormat) else TableFormat.JSONL)
    if chosen is TableFormat.PARQUET and output == STANDARD_OUTPUT:
        raise typer.BadParameter("Parquet needs a file: add -o FILE", param_hint="--output")
    source = EXPORTS[what]
    with opened(settings_of(ctx)) as parts:
        rows = source.rows(parts.records, parts.model)
        if output == STANDARD_OUTPUT:
            write_table(source.columns, rows, chosen, sys.stdout.buffer)
            sys.stdout.flush()
            return
        expected = source.expected(parts.records.counts())
        with progress(f"Exporting {what}", expected) as done, whole_file(output) as file:
            count = write_table(source.columns, rows, chosen, file, done)
    say(f"{counted(count, 'row')} of {what} written to {output}")
