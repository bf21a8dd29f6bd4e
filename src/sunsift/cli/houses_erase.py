"""`sunsift houses erase` and `sunsift houses erased`: one house is to be forgotten."""

from dataclasses import asdict
from typing import Annotated

import typer

from sunsift.cli.output import AsJson, counted, examples, plain, print_json, say, show, table
from sunsift.cli.state import opened, settings_of
from sunsift.domain.times import iso_ms


def add_to(app: typer.Typer) -> None:
    """Hang the commands below the group of houses."""
    app.command(
        epilog=examples(
            ("sunsift houses erase 6102000001", "asks before it does"),
            ("sunsift houses erase 6102000001 --yes --json", "for programs"),
        )
    )(erase)
    app.command(epilog=examples(("sunsift houses erased 6102000001", "exit code 1 if it never was")))(erased)


def erase(
    ctx: typer.Context,
    house: Annotated[str, typer.Argument(metavar="HOUSE", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget one house: readings, evidence, predictions, reports, feedback, quarantine, registration.

    Its lines in files of the data folder's inbox and in reports.jsonl go as well; files of other kinds that
    name it are listed. Then everything is looked through once more. Later packets of it are dropped,
    until the house is registered again. What was sent to others and backups are not in Sunsift's hands.
    Exit code 1 if something that names it is left.
    """
    from sunsift.erasure import erase_house

    settings = settings_of(ctx)
    with opened(settings) as parts:
        if not yes and not typer.confirm(
            f"Forget everything of house {house}? This cannot be undone", err=True
        ):
            raise typer.Abort
        certificate = erase_house(parts, settings, house)
    if as_json:
        print_json(asdict(certificate))
    else:
        listing = table("removed from", ">rows")
        for name, count in certificate.removed.items():
            listing.add_row(name, f"{count:,}")
        for name, count in certificate.files.items():
            listing.add_row(plain(name), f"{count:,}")
        show(f"House {plain(house)} erased at {certificate.erased_at}", listing)
        if not certificate.left:
            show("Looked through everything again: nothing names it any more.")
    for place in certificate.left:
        say(f"Left: {place}")
    if certificate.left:
        raise typer.Exit(1)


def erased(
    ctx: typer.Context,
    house: Annotated[str, typer.Argument(metavar="HOUSE", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say whether and when a house was erased; its name itself is not kept. Exit code 1 if it never was."""
    with opened(settings_of(ctx)) as parts:
        found = parts.store.erased([house]).get(house)
    if found is None:
        say(f"House {house} was never erased here.")
        raise typer.Exit(1)
    if as_json:
        print_json({"erased_at": iso_ms(found.erased_at_ms), "removed": dict(found.removed)})
    else:
        rows = counted(sum(found.removed.values()), "row")
        show(f"House {plain(house)} was erased at {iso_ms(found.erased_at_ms)}: {rows}")
