"""What is measured, how often, and against which target."""

import shutil
from collections.abc import Callable, Iterator
from statistics import median
from typing import Final

from sunsift.domain.errors import SunsiftError
from sunsift.lab.datasets import real_homes
from tests.benchmarks.bench import Bench
from tests.benchmarks.child import run
from tests.benchmarks.cloud_rows import CLOUD_MEASUREMENTS
from tests.benchmarks.meter_rows import METER_MEASUREMENTS
from tests.benchmarks.model_rows import cold_load_row, score_row, size_rows
from tests.benchmarks.rows import Row
from tests.benchmarks.server_rows import SERVER_MEASUREMENTS
from tests.benchmarks.stopwatch import Figures
from tests.benchmarks.store_rows import STORE_MEASUREMENTS
from tests.benchmarks.web_rows import WEB_MEASUREMENTS

MILLION: Final = 1_000_000
PEAK_TARGET_MB: Final = 500.0


def ingest(bench: Bench) -> Iterator[Row]:
    """Time the durable ingest of packets of 48 + 48 values on one core."""
    houses, days = bench.sizes.ingest
    packets = houses * days
    for words, shuffled, suffix in (
        ("by date", False, ".jsonl"),
        ("shuffled", True, ".jsonl"),
        ("by date, gzipped", False, ".jsonl.gz"),
    ):
        mail = bench.mail(houses, days, shuffled=shuffled, suffix=suffix)
        found = []
        for _ in range(bench.sizes.repeats):
            bench.tell(f"ingesting {packets:,} packets {words}")
            data = bench.store(mail)
            found.append(run("ingest", mail=mail, data=data, packets=packets))
            shutil.rmtree(data)
        plain = suffix == ".jsonl"
        limit = bench.limit(mail, packets)["store_seconds"] if plain else None
        yield Row.of_speeds(
            f"ingest, {words}, one core", "packets/s", packets, found, target=20_000, limit_seconds=limit
        )


def predict(bench: Bench) -> Iterator[Row]:
    """Time the first predict of single houses with a year of days, on one core."""
    houses, days = bench.sizes.predict
    mail = bench.mail(houses, days)
    data = bench.store(mail)
    bench.tell(f"predicting {houses} houses of {days} days one by one")
    # All but a few of the periods are ready; the exact count depends on each house's gaps.
    figures = run("predict_whole", mail=mail, data=data, houses=houses, periods=int(0.9 * (days - 29)))
    shutil.rmtree(data)
    yield Row(
        what=f"predict one house of {days} days, one core",
        unit="ms",
        values=tuple(1000.0 * figures[f"house_{index}"] for index in range(houses)),
        cpu_values=tuple(1000.0 * figures[f"house_{index}_cpu"] for index in range(houses)),
        target=20.0,
        more_is_better=False,
        peak_mb=figures["peak_mb"],
    )


def _end_to_end(bench: Bench, houses: int, days: int, repeats: int) -> tuple[list[Figures], Figures]:
    """Return the figures of each run, and the bytes stored by the last."""
    mail = bench.mail(houses, days)
    found = []
    for _ in range(repeats):
        bench.tell(f"end to end: {houses:,} houses x {days} days")
        data = bench.store(mail)
        found.append(run("end_to_end", mail=mail, data=data, packets=houses * days, houses=houses))
        stored = run("stored_bytes", data=data)
        shutil.rmtree(data)
    return found, stored


def end_to_end(bench: Bench) -> Iterator[Row]:
    """Time all steps, smaller and larger fleets too, and count memory and bytes."""
    peaks = []
    for houses, days, repeats in bench.sizes.end_to_end:
        found, stored = _end_to_end(bench, houses, days, repeats)
        house_days = houses * days
        asked = (houses, days) == bench.sizes.asked
        limit = bench.limit(bench.mail(houses, days), house_days)["seconds"] if asked else None
        yield Row.of_speeds(
            f"end to end, {houses:,} houses x {days} days",
            "house-days/s",
            house_days,
            found,
            target=8_000,
            limit_seconds=limit,
            note=f"ingest {median(f['ingest_seconds'] for f in found):.1f} s, "
            f"predict {median(f['predict_seconds'] for f in found):.1f} s",
        )
        peaks.append((houses, max(figures["peak_mb"] for figures in found)))
        if asked:
            yield _bytes_row(f"stored, {houses:,} houses x {days} days", stored, house_days)
    peak = max(mb for _, mb in peaks)
    yield Row(
        what="peak memory, end to end",
        unit="MB",
        values=tuple(mb for _, mb in peaks),
        shown=peak,
        target=PEAK_TARGET_MB,
        more_is_better=False,
        peak_mb=peak,
        note=", ".join(f"{houses:,} houses {mb:.0f} MB" for houses, mb in peaks),
    )


def daily(bench: Bench) -> Iterator[Row]:
    """Time a day of a fleet that has a month behind it."""
    houses, before, days = bench.sizes.daily
    mail = bench.daily_mail(houses, before + days, before)
    bench.tell(f"{days} days of {houses:,} houses with {before} days each")
    data = bench.store(mail)
    figures = run("daily", folder=mail, data=data, houses=houses)
    shutil.rmtree(data)
    seconds = [figures[key] for key in sorted(figures) if key.startswith("day-") and key[-1].isdigit()]
    cpu = [figures[key] for key in sorted(figures) if key.startswith("day-") and key.endswith("_cpu")]
    minutes = median(seconds) / houses * MILLION / 60.0
    yield Row(
        what=f"the day of {houses:,} houses, one packet each",
        unit="s",
        values=tuple(seconds),
        cpu_values=tuple(cpu),
        more_is_better=False,
        peak_mb=figures["peak_mb"],
        note=f"a million houses: {minutes:.0f} minutes a day in one process",
    )


def size(bench: Bench) -> Iterator[Row]:
    """Count what a year takes when its days come one after the other."""
    houses, days, settle_every = bench.sizes.year
    mail = bench.daily_mail(houses, days, 0)
    bench.tell(f"a year of {houses:,} houses, day by day")
    data = bench.store(mail)
    run("year", folder=mail, data=data, settle_every=settle_every)
    stored = run("stored_bytes", data=data)
    shutil.rmtree(data)
    yield _bytes_row(f"stored, {houses:,} houses x {days} days, day by day", stored, houses * days)


def _bytes_row(what: str, stored: Figures, house_days: int) -> Row:
    tables = [(name, n / house_days) for name, n in stored.items() if name not in ("file", "peak_mb")]
    shown = [f"{name} {n:.1f}" for name, n in tables if n >= 0.5]
    return Row(
        what=what,
        unit="bytes/house-day",
        values=(stored["file"] / house_days,),
        target=250.0,
        more_is_better=False,
        note=", ".join([*shown, f"others {sum(n for _, n in tables if n < 0.5):.1f}"]) if tables else "",
    )


def model(bench: Bench) -> Iterator[Row]:
    """Measure the model by itself: its load, its scoring, its file and what it needs along."""
    bench.tell("loading and scoring with the model alone")
    yield cold_load_row(bench.sizes)
    yield score_row(bench.sizes)
    yield from size_rows(bench.folder)


def separation(bench: Bench) -> Iterator[Row]:
    """Tell real homes' dead panels from healthy ones."""
    try:
        real_homes()
    except SunsiftError as error:
        yield Row(what="full outages told apart, real homes", unit="ROC-AUC", note=f"skipped: {error}")
        return
    bench.tell("judging the real homes")
    figures = run("real_separation")
    homes = {name: auc for name, auc in figures.items() if name not in ("all", "peak_mb")}
    below = [f"{name} {auc:.3f}" for name, auc in sorted(homes.items(), key=lambda h: h[1]) if auc < 0.9995]
    yield Row(
        what=f"full outages told apart, worst of {len(homes)} real homes",
        unit="ROC-AUC",
        values=tuple(homes.values()),
        shown=min(homes.values()),
        target=0.95,
        peak_mb=figures["peak_mb"],
        note=f"pooled over all periods {figures['all']:.4f}; below 0.9995: {', '.join(below) or 'none'}",
    )


MEASUREMENTS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    **{
        measure.__name__: measure for measure in (ingest, predict, end_to_end, daily, size, model, separation)
    },
    **METER_MEASUREMENTS,
    **WEB_MEASUREMENTS,
    **STORE_MEASUREMENTS,
    **SERVER_MEASUREMENTS,
    **CLOUD_MEASUREMENTS,
}
# A name for several of them.
GROUPS: Final = {"servers": tuple(name for name in MEASUREMENTS if name.startswith("servers-"))}
