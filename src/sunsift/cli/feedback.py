"""`sunsift feedback`: what a visit to a house found."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.lab import DATE
from sunsift.cli.output import AsJson, counted, date_text, examples, plain, print_json, show, table
from sunsift.cli.state import opened, settings_of
from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.feedback import Feedback, Found

if TYPE_CHECKING:
    from sunsift.wiring import Sunsift


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift feedback 6102000001 fault --note 'inverter dead'", "what somebody saw today"),
            ("sunsift feedback 6102000001 healthy --from 2026-11-01 --to 2026-11-20", "on all these days"),
            ("sunsift feedback --list", "everything that was noted"),
            ("sunsift export feedback -o feedback.csv", "the same as a file"),
        )
    )(feedback)


def feedback(
    ctx: typer.Context,
    house: Annotated[str | None, typer.Argument(metavar="HOUSE", show_default=False)] = None,
    found: Annotated[
        Found | None,
        typer.Argument(
            metavar="fault|healthy", help="What was found.", show_choices=False, show_default=False
        ),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=DATE, metavar="DATE", help="First day.", show_default="the last day"),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=DATE, metavar="DATE", help="Last day.", show_default="today"),
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="A word for people.", show_default=False)] = "",
    listing: Annotated[bool, typer.Option("--list", help="List what was noted, of HOUSE or all.")] = False,
    as_json: AsJson = False,
) -> None:
    """Note what a visit to a house found: a fault of its panels, or that they are healthy.

    It changes no verdict. `model health` compares it with the statuses, and training can learn from it. Noted
    again for the same days, the newest word counts; the same word twice changes nothing.
    """
    if listing:
        if found or first or last or note:
            raise typer.BadParameter("--list takes a house or nothing")
        _list(ctx, house, as_json=as_json)
        return
    if house is None or found is None:
        raise typer.BadParameter("say which house, and fault or healthy; or --list")
    with opened(settings_of(ctx)) as parts:
        last_day = last.date() if last else _today(parts, house)
        first_day = first.date() if first else last_day
        told = Feedback(house, _day(first_day), _day(last_day), found, note)
        new = parts.store.note([told]) > 0
    if as_json:
        print_json(_described(told) | {"new": new})
        return
    days = date_text(told.first_day)
    if told.last_day != told.first_day:
        days += f" to {date_text(told.last_day)}"
    show(f"house {plain(house)}: {found} on {days} {'noted' if new else 'was noted already'}")


def _today(parts: "Sunsift", house_id: str) -> date:
    """Return the day that it is at the house. Errors: UnknownHouseError."""
    house = parts.store.houses([house_id]).get(house_id)
    if house is None:
        raise UnknownHouseError(f"house {house_id} is not registered; see: sunsift houses list")
    return (parts.clock.now() + timedelta(hours=house.utc_offset_hours)).date()


def _day(day: date) -> int:
    from sunsift.domain.readings import day_number

    return day_number(day)


def _described(told: Feedback) -> dict[str, Any]:
    return {
        "house_id": told.house_id,
        "first_day": date_text(told.first_day),
        "last_day": date_text(told.last_day),
        "found": str(told.found),
        "note": told.note,
    }


def _list(ctx: typer.Context, house_id: str | None, *, as_json: bool) -> None:
    with opened(settings_of(ctx)) as parts:
        if house_id is not None and not parts.store.houses([house_id]):
            raise UnknownHouseError(f"house {house_id} is not registered; see: sunsift houses list")
        rows = [_described(n.feedback) | {"noted_at": n.noted_at} for n in parts.records.feedback(house_id)]
    if as_json:
        print_json(rows)
        return
    listing = table("house", "from", "to", "found", "*note", "noted at")
    for row in rows:
        listing.add_row(*(plain(value) for value in row.values()))
    visits = sum(row["found"] == Found.FAULT for row in rows)
    show(listing, f"{counted(len(rows), 'visit')}: {visits:,} found a fault")
