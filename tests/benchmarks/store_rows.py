"""What the store does beside the flow: erasing a house, and what that and the pages cost the flow."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tests.benchmarks.bench import Bench, houses_of
from tests.benchmarks.child import run
from tests.benchmarks.rows import Row
from tests.benchmarks.stopwatch import Figures

# What each part is for, and which steps may feel it.
_PARTS: Final = {
    "secure_delete": ("overwriting what is deleted", ("ingest", "predict")),
    "standing": ("keeping where each house stands", ("predict",)),
}


def store(bench: Bench) -> Iterator[Row]:
    """Time the erasure of houses of a large fleet, then the flow with and without parts of the store."""
    yield from _erasing(bench)
    for part, (words, steps) in _PARTS.items():
        yield from _cost(bench, part, words, steps)


def _erasing(bench: Bench) -> Iterator[Row]:
    houses, days, _ = bench.sizes.large
    in_store, wholly = bench.sizes.erased
    data = bench.large_store()
    bench.tell(f"erasing houses of {houses:,}")
    # Far from each other, and each only once.
    chosen = [index * (houses // (in_store + wholly)) for index in range(in_store + wholly)]
    figures = run("erase_houses", data=data, in_store=chosen[:in_store], wholly=chosen[in_store:])
    for name, words in (("store", "in the store"), ("whole", "and search all files for its name")):
        yield Row(
            what=f"erase one house of {houses:,} x {days} days {words}",
            unit="ms",
            values=tuple(1000.0 * v for key, v in figures.items() if key.startswith(f"{name}_")),
            more_is_better=False,
            peak_mb=figures["peak_mb"],
            note=f"{figures['rows_0']:,.0f} rows",
        )


def _cost(bench: Bench, part: str, words: str, steps: Sequence[str]) -> Iterator[Row]:
    pairs = []
    for number in range(bench.sizes.pairs):
        bench.tell(f"{words}: with and without, pair {number + 1}")
        # Each is the first of its pair as often as the second.
        order = (part, "") if number % 2 else ("", part)
        found = {lacking: _ingest_and_predict(bench, lacking) for lacking in order}
        pairs.append((found[""], found[part]))
    for step in steps:
        yield Row(
            what=f"{step}, {words}: with it over without, one core",
            unit="times",
            values=tuple(whole[step] / less[step] for whole, less in pairs),
            cpu_values=tuple(whole[f"{step}_cpu"] / less[f"{step}_cpu"] for whole, less in pairs),
            more_is_better=False,
            peak_mb=max(whole["peak_mb"] for whole, _ in pairs),
        )


def _ingest_and_predict(bench: Bench, part: str) -> Figures:
    houses, days = bench.sizes.predict
    mail = bench.mail(houses, days)
    data = bench.folder / "lacking"
    figures = run(
        "ingest_and_predict",
        houses_csv=houses_of(mail),
        mail=mail,
        data=data,
        packets=houses * days,
        houses=houses,
        part=part,
    )
    shutil.rmtree(data)
    return figures


STORE_MEASUREMENTS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {store.__name__: store}
