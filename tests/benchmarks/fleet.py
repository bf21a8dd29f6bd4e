"""The mail that is measured: simulated half-hour meters, as many houses as wanted, streamed to a file."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Final

import msgspec
import numpy as np

from sunsift.domain.house import House
from sunsift.lab.fleet_files import GZIP_LEVEL, packet_messages
from sunsift.lab.simulate import simulate_records

HALF_HOUR: Final = 30
# Houses beyond the pool are copies under other names: every row is stored, compressed and judged by
# itself, so copies cost what houses of their own would, and a large fleet is written in seconds.
POOL: Final = 300
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Fleet:
    """Houses of `days` days each. pool: for each distinct house its registration and a line a day."""

    houses: int
    days: int
    pool: list[tuple[House, list[bytes]]]

    def registrations(self) -> Iterator[House]:
        """Return every house."""
        for index in range(self.houses):
            yield replace(self.pool[index % len(self.pool)][0], house_id=house_id(index))

    def line(self, index: int, day: int) -> bytes:
        """Return one house's packet of one day, the first being day 0."""
        house, lines = self.pool[index % len(self.pool)]
        return lines[day].replace(house.house_id.encode(), house_id(index).encode())

    def by_date(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Return the packets from day `first` up to, but without, `last`.

        Day after day, and each day's houses in another order, as a retailer's nightly runs send them.
        """
        for day in range(first, self.days if last is None else last):
            for index in np.random.default_rng([SEED, day]).permutation(self.houses).tolist():
                yield self.line(index, day)

    def shuffled(self) -> Iterator[bytes]:
        """Return all packets, all houses and days mixed, as a backlog may arrive."""
        for number in np.random.default_rng(SEED).permutation(self.houses * self.days).tolist():
            yield self.line(number % self.houses, number // self.houses)


def house_id(index: int) -> str:
    """Return the name of a house: as long as the names in the pool, and none of them."""
    return f"63{index:08d}"


def make_fleet(houses: int, days: int) -> Fleet:
    """Simulate as many distinct half-hour meters as the pool holds."""
    wanted = min(houses, POOL)
    records = simulate_records(2 * wanted + 20, days, seed=SEED)
    encode = msgspec.json.Encoder().encode
    pool = [
        (record.house, [encode(message) + b"\n" for message in packet_messages(record)])
        for record in islice((r for r in records if r.interval_minutes == HALF_HOUR), wanted)
    ]
    return Fleet(houses, days, pool)


def write_lines(lines: Iterator[bytes], path: Path) -> int:
    """Write packets to a file, packed if its name ends in .gz; return how many."""
    count = 0
    with _open(path) as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path, "wb", GZIP_LEVEL) if path.suffix == ".gz" else path.open("wb", 1 << 20)
