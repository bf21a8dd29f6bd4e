"""`sunsift houses`: who is there."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sunsift.cli import houses_erase
from sunsift.cli.output import AsJson, counted, examples, plain, print_json, say, show, table
from sunsift.cli.state import opened, settings_of

app = typer.Typer(no_args_is_help=True, help="Register houses and list them.")


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="houses")
    houses_erase.add_to(app)


@app.command(
    epilog=examples(
        ("sunsift houses add houses.csv", "register what is new, update what changed"),
        ("sunsift --data /srv/sunsift houses add houses.csv", "the same, with the state elsewhere"),
    )
)
def add(
    ctx: typer.Context,
    houses_csv: Annotated[
        Path, typer.Argument(metavar="HOUSES.csv", exists=True, dir_okay=False, readable=True)
    ],
    as_json: AsJson = False,
) -> None:
    """Register houses from a CSV file, all of them or, if a line is wrong, none.

    Columns: house_id, capacity_kwp, latitude, longitude, utc_offset_hours (of standard time); optional:
    azimuth, tilt, export_limit_kw, battery, region. A changed registration has its house judged anew.
    Packets that waited in quarantine for one of these houses are ingested.
    """
    from sunsift.formats.houses_csv import read_houses

    registrations = read_houses(houses_csv, lambda names: say(f"Not used: column {', '.join(names)}"))
    with opened(settings_of(ctx), must_exist=False) as parts:
        done, redriven = parts.register(registrations)
    unchanged = len(registrations) - done.added - done.changed
    if as_json:
        counts = {"added": done.added, "changed": done.changed, "unchanged": unchanged}
        print_json(counts | {"redriven": redriven.accepted, "quarantined": redriven.quarantined})
        return
    show(f"{counted(done.added, 'house')} added, {done.changed:,} changed, {unchanged:,} unchanged")
    if redriven.accepted:
        show(f"{counted(redriven.accepted, 'packet')} that waited in quarantine for them ingested")
    if redriven.quarantined:
        show(f"{redriven.quarantined:,} more stay in quarantine for another reason")


@app.command(
    "list",
    epilog=examples(
        ("sunsift houses list", "all registrations"),
        ("sunsift houses list --json", "the same for programs"),
    ),
)
def list_houses(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the registered houses."""
    with opened(settings_of(ctx)) as parts:
        registered = list(parts.records.houses())
    if as_json:
        print_json([asdict(house) for house in registered])
        return
    listing = table(
        "house", ">kWp", ">latitude", ">longitude", ">UTC", ">azimuth", ">tilt", ">limit kW", "battery",
        "region",
    )  # fmt: skip
    for h in registered:
        known = ("-" if v is None else f"{v:g}" for v in (h.azimuth, h.tilt, h.export_limit_kw))
        listing.add_row(
            plain(h.house_id),
            f"{h.capacity_kwp:g}",
            f"{h.latitude:.3f}",
            f"{h.longitude:.3f}",
            f"{h.utc_offset_hours:+g}",
            *known,
            "yes" if h.battery else "",
            plain(h.region),
        )
    show(listing, counted(len(registered), "house"))
