"""`sunsift lab`: fleets whose truth is known."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.output import (
    AsJson,
    counted,
    date_text,
    examples,
    plain,
    print_json,
    progress,
    say,
    show,
    table,
)

if TYPE_CHECKING:
    from rich.table import Table

    from sunsift.lab.fleet_files import FleetResult
    from sunsift.lab.judge import Separation

app = typer.Typer(no_args_is_help=True, help="Make fleets whose truth is known, and judge the verdicts.")
DATE = ["%Y-%m-%d"]
Homes = Annotated[
    Path | None,
    typer.Option(
        metavar="HOMES.csv",
        exists=True,
        dir_okay=False,
        help="House registrations with one more column, interval_minutes.",
        show_default="the real homes of the data-set folder",
    ),
]
Readings = Annotated[
    Path | None,
    typer.Option(
        metavar="READINGS.parquet",
        exists=True,
        dir_okay=False,
        help="Columns house_id, start (local standard time), load_kwh, generation_kwh.",
        show_default="the real homes of the data-set folder",
    ),
]
CapacityScale = Annotated[float, typer.Option(metavar="X", help="Multiply the panels, and what they made.")]
Output = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="PACKETS.jsonl.gz", help="Where to; houses and truth go beside it."
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="S", help="Equal seeds give equal bytes.")]


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    from sunsift.cli import lab_billing, lab_evaluate, lab_rescore, lab_simulate, lab_train

    app.command(epilog=lab_simulate.EPILOG)(lab_simulate.simulate)
    app.command(epilog=lab_billing.EPILOG)(lab_billing.billing)
    app.command(epilog=lab_evaluate.EPILOG)(lab_evaluate.evaluate)
    app.command(epilog=lab_train.EPILOG)(lab_train.train)
    app.command(epilog=lab_rescore.EPILOG)(lab_rescore.rescore)
    root.add_typer(app, name="lab")


def given_or_real(homes: Path | None, readings: Path | None) -> tuple[Path, Path]:
    """Return both files. Errors: typer.BadParameter if only one is given; SunsiftError if there are none."""
    from sunsift.lab.datasets import real_homes

    if homes and readings:
        return homes, readings
    if homes or readings:
        raise typer.BadParameter("give both --homes and --readings, or neither for the data-set folder")
    found = real_homes()
    return found.homes_csv, found.readings_parquet


def tell(result: "FleetResult") -> None:
    """Say what was written, and where."""
    what = f"{counted(result.house_days, 'packet')} of {counted(result.houses, 'house')}"
    show(
        f"{what} in {plain(result.packets)}",
        f"their registrations in {plain(result.houses_csv)}, the truth in {plain(result.truth_csv)}",
    )
    if result.without_readings:
        say(f"Left out, for want of readings: {', '.join(result.without_readings)}")


@app.command(
    epilog=examples(
        ("sunsift lab packets -o homes.jsonl.gz", "the real homes of the data-set folder"),
        ("sunsift lab packets --homes h.csv --readings r.parquet -o p.jsonl.gz", "your own homes"),
        ("sunsift lab packets --outage-from 2013-03-01 -o dead.jsonl.gz", "all of them dead from a day on"),
    )
)
def packets(
    output: Output,
    homes: Homes = None,
    readings: Readings = None,
    capacity_scale: CapacityScale = 1.0,
    outage_from: Annotated[
        datetime | None,
        typer.Option(formats=DATE, metavar="DATE", help="From this day on nothing is generated."),
    ] = None,
) -> None:
    """Turn homes with metered load and generation into the net packets that a retailer would hold."""
    from sunsift.lab.packets import write_packets

    homes_csv, readings_parquet = given_or_real(homes, readings)
    with progress("Writing homes") as done:
        result = write_packets(
            homes_csv,
            readings_parquet,
            output,
            capacity_scale=capacity_scale,
            outage_from=outage_from.date() if outage_from else None,
            progress=lambda homes_done, _: done(homes_done),
        )
    tell(result)


@app.command(
    epilog=examples(("sunsift lab mail fleet.jsonl.gz -o mail.jsonl.gz --seed 7", "one order of arrival"))
)
def mail(
    packet_file: Annotated[
        Path, typer.Argument(metavar="PACKETS.jsonl.gz", exists=True, dir_okay=False, readable=True)
    ],
    output: Output,
    seed: Seed = 1,
    unusable: Annotated[int, typer.Option(min=0, metavar="N", help="How many broken messages.")] = 16,
) -> None:
    """Turn orderly packets into what really arrives: shuffled, twice, revised, sometimes unusable."""
    from sunsift.lab.mail import write_mail

    counts = write_mail(packet_file, output, seed=seed, unusable=unusable)
    show(
        f"{counts.messages:,} messages in {plain(output)}: {counts.packets:,} packets, {counts.revisions:,} "
        f"earlier versions, {counts.duplicates:,} repetitions, {sum(counts.unusable.values()):,} unusable"
    )


@app.command(
    epilog=examples(
        ("sunsift lab separation", "on the real homes of the data-set folder"),
        ("sunsift lab separation --capacity-scale 3", "as if each had three times the panels"),
    )
)
def separation(
    homes: Homes = None,
    readings: Readings = None,
    capacity_scale: CapacityScale = 1.0,
    onset: Annotated[
        datetime | None,
        typer.Option(
            formats=DATE, metavar="DATE", help="First dead day.", show_default="drawn for each home"
        ),
    ] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Say how well dead panels are told from living ones, home by home.

    Each home is judged as metered, and once more with its generation set to zero from a day on. ROC-AUC is
    the chance that a dead period is thought more likely poor than a healthy one; 1 is perfect, 0.5 a guess.
    """
    from dataclasses import asdict

    from sunsift.lab.judge import separation as judge

    homes_csv, readings_parquet = given_or_real(homes, readings)
    with progress("Judging homes") as done:
        found = judge(
            homes_csv,
            readings_parquet,
            capacity_scale,
            onset=onset.date() if onset else None,
            seed=seed,
            progress=lambda homes_done, _: done(homes_done),
        )
    if as_json:
        print_json(_without_nan(asdict(found)))
        return
    show(
        _separation_table(found),
        f"model {found.model_version}, panels x {found.capacity_scale:g}; healthy, dead: number of periods",
        "AUC dead: of periods dead on all 30 days, partly: on 8 or more; called poor, unknown: healthy ones",
        "verdict, status: days from the first dead one until it was called poor, 0 if it was before",
    )


def _separation_table(found: "Separation") -> "Table":
    listing = table(
        "home", "dead from", ">healthy", ">dead", ">AUC dead", ">AUC partly", ">called poor", ">unknown",
        ">verdict", ">status",
    )  # fmt: skip
    for h in found.homes:
        listing.add_row(
            plain(h.house_id),
            date_text(h.onset),
            str(h.healthy_periods),
            str(h.dead_periods),
            _decimal(h.auc_dead),
            _decimal(h.auc_partly_dead),
            f"{100 * h.healthy_poor:.1f} %",
            f"{100 * h.healthy_unknown:.1f} %",
            "-" if h.days_to_prediction is None else str(h.days_to_prediction),
            "-" if h.days_to_status is None else str(h.days_to_status),
        )
    listing.add_row(
        "[bold]all[/bold]",
        "",
        str(sum(h.healthy_periods for h in found.homes)),
        str(sum(h.dead_periods for h in found.homes)),
        _decimal(found.auc_dead),
        _decimal(found.auc_partly_dead),
        f"{100 * found.healthy_poor:.1f} %",
        f"{100 * found.healthy_unknown:.1f} %",
    )
    return listing


def _decimal(auc: float) -> str:
    return "-" if auc != auc else f"{auc:.4f}"  # NaN differs from itself


def _without_nan(value: object) -> object:
    """Return a value in which NaN, which JSON does not know, became None."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and value != value else value
