"""`sunsift lab simulate`: a fleet whose truth is known."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.lab import DATE, Output, Seed, tell
from sunsift.cli.output import counted, date_text, examples, plain, progress, say, show, table

if TYPE_CHECKING:
    from sunsift.lab.rich.check import Check
    from sunsift.lab.rich.regional import RegionalYears

EPILOG = examples(
    ("sunsift lab simulate --houses 1000 --days 60 --seed 7 -o fleet.jsonl.gz", "a fleet"),
    (
        "sunsift lab simulate --faulty-share 0 --homes h.csv --readings r.parquet -o fleet.jsonl.gz",
        "healthy homes, to train and evaluate on",
    ),
    ("sunsift lab mail fleet.jsonl.gz -o mail.jsonl.gz", "the same as it would really arrive"),
)


def simulate(
    output: Output,
    houses: Annotated[int, typer.Option(min=1, metavar="N")] = 60,
    days: Annotated[int, typer.Option(min=1, metavar="D")] = 90,
    seed: Seed = 1,
    start: Annotated[datetime | None, typer.Option(formats=DATE, metavar="DATE", help="First day.")] = None,
    faulty_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="X", help="Share of the houses with a fault.")
    ] = 0.25,
    rich: Annotated[
        bool | None,
        typer.Option(
            "--rich/--light",
            help="Panels by pvlib under real weather, or all of it invented.",
            show_default="rich where pvlib and the data-set folder are there",
        ),
    ] = None,
    homes: Annotated[
        Path | None,
        typer.Option(metavar="HOMES.csv", dir_okay=False, help="Rich only: write the list of homes, too."),
    ] = None,
    readings: Annotated[
        Path | None,
        typer.Option(metavar="READINGS.parquet", dir_okay=False, help="Rich only: their load, generation."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE.svg",
            dir_okay=False,
            help="Rich only: compare with the real region.",
        ),
    ] = None,
) -> None:
    """Simulate a fleet with known faults.

    A rich one has panels by pvlib, the real weather and load of the data-set folder, and the faults of `lab
    evaluate`; docs/simulation.md says how near it comes to reality. A light one is invented throughout and
    needs nothing but Sunsift.
    """
    from sunsift.lab.rich.fleet import can_be_rich

    first = start.date() if start else None
    apart = bool(homes or readings or check)
    if rich is False and apart:
        raise typer.BadParameter("--homes, --readings and --check belong to a rich fleet")
    if rich or apart or (rich is None and can_be_rich()):
        _simulate_rich(output, houses, days, seed, first, faulty_share, homes, readings, check)
        return
    from sunsift.lab.simulate import DEFAULT_START, simulate_fleet

    with progress("Simulating houses", houses) as done:
        result = simulate_fleet(
            output,
            houses,
            days,
            seed=seed,
            start=first or DEFAULT_START,
            faulty_share=faulty_share,
            progress=lambda houses_done, _: done(houses_done),
        )
    tell(result)


def _simulate_rich(
    output: Path,
    houses: int,
    days: int,
    seed: int,
    start: date | None,
    faulty_share: float,
    homes: Path | None,
    readings: Path | None,
    picture: Path | None,
) -> None:
    if bool(homes) != bool(readings):
        raise typer.BadParameter("give both --homes and --readings, or neither")
    from contextlib import nullcontext

    from sunsift.lab.rich.check import Check
    from sunsift.lab.rich.fleet import find_ground, simulate_rich
    from sunsift.lab.rich.homes_files import HomesFiles

    ground = find_ground(seed, days, start)
    if picture and ground.years is None:
        raise typer.BadParameter("--check needs the region's profile in the data-set folder")
    weather, load = ("real" if real else "invented" for real in (ground.years, ground.real_load))
    say(f"A rich fleet: {weather} weather, {load} load, from {date_text(int(ground.day[0]))} on")
    watching = Check()
    files = HomesFiles(homes, readings) if homes and readings else nullcontext()
    with progress("Simulating houses", houses) as done, files as writing:
        result = simulate_rich(
            output,
            ground,
            houses,
            seed=seed,
            faulty_share=faulty_share,
            homes=writing,
            watch=watching.add,
            progress=lambda houses_done, _: done(houses_done),
        )
    tell(result)
    if homes and readings:
        show(f"load and generation in {plain(readings)}, the list of homes in {plain(homes)}")
    if picture and ground.years:
        _check(watching, ground.years, picture)


def _check(watching: "Check", years: "RegionalYears", picture: Path) -> None:
    from sunsift.lab.datasets import real_homes
    from sunsift.lab.metered import read_metered
    from sunsift.lab.rich.picture import write_picture

    real = real_homes()
    found = watching.result(years, read_metered(real.homes_csv, real.readings_parquet))
    if found is None:
        say("Nothing to compare: no half-hourly house without fault, limit or devices")
        return
    made, region = found.yields
    show(
        f"{counted(found.houses, 'house')} beside the region: correlation {found.half_hours:.4f} by "
        f"half-hour, {found.days:.4f} by day; yield {made:.2f} against {region:.2f} kWh/kWp a day; "
        f"one house's hours with the region's: {found.house_hours:.3f}"
    )
    listing = table("real home", ">made/used", ">own use", ">of simulated ones like it")
    for home, like in zip(found.real_self_use, found.like_real, strict=True):
        listing.add_row(
            plain(home.house_id),
            f"{home.made_over_used:.2f}",
            f"{100 * home.own_share:.0f} %",
            "-" if like != like else f"{100 * like:.0f} %",  # NaN differs from itself
        )
    show(listing)
    write_picture(found, picture)
    show(f"the picture in {plain(picture)}")
