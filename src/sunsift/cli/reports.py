"""`sunsift reports`: what became of the reports, and sending them again."""

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.output import AsJson, coloured, counted, date_text, examples, plain, print_json, show, table
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SunsiftError, UnknownHouseError

if TYPE_CHECKING:
    from sunsift.records import ReportRow
    from sunsift.wiring import Sunsift

ROWS_SHOWN = 40
ROWS_A_PAGE = 500

app = typer.Typer(no_args_is_help=True, help="See what became of the reports, and send them again.")
OfHouse = Annotated[str | None, typer.Option("--house", metavar="HOUSE", help="Only reports of this house.")]


class State(StrEnum):
    """What may have become of a report, as it is typed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="reports")


@app.command(
    "list",
    epilog=examples(
        ("sunsift reports list", "the newest reports, of all houses"),
        ("sunsift reports list --state waiting", "those that the receiver has not acknowledged yet, and why"),
        ("sunsift reports list --house 6102000001 --json", "for programs"),
    ),
)
def list_reports(
    ctx: typer.Context,
    state: Annotated[State | None, typer.Option(help="Only reports in this state.")] = None,
    house: OfHouse = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Show at most N.", show_default=f"{ROWS_SHOWN}; with --json all"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List reports, the newest first: what they tell, and what became of them."""
    settings = settings_of(ctx)
    most = limit if limit is not None or as_json else ROWS_SHOWN
    with opened(settings) as parts:
        _must_be_known(parts, house)
        rows = _chosen(parts, state, house, most)
    if as_json:
        print_json([_described(row) for row in rows])
        return
    if not rows:
        show("There is no such report.")
        return
    listing = table("!key", "written", "house", "status", "since", ">tries", "state", "*problem")
    for row in rows:
        listing.add_row(
            row.key,
            row.created_at[:10],
            plain(row.house_id),
            coloured(row.status),
            date_text(row.as_of),
            str(row.attempts),
            state_of(row).value.replace("-", " "),
            plain(row.problem or ""),
        )
    show(listing)
    show(f"{counted(len(rows), 'report')}, the newest first")
    show(f"[dim]Send some again: {plain(command_line(settings, 'reports replay --help'))}[/dim]")


@app.command(
    "replay",
    epilog=examples(
        ("sunsift reports replay --given-up", "once the receiver is there again"),
        ("sunsift reports replay --since 2026-11-01", "a receiver lost what it had, from this day on"),
        ("sunsift reports replay --house 6102000001", "all of one house, from the first to the last"),
    ),
)
def replay(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="The report with this key.")] = None,
    house: OfHouse = None,
    given_up: Annotated[bool, typer.Option("--given-up", help="Only reports that were given up.")] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d"], help="Only reports written from this day (UTC) on."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make reports due again, delivered or not, under the keys that they have.

    Say which: several options together mean reports that all of them are true of. The next `deliver` sends
    them, those of one house in order and before its later ones. A receiver that keeps the keys it has seen
    takes those for repetitions that it has already.
    """
    from sunsift.parcels import Which

    if key is None and house is None and since is None and not given_up:
        raise typer.BadParameter("say which reports: --key, --house, --given-up or --since")
    moment = 0 if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1000)
    which = Which(key=key, house_id=house, given_up=given_up, created_since_ms=moment)
    settings = settings_of(ctx)
    with opened(settings) as parts:
        _must_be_known(parts, house)
        count = parts.store.replay(which)
    if as_json:
        print_json({"replayed": count})
    elif count:
        next_step = command_line(settings, "deliver")
        show(f"{counted(count, 'report')} due again; sent by the next deliver: {plain(next_step)}")
    if key is not None and not count:
        raise SunsiftError(f"there is no such report with the key {key}")
    if not count and not as_json:
        show("There is no such report.")


def state_of(row: "ReportRow") -> State:
    """Return what became of a report."""
    if row.delivered_at is not None:
        return State.DELIVERED
    return State.WAITING if row.given_up_at is None else State.GIVEN_UP


def _chosen(parts: "Sunsift", state: State | None, house: str | None, most: int | None) -> "list[ReportRow]":
    from sunsift.records import ReportState

    wanted = None if state is None else ReportState[state.name]
    rows: list[ReportRow] = []
    after: str | None = None
    while most is None or len(rows) < most:
        page = parts.records.reports_page(house, wanted, after, ROWS_A_PAGE)
        rows.extend(page.rows)
        if (after := page.next) is None:
            break
    return rows[:most]


def _described(row: "ReportRow") -> dict[str, Any]:
    return asdict(row) | {"as_of": date_text(row.as_of), "state": state_of(row).value}


def _must_be_known(parts: "Sunsift", house: str | None) -> None:
    if house is not None and not parts.store.houses([house]):
        raise UnknownHouseError(f"house {house} is not registered; see: sunsift houses list")
