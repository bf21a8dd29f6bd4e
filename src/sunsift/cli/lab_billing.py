"""`sunsift lab billing`: packets as a retailer's billing system would export them."""

from pathlib import Path
from typing import Annotated

import typer

from sunsift.cli.output import counted, examples, plain, show

EPILOG = examples(
    ("sunsift lab billing fleet.jsonl.gz -o readings.csv", "a CSV by the clock of Sydney"),
    ("sunsift lab billing fleet.jsonl.gz --timezone Australia/Adelaide -o readings.csv", "another clock"),
)


def billing(
    packets: Annotated[Path, typer.Argument(metavar="PACKETS", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="READINGS.csv")],
    houses_csv: Annotated[
        Path | None,
        typer.Option(
            "--houses", metavar="HOUSES.csv", exists=True, dir_okay=False, show_default="beside PACKETS"
        ),
    ] = None,
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="The clock of the export.")
    ] = "Australia/Sydney",
) -> None:
    """Write packets as the table that a billing system would export, to try the way in with.

    One row an interval: meter, read_from (the local clock, with daylight saving), consumption_kwh,
    feed_in_kwh, quality.
    """
    from sunsift.formats.houses_csv import read_houses
    from sunsift.lab.billing import write_billing
    from sunsift.lab.fleet_files import stem_of

    beside = houses_csv or packets.with_name(f"{stem_of(packets)}.houses.csv")
    houses = [(house.house_id, house.utc_offset_hours) for house in read_houses(beside)]
    rows = write_billing(packets, houses, timezone, output)
    show(f"{counted(rows, 'reading')} in {plain(output)}")
