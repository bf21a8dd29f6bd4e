"""`sunsift demo`: the whole flow on houses whose truth is known."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sunsift.cli.demo_truth import Truth, comparison, judged, tally
from sunsift.cli.output import examples, plain, progress, show, table
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SunsiftError
from sunsift.settings import DEFAULT_SERVE
from sunsift.views.league import rank

if TYPE_CHECKING:
    from sunsift.domain.house import House
    from sunsift.lab.fleet_files import FleetResult
    from sunsift.lab.mail import MailCounts
    from sunsift.parcels import Saved
    from sunsift.settings import Settings
    from sunsift.wiring import Sunsift

DEFAULT_FOLDER: Final = Path("demo-data")
MARKER: Final = ".sunsift-demo"
POOREST_SHOWN: Final = 16
# Registered only after their packets came, as happens: those wait in quarantine until then.
LATE_HOUSES: Final = 2
# Of the real homes every third has its panels switched off for its last days, so that a truth is known.
OUTAGE_EVERY: Final = 3
OUTAGE_DAYS: Final = 45


def add_to(root: typer.Typer) -> None:
    """Hang the command below the root."""
    root.command(
        epilog=examples(
            ("sunsift demo", "60 invented houses, 90 days, in ./demo-data"),
            ("sunsift demo --houses 500 --seed 7", "more of them, and others"),
        )
    )(demo)


@dataclass(slots=True)
class _Times:
    """How long each step took."""

    rows: list[tuple[str, str, int, float]] = field(default_factory=list)

    @contextmanager
    def of(self, step: str) -> Iterator[list[tuple[str, int]]]:
        """Time the block, which appends what it did and how many of it."""
        did: list[tuple[str, int]] = []
        begun = time.perf_counter()
        yield did
        seconds = time.perf_counter() - begun
        what, count = did[-1]
        self.rows.append((step, what, count, seconds))
        show(f"  {step:<10} {count:>8,} {what} in {seconds:.1f} s")


def demo(
    ctx: typer.Context,
    houses: Annotated[int, typer.Option(min=1, metavar="N", help="Simulated houses.")] = 60,
    days: Annotated[int, typer.Option(min=30, metavar="D", help="Days of each simulated house.")] = 90,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Equal seeds give equal fleets.")] = 1,
) -> None:
    """Watch the whole flow, from packets to reports, on houses whose truth is known.

    A simulated fleet with known faults is sent the hard way: shuffled, in bursts, twice, revised, partly
    unusable. Real homes take part where their data sets are present. The state stays in ./demo-data (with
    --data DIR: in DIR/demo) to play with; the next demo replaces it.
    """
    from sunsift.activity import ActivityObserver

    begun = time.perf_counter()
    folder = ctx.obj.data / "demo" if ctx.obj.data else DEFAULT_FOLDER
    _make_fresh(folder)
    settings = settings_of(ctx, quiet_minutes=0)
    settings = replace(settings, data=folder, store=None, coordinator=None)
    times = _Times()
    show("[bold]Making houses whose truth is known[/bold]")
    fleets = [_simulated(folder, houses, days, seed, times), *_real(folder, times)]
    sent = _send(fleets, settings.inbox, seed, times)
    show("\n[bold]The flow[/bold]")
    with opened(settings, must_exist=False) as parts:
        activity = ActivityObserver(parts.store, parts.clock)
        saved = _flow(replace(parts, observer=activity), settings, fleets, times)
        activity.write()
        poorest = _show_findings(parts, fleets, settings)
        _show_counts(parts, sent, saved)
    flow_seconds = sum(
        seconds for step, _, _, seconds in times.rows if step in ("ingest", "predict", "deliver")
    )
    house_days = sum(fleet.house_days for fleet in fleets)
    show(
        f"\n{house_days / flow_seconds:,.0f} house-days a second through all steps; "
        f"{time.perf_counter() - begun:.1f} s in all."
    )
    _show_next(settings, poorest, real=len(fleets) > 1)


def _make_fresh(folder: Path) -> None:
    """Begin an empty demo folder. Errors: SunsiftError if there is something that no demo made."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).exists():
            raise SunsiftError(f"{folder} holds something that no demo made; choose another with --data DIR")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text("This folder was made by `sunsift demo`, which replaces it.\n", "ascii")


def _simulated(folder: Path, houses: int, days: int, seed: int, times: _Times) -> "FleetResult":
    from sunsift.lab.simulate import simulate_fleet

    path = folder / "fleet" / "simulated.jsonl.gz"
    with times.of("simulate") as did, progress("Simulating houses", houses) as report:
        fleet = simulate_fleet(path, houses, days, seed=seed, progress=lambda done, _: report(done))
        did.append((f"packets of {fleet.houses} invented houses", fleet.house_days))
    return fleet


def _real(folder: Path, times: _Times) -> "Iterator[FleetResult]":
    """Add the real homes, if their data set is here."""
    from sunsift.lab.datasets import real_homes
    from sunsift.lab.fleet_files import FleetFiles
    from sunsift.lab.metered import read_metered

    try:
        found = real_homes()
        with times.of("real") as did, FleetFiles(folder / "fleet" / "real.jsonl.gz") as files:
            for number, home in enumerate(read_metered(found.homes_csv, found.readings_parquet)):
                dead = number % OUTAGE_EVERY == OUTAGE_EVERY - 1
                files.add(home.record(int(home.day[-1]) + 1 - OUTAGE_DAYS if dead else None))
            fleet = files.result()
            did.append((f"packets of {fleet.houses} real homes, some switched off", fleet.house_days))
    except SunsiftError as error:
        show(f"  real homes take no part: {plain(error)}")
    else:
        yield fleet


def _send(fleets: "list[FleetResult]", inbox: Path, seed: int, times: _Times) -> "MailCounts":
    """Drop everything into the inbox as it would really arrive: one file a burst."""
    from sunsift.lab.mail import make_mail, read_packet_lines

    with times.of("send") as did:
        mail = make_mail(chain.from_iterable(read_packet_lines(f.packets) for f in fleets), seed=seed)
        inbox.mkdir(parents=True)
        for number, burst in enumerate(mail.bursts, start=1):
            (inbox / f"burst-{number:05d}.jsonl").write_bytes(b"".join(line + b"\n" for line in burst))
        did.append((f"messages, shuffled, in {len(mail.bursts)} bursts", mail.counts.messages))
    return mail.counts


def _flow(parts: "Sunsift", settings: "Settings", fleets: "list[FleetResult]", times: _Times) -> "Saved":
    """Take the inbox through all five steps; return what ingest stored."""
    from sunsift.adapters.folder import FolderInbox
    from sunsift.local import add_up, deliver_all, settle_all
    from sunsift.parcels import Saved
    from sunsift.ports import WAKE
    from sunsift.wiring import sender_to

    registered = _registrations(fleets)
    parts.store.register(registered[LATE_HOUSES:])
    saved = Saved()
    inbox = FolderInbox(settings.inbox, grown_after=0.0)
    with times.of("ingest") as did, progress("Polling and ingesting") as report:
        taken = 0
        while parts.poll(inbox).wake_ups:
            while parts.topic.take(WAKE, 1):
                done = parts.ingest(inbox)
                add_up(saved, done.saved)
                taken += done.taken
                report(taken)
        did.append(("messages polled and ingested", taken))
    inbox.close()
    # A repetition of a quarantined message is kept once.
    saved.duplicate += saved.quarantined - parts.records.counts().quarantined
    with times.of("redrive") as did:
        _, redriven = parts.register(registered[:LATE_HOUSES])
        add_up(saved, redriven)
        did.append((f"packets of {LATE_HOUSES} houses that were registered late", redriven.accepted))
    with times.of("predict") as did, progress("Settling and predicting", len(registered)) as report:
        with parts.settling(wait=True):
            predicted = settle_all(parts, report)
        did.append((f"predictions of {predicted.houses} houses settled", predicted.predictions))
    with times.of("deliver") as did:
        sent = deliver_all(parts, sender_to(str(settings.outbox), settings)).sent
        did.append((f"reports sent to {settings.outbox}", sent))
    return saved


def _registrations(fleets: "list[FleetResult]") -> "list[House]":
    from sunsift.formats.houses_csv import read_houses

    return list(chain.from_iterable(read_houses(fleet.houses_csv) for fleet in fleets))


def _show_findings(parts: "Sunsift", fleets: "list[FleetResult]", settings: "Settings") -> str | None:
    """Show what was found beside the truth; return the house that lost most."""
    truth = Truth([fleet.truth_csv for fleet in fleets])
    houses = judged(sorted(parts.records.standings(), key=rank), truth, settings.rules.period_days)
    show("\n[bold]The poorest houses, most energy lost first: what was found, and the truth[/bold]")
    show("[dim]made: share of healthy output over the last 30 days; lost: the rest, in kWh[/dim]\n")
    show(comparison(houses[:POOREST_SHOWN], parts.model))
    counts, summary = tally(houses)
    show("\n[bold]All houses[/bold]\n", counts, f"[bold]{summary}[/bold]")
    return houses[0].standing.house.house_id if houses else None


def _show_counts(parts: "Sunsift", sent: "MailCounts", saved: "Saved") -> None:
    counts = parts.records.counts()
    listing = table("in", ">", "stored", ">", "out", ">")
    listing.add_row(
        "messages", f"{sent.messages:,}", "accepted", f"{saved.accepted:,}", "houses", f"{counts.houses:,}"
    )
    listing.add_row(
        "packets", f"{sent.packets:,}", "of them revised", f"{saved.revised:,}", "days", f"{counts.days:,}"
    )
    listing.add_row(
        "earlier versions", f"{sent.revisions:,}", "duplicate or superseded",
        f"{saved.duplicate + saved.superseded:,}", "predictions", f"{counts.predictions:,}",
    )  # fmt: skip
    listing.add_row(
        "unusable", f"{sum(sent.unusable.values()):,}", "quarantined", f"{counts.quarantined:,}", "reports",
        f"{counts.reports:,}",
    )  # fmt: skip
    show("\n[bold]Counts[/bold]\n", listing)


def _show_next(settings: "Settings", poorest: str | None, *, real: bool) -> None:
    commands = [
        (f"status {poorest}" if poorest else "status", "the evidence on the poorest house"),
        ("status --only poor", "who should get a visit"),
        ("quarantine list", "what could not be used, and why"),
        ("export predictions --format csv -o predictions.csv", "everything, for a spreadsheet"),
        ("run", "the service, which watches an inbox folder"),
    ]
    if real:
        commands.append(("lab separation", "how well dead panels are told from living ones"))
    show("\n[bold]Try next[/bold]")
    for command, meaning in commands:
        show(f"  [dim]{meaning}[/dim]", f"    [cyan]{plain(command_line(settings, command))}[/cyan]")
    show(
        "\n[bold]Look at it[/bold]",
        f"    [cyan]{plain(command_line(settings, f'serve --open --listen {DEFAULT_SERVE}'))}[/cyan]",
        f"  [dim]and then[/dim] [cyan]http://{DEFAULT_SERVE}[/cyan]",
    )
