"""`sunsift sunlight`: how much sun each region had, and where that is known from."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.lab import DATE
from sunsift.cli.output import AsJson, counted, date_text, examples, plain, print_json, show, table
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import InvalidSunlightError

if TYPE_CHECKING:
    from sunsift.domain.house import House
    from sunsift.records import RegionDay
    from sunsift.wiring import Sunsift

SHOWN_DAYS = 30
Stretches = dict[str, list[tuple[int, int]]]

app = typer.Typer(no_args_is_help=True, help="Show how much sun each region had; import it from elsewhere.")


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="sunlight")


@app.command(
    "import",
    epilog=examples(
        ("sunsift sunlight import irradiance.csv", "before the days close"),
        ("sunsift sunlight import irradiance.parquet --json", "the same for programs"),
    ),
)
def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)],
    as_json: AsJson = False,
) -> None:
    """Import irradiance that somebody measured: all of a file or, if a row is wrong, none.

    CSV or Parquet with the columns region, start (local standard time of the region, start of an interval of
    at most an hour), and either ghi_w_m2 or clearsky_index. Region days take it instead of the fleet's when
    they close. Those that are closed keep what they have, until lab rescore --sunlight.
    """
    settings = settings_of(ctx)
    with opened(settings) as parts:
        profiles = _profiles(parts, file)
        parts.store.import_feed(profiles)
        imported = {(region, day): profile for region, day, profile in profiles}
        closed = _stretches(
            (r.region, r.day)
            for r in parts.records.region_days()
            if r.profile is not None and imported.get((r.region, r.day), r.profile) != r.profile
        )
    regions = len({region for region, _ in imported})
    if as_json:
        dates = {name: [[date_text(a), date_text(b)] for a, b in spans] for name, spans in closed.items()}
        print_json({"region_days": len(imported), "regions": regions, "closed": dates})
        return
    show(f"{counted(len(imported), 'region day')} of {counted(regions, 'region')} imported")
    if closed:
        days = sum(last - first + 1 for spans in closed.values() for first, last in spans)
        first = date_text(min(spans[0][0] for spans in closed.values()))
        advice = command_line(settings, f"lab rescore --since {first} --sunlight")
        show(
            f"{counted(days, 'region day')} closed before and keep their sunlight:",
            *(f"  {plain(name)}: {_in_words(spans)}" for name, spans in closed.items()),
            f"[dim]To judge them anew under this one: {plain(advice)}[/dim]",
        )


def _profiles(parts: "Sunsift", file: Path) -> list[tuple[str, int, bytes]]:
    """Return (region, day, profile) of a file. Errors: InvalidSunlightError."""
    from sunsift.domain.feed import feed_profiles, index_of_ghi, middle_of
    from sunsift.formats.irradiance import Quantity, read_irradiance

    quantity, regions = read_irradiance(file)
    homes: dict[str, list[House]] = {}
    for house in parts.records.houses():
        homes.setdefault(house.weather_region, []).append(house)
    result = []
    for region, hours in regions.items():
        if region not in homes:
            raise InvalidSunlightError(f"{hours.place}: no house is in the region {region!r}")
        middle = middle_of(homes[region])
        index = hours.values
        if quantity is Quantity.GHI:
            index = index_of_ghi(middle, hours.day, hours.values)
        profiles = feed_profiles(middle, hours.day, index)
        result += [(region, day, profile) for day, profile in profiles.items()]
    return result


def _stretches(days: Iterable[tuple[str, int]]) -> Stretches:
    """Gather days in a row, by region. days: by region and day."""
    found: Stretches = {}
    for region, day in days:
        spans = found.setdefault(region, [])
        if spans and spans[-1][1] == day - 1:
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return found


def _in_words(spans: list[tuple[int, int]]) -> str:
    return ", ".join(
        date_text(first) if first == last else f"{date_text(first)} to {date_text(last)}"
        for first, last in spans
    )


@app.command(
    "show",
    epilog=examples(
        ("sunsift sunlight show", "the last 30 days of data"),
        ("sunsift sunlight show --region north --since 2026-11-01", "one region, from a day on"),
        ("sunsift sunlight show --json", "everything, for programs"),
    ),
)
def show_days(
    ctx: typer.Context,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this region.", show_default="all")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=DATE,
            metavar="DATE",
            help="From this day on.",
            show_default=f"the last {SHOWN_DAYS} days of data; with --json all",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the sunlight of each region and day: open or closed, its source, the mean clear-sky index.

    A day is open until it closes, a while after its first packet. The source is the fleet's own exports, an
    imported feed, or geometry, where nobody measured it and the sky counts as clear.
    """
    with opened(settings_of(ctx)) as parts:
        first = _first_day(parts, since, everything=as_json)
        rows = [_row(r) for r in _chosen(parts, region, first)]
    if as_json:
        print_json(rows)
        return
    listing = table("region", "day", "", "source", ">clear-sky index")
    for row in rows:
        index = "-" if row["mean_clearsky_index"] is None else f"{row['mean_clearsky_index']:.2f}"
        listing.add_row(plain(row["region"]), row["day"], row["state"], _source(row), index)
    show(listing, counted(len(rows), "region day"))


def _first_day(parts: "Sunsift", since: datetime | None, *, everything: bool) -> int:
    from sunsift.domain.readings import day_number

    if since is not None:
        return day_number(since.date())
    return 0 if everything else (parts.records.newest_day() or 0) - (SHOWN_DAYS - 1)


def _chosen(parts: "Sunsift", region: str | None, first: int) -> "Iterator[RegionDay]":
    return (r for r in parts.records.region_days() if region in (None, r.region) and r.day >= first)


def _row(found: "RegionDay") -> dict[str, Any]:
    from sunsift.domain.profile_summary import summarise

    told = None if found.profile is None else summarise(found.profile)
    return {
        "region": found.region,
        "day": date_text(found.day),
        "state": "closed" if told else "open",
        "source": str(told.source) if told else None,
        "houses": told.houses if told else None,
        "mean_clearsky_index": told.mean_index if told else None,
    }


def _source(row: dict[str, Any]) -> str:
    if row["source"] != "fleet":
        return row["source"] or "-"
    return f"fleet of {row['houses'] or 'more than 24'}"
