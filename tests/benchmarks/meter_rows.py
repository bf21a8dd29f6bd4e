"""How fast meter files are read and ingested, and how much memory that takes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks.bench import Bench, houses_of
from tests.benchmarks.child import run
from tests.benchmarks.rows import Row

KINDS: Final = {
    "nem12": ("NEM12", ".nem12"),
    "csv": ("CSV, by house", ".csv"),
    "csv_by_time": ("CSV, by time", ".csv"),
    "parquet": ("Parquet", ".parquet"),
    "greenbutton": ("Green Button", ".xml"),
}


def meter(bench: Bench) -> Iterator[Row]:
    """Time the cutting of meter files into packets, then their ingest, on one core."""
    for kind in KINDS:
        yield _read(bench, kind)
    for kind in KINDS:
        yield _ingest(bench, kind)


def _read(bench: Bench, kind: str) -> Row:
    houses, days = bench.sizes.meter_read[kind]
    path, mb = _written(bench, kind, houses, days)
    words, packets = KINDS[kind][0], houses * days
    bench.tell(f"reading {mb:,.0f} MB of {words}")
    found = [run("read_meter_file", path=path, packets=packets) for _ in range(bench.sizes.repeats)]
    return Row.of_speeds(
        f"read {words}, {houses:,} houses x {days} days, one core",
        "packets/s",
        packets,
        found,
        note=f"{mb:,.1f} MB, {packets:,} packets of 48 + 48 values",
    )


def _ingest(bench: Bench, kind: str) -> Row:
    houses, days = bench.sizes.meter_ingest[kind]
    path, mb = _written(bench, kind, houses, days)
    words, packets = KINDS[kind][0], houses * days
    found = []
    for _ in range(bench.sizes.repeats):
        bench.tell(f"ingesting {mb:,.0f} MB of {words}")
        data = bench.folder / "metered"
        found.append(
            run("ingest_meter_file", path=path, houses_csv=houses_of(path), data=data, packets=packets)
        )
        shutil.rmtree(data)
    return Row.of_speeds(
        f"ingest {words}, {houses:,} houses x {days} days, one core",
        "packets/s",
        packets,
        found,
        note=f"{mb:,.1f} MB, {packets:,} packets of 48 + 48 values",
    )


def _written(bench: Bench, kind: str, houses: int, days: int) -> tuple[Path, float]:
    """Return a meter file and its size [MB]; its registrations lie beside it."""
    words, ending = KINDS[kind]
    path = bench.folder / f"{kind}-{houses}x{days}{ending}"
    if not path.exists():
        bench.tell(f"writing {houses:,} houses x {days} days as {words}")
        run("write_meter_file", kind=kind, houses=houses, days=days, houses_csv=houses_of(path), path=path)
    return path, path.stat().st_size / 1e6


METER_MEASUREMENTS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {meter.__name__: meter}
