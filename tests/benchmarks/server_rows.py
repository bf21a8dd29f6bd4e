"""What is measured on PostgreSQL and valkey, and against which target."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Final

from sunsift.steps.settle import BATCH as SETTLE_BATCH
from tests.benchmarks.bench import Bench, houses_of
from tests.benchmarks.child import run
from tests.benchmarks.rows import Row
from tests.benchmarks.server_jobs import FILE_BATCH, QUEUE_BATCH
from tests.benchmarks.stopwatch import Figures

# The processor time of workers and servers together, over so many cores as there are workers, is what the
# time would be if nothing waited for anything.
SERVERS: Final = ("postgresql", "valkey")


def ingest(bench: Bench) -> Iterator[Row]:
    """Time the durable ingest of packets of 48 + 48 values, by one worker and by two."""
    houses, days = bench.sizes.server_ingest
    mail, packets = bench.mail(houses, days), houses * days
    for batch, words in ((FILE_BATCH, "from files"), (QUEUE_BATCH, "as from a queue")):
        for workers in (1, 2):
            found = []
            for _ in range(bench.sizes.repeats):
                bench.tell(f"ingesting {packets:,} packets {words} on servers, {workers} at once")
                with bench.servers.store() as store:
                    to = {"store": store, "coordinator": bench.servers.coordinator}
                    run("server_register", houses_csv=houses_of(mail), **to)
                    bench.servers.settle_down()
                    how = {
                        "workers": workers,
                        "batch": batch,
                        "packets": packets,
                        "servers": bench.servers.pids,
                    }
                    found.append(run("server_ingest", mail=mail, **how, **to))
            yield _speed(found, words, workers, batch, packets)


HOUSES_OF_A_CALL = 10
"""As many messages as the predict function takes at a time."""


def _speed(found: list[Figures], words: str, workers: int, batch: int, packets: int) -> Row:
    spent = {
        who: 1e6 * median(f[name] for f in found) / packets
        for who, name in (("workers", "ingest_cpu"), *((s, f"ingest_{s}_cpu") for s in SERVERS))
    }
    totals = [_cpu(f, "ingest") / workers for f in found]
    runs = [
        f | {"seconds": f["ingest"], "cpu_seconds": total} for f, total in zip(found, totals, strict=True)
    ]
    return Row.of_speeds(
        f"ingest {words}, {_workers(workers)}, batches of {batch:,}",
        "packets/s",
        packets,
        runs,
        target=8000.0 if (workers, batch) == (2, FILE_BATCH) else None,
        note="processor time a packet: " + ", ".join(f"{who} {us:.0f} us" for who, us in spent.items()),
    )


def predict(bench: Bench) -> Iterator[Row]:
    """Time the first predict of houses with a year of days, and one more day: alone, and ten together."""
    for together in (1, HOUSES_OF_A_CALL):
        yield from _predict(bench, together)


def _predict(bench: Bench, together: int) -> Iterator[Row]:
    houses, days = bench.sizes.server_predict
    folder = bench.daily_mail(houses, days + 1, days)
    how = "alone" if together == 1 else f"{together} together"
    with bench.servers.store() as store:
        to = {"store": store, "coordinator": bench.servers.coordinator}
        run("server_register", houses_csv=houses_of(folder), **to)
        bench.tell(f"predicting {houses} houses of {days} days on servers, {how}")
        figures = run(
            "server_predict",
            folder=folder,
            servers=bench.servers.pids,
            houses=houses,
            periods=int(0.9 * (days - 29)),
            together=together,
            **to,
        )
        commit_ms = bench.servers.commit_ms()
    for name, what, target in (
        ("year", f"predict one house of {days} days", 30.0),
        ("day", f"predict one more day of a house with {days}", None),
    ):
        parts = {k.removeprefix(f"{name}: "): v for k, v in figures.items() if k.startswith(f"{name}: ")}
        walls = [figures[f"{name}_{index}"] for index in range(houses)]
        cpus = [figures[f"{name}_{index}_cpu"] for index in range(houses)]
        served = sum(parts.pop(f"{server}_cpu") for server in SERVERS)
        whole = {"": sum(walls), "_cpu": sum(cpus)}
        yield Row(
            what=f"{what}, {how}, one worker",
            unit="ms",
            values=tuple(1000.0 * value for value in walls),
            cpu_values=tuple(1000.0 * (value + served / houses) for value in cpus),
            target=target,
            more_is_better=False,
            peak_mb=figures["peak_mb"],
            note=f"mean ms (own processor time): {parts_of(parts, whole, houses)}; "
            f"servers' processor time {1000.0 * served / houses:.1f}; "
            f"a commit of one row alone waits {commit_ms:.1f} ms",
        )


def daily(bench: Bench) -> Iterator[Row]:
    """Time a day of a fleet that has a month behind it, by one worker and by two."""
    houses, before, days = bench.sizes.server_daily
    folder = bench.daily_mail(houses, before + 2 * days, before)
    bench.tell(f"days of {houses:,} houses with {before} days each on servers")
    with bench.servers.store() as store:
        to = {"store": store, "coordinator": bench.servers.coordinator}
        run("server_register", houses_csv=houses_of(folder), **to)
        how = {"packets": houses * (before + 2 * days), "days": [1] * days + [2] * days}
        figures = run("server_daily", folder=folder, servers=bench.servers.pids, **how, **to)
    names = [f"day-{number:03d}" for number in range(before, before + 2 * days)]
    steps = ("ingest", "close", "predict", "deliver")
    for workers, mine in ((1, names[:days]), (2, names[days:])):
        seconds = {step: median(figures[f"{name}-{step}"] for name in mine) for step in steps}
        yield Row(
            what=f"the day of {houses:,} houses, {_workers(workers)}",
            unit="s",
            values=tuple(sum(figures[f"{name}-{step}"] for step in steps) for name in mine),
            cpu_values=tuple(
                sum(_cpu(figures, f"{name}-{step}") for step in steps) / workers for name in mine
            ),
            more_is_better=False,
            peak_mb=figures["peak_mb"],
            note=f"{before} days stored and predicted before, houses claimed {SETTLE_BATCH:,} at a time; "
            + ", ".join(f"{step} {seconds[step]:.1f} s" for step in steps)
            + "; processor time of predict a house: "
            + ", ".join(f"{who} {ms:.1f} ms" for who, ms in _predict_ms(figures, mine, houses).items()),
        )


def _predict_ms(figures: Figures, names: list[str], houses: int) -> dict[str, float]:
    """Return the processor time that each had to spend on one house of a day [ms]."""
    phases = {"workers": "", **{server: f"_{server}" for server in SERVERS}}
    return {
        who: 1000.0 * median(figures[f"{name}-predict{phase}_cpu"] for name in names) / houses
        for who, phase in phases.items()
    }


def size(bench: Bench) -> Iterator[Row]:
    """Count what a year takes when its days come one after the other."""
    houses, days, settle_every = bench.sizes.server_year
    folder = bench.daily_mail(houses, days, 0)
    bench.tell(f"{days} days of {houses:,} houses on servers, day by day")
    with bench.servers.store() as store:
        to = {"store": store, "coordinator": bench.servers.coordinator}
        run("server_register", houses_csv=houses_of(folder), **to)
        run("server_year", folder=folder, settle_every=settle_every, **to)
        tables = bench.servers.bytes_of_tables(store)
    a_day = {name: (data / houses / days, index / houses / days) for name, (data, index) in tables.items()}
    shown = [f"{n} {d:.1f} + {i:.1f}" for n, (d, i) in a_day.items() if d + i >= 0.5]
    others = sum(d + i for d, i in a_day.values() if d + i < 0.5)
    yield Row(
        what=f"stored, {houses:,} houses x {days} days",
        unit="bytes/house-day",
        values=(sum(d + i for d, i in a_day.values()),),
        more_is_better=False,
        note=f"rows + indexes: {', '.join(shown)}, others {others:.1f}; settled every {settle_every} days",
    )


def _workers(workers: int) -> str:
    return "one worker" if workers == 1 else f"{workers} workers"


def _cpu(figures: Figures, phase: str) -> float:
    """Return the processor time of workers and servers in a phase [s]."""
    return figures[f"{phase}_cpu"] + sum(figures[f"{phase}_{server}_cpu"] for server in SERVERS)


def parts_of(figures: Figures, whole: Figures, times: int) -> str:
    """Say what methods took of a whole, each a `times`-th of it [ms]: wall time (own processor time)."""
    names = [name for name in figures if not name.endswith("_cpu")]
    told = {name: (figures[name], figures[f"{name}_cpu"]) for name in names}
    rest = [whole[k] - sum(value[i] for value in told.values()) for i, k in enumerate(("", "_cpu"))]
    told["the step itself"] = (rest[0], rest[1])
    return ", ".join(
        f"{name} {1000.0 * wall / times:.1f} ({1000.0 * cpu / times:.1f})"
        for name, (wall, cpu) in told.items()
    )


SERVER_MEASUREMENTS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"servers-{measure.__name__}": measure for measure in (ingest, predict, daily, size)
}
