"""`sunsift status`: who loses most, or how one house does."""

from collections.abc import Iterator
from enum import StrEnum
from heapq import nsmallest
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.league import league_table
from sunsift.cli.output import AsJson, counted, examples, plain, print_json, show
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import UnknownHouseError
from sunsift.views.league import described, rank, status_of

if TYPE_CHECKING:
    from sunsift.records import Standing
    from sunsift.wiring import Sunsift

ROWS_SHOWN = 40


class Only(StrEnum):
    """The statuses that the league table can be cut down to."""

    POOR = "poor"
    WELL = "well"
    UNKNOWN = "unknown"


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift status", "all houses, the greatest loss first"),
            ("sunsift status --only poor --limit 10", "the ten that lose most"),
            ("sunsift status 6102000001", "one house, with the evidence"),
            ("sunsift status --only poor --json", "for programs"),
        )
    )(status)


def status(
    ctx: typer.Context,
    house: Annotated[str | None, typer.Argument(metavar="HOUSE", show_default=False)] = None,
    only: Annotated[Only | None, typer.Option(help="Only houses with this status.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Show at most N houses.", show_default=f"{ROWS_SHOWN}; with --json all"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show all houses ranked by the energy they lost over their last 30 days, or one house in detail.

    Performance is the share of healthy output that the panels made, with its standard error. A house is
    poor at 75 % or less, well at 90 % or more, and unknown while its meter data cannot tell.
    """
    if house is not None and (only or limit is not None):
        raise typer.BadParameter("--only and --limit choose among all houses; leave HOUSE out")
    settings = settings_of(ctx)
    with opened(settings) as parts:
        if house is not None:
            _one(parts, house, as_json=as_json)
            return
        houses = parts.records.counts().houses
        most = limit if limit is not None else (houses if as_json else ROWS_SHOWN)
        matching = [0]
        chosen = nsmallest(most, _matching(parts, only, matching), key=rank)
    if as_json:
        print_json([described(s, parts.model) for s in chosen])
        return
    if not houses:
        show(f"No house is registered yet: {plain(command_line(settings, 'houses add HOUSES.csv'))}")
        return
    show(league_table(chosen, parts.model))
    which = f" with status {only}" if only else ""
    show(f"{len(chosen):,} of {counted(matching[0], 'house')}{which}, most energy lost first")
    if chosen:
        shown = command_line(settings, f"status {chosen[0].house.house_id}")
        show(f"[dim]One house in detail: {plain(shown)}[/dim]")


def _matching(parts: "Sunsift", only: Only | None, count: list[int]) -> "Iterator[Standing]":
    for standing in parts.records.standings():
        if only is None or status_of(standing) == only:
            count[0] += 1
            yield standing


def _one(parts: "Sunsift", house_id: str, *, as_json: bool) -> None:
    from sunsift.cli.house_page import show_house
    from sunsift.views.story import described_house

    house = parts.store.houses([house_id]).get(house_id)
    if house is None:
        raise UnknownHouseError(f"house {house_id} is not registered; see: sunsift houses list")
    if as_json:
        print_json(described_house(parts.records, parts.model, house))
    else:
        show_house(parts, house)
