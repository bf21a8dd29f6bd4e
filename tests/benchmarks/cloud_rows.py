"""What is measured of the way through clouds: the queue of packets, and the start of a function."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.benchmarks.bench import Bench, houses_of
from tests.benchmarks.child import run
from tests.benchmarks.cold_job import can_start
from tests.benchmarks.rows import Row
from tests.benchmarks.server_jobs import QUEUE_BATCH
from tests.benchmarks.server_rows import SERVERS, parts_of
from tests.benchmarks.servers import azurite, azurite_is_here
from tests.support.servers.azurite import ACCOUNT

QUEUE: Final = "bench"
HOUSES: Final = 320


def queue(bench: Bench) -> Iterator[Row]:
    """Time the ingest of a queue of Azure by one worker."""
    what = f"ingest from azurite, one worker, batches of {QUEUE_BATCH}"
    if not azurite_is_here():
        yield Row(what=what, unit="packets/s", note="skipped: tools/servers azurite installs it")
        return
    packets = bench.sizes.queue
    houses = min(packets, HOUSES)
    mail = bench.mail(houses, packets // houses)
    servers = bench.servers
    with azurite(bench.folder) as azure, servers.store() as store:
        to = {"store": store, "coordinator": servers.coordinator}
        run("server_register", houses_csv=houses_of(mail), **to)
        servers.settle_down()
        bench.tell(f"ingesting {packets:,} packets from azurite")
        figures = run(
            "queue_ingest",
            mail=mail,
            servers=servers.pids | {"azurite": azure.pid},
            inbox=f"azure://{ACCOUNT}/{QUEUE}",
            connection_string=azure.connection_string,
            packets=packets,
            **to,
        )
    served = {name: figures.pop(f"{name}_cpu") for name in (*SERVERS, "azurite")}
    whole = {"": figures.pop("seconds"), "_cpu": figures.pop("cpu_seconds")}
    peak_mb = figures.pop("peak_mb")
    batches = packets / QUEUE_BATCH
    spent = ", ".join(f"{name} {1000.0 * seconds / batches:.1f}" for name, seconds in served.items())
    yield Row(
        what=what,
        unit="packets/s",
        values=(packets / whole[""],),
        cpu_values=(packets / (whole["_cpu"] + sum(served.values())),),
        peak_mb=peak_mb,
        note=f"a batch: {1000.0 * whole[''] / batches:.1f} ms, own processor time "
        f"{1000.0 * whole['_cpu'] / batches:.1f}; of it, ms (own processor time): "
        f"{parts_of(figures, whole, round(batches))}; servers' processor time: {spent}",
    )


def cold(bench: Bench) -> Iterator[Row]:
    """Time the start of the predict function, from the zip that is deployed."""
    what = "cold start of predict from its zip"
    if not can_start():
        yield Row(what=what, unit="ms", note="skipped: tools/servers ministack installs what Lambda brings")
        return
    repeats = bench.sizes.cold_loads
    bench.tell("starting the predict function")
    folder = bench.folder / "zips"
    folder.mkdir()
    figures = run("cold_start", folder=folder, repeats=repeats)
    for kind, words in (("compiled", ""), ("plain", ", without .pyc")):
        ms = {name: 1000.0 * figures[f"{kind}-{name}"] for name in ("importing", "loading", "first_use")}
        yield Row(
            what=what + words,
            unit="ms",
            values=tuple(1000.0 * figures[f"{kind}_{index}"] for index in range(repeats)),
            cpu_values=tuple(1000.0 * figures[f"{kind}_{index}_cpu"] for index in range(repeats)),
            target=1000.0 if kind == "compiled" else None,
            more_is_better=False,
            note=f"importing {ms['importing']:.0f} ms, reading the model {ms['loading']:.0f} ms, the rest is "
            f"Python's start; the first use imports clients of its servers: {ms['first_use']:.0f} ms more; "
            f"zip {figures['zip_mb']:.1f} MB",
        )


CLOUD_MEASUREMENTS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"servers-{measure.__name__}": measure for measure in (queue, cold)
}
