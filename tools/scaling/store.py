"""What a day asks of PostgreSQL and Redis, and which of their sizes can do it.

The sizes of rows and pages are those of src/sunsift/adapters/postgres/schema.sql.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from tools.scaling.figures import Times
from tools.scaling.tally import STORE_MS, Floats, Tally

PAGE: Final = 8192
# A page goes into the log without its empty middle. Measured: 6,300 bytes for a row of `day` with its leaf.
IMAGE: Final = 6_000
# A checkpoint begins every five minutes; the first change of a page after it writes the page whole.
CHECKPOINT_MINUTES: Final = 5
# 20 bytes an entry of an index on (house, day), leaves 70 % full, half of the year's partition behind us.
# Measured on PostgreSQL 18 with 20,000 houses: 0.61.
INDEX_PAGES_A_HOUSE: Final = 182 * 20 / (PAGE * 0.7)
EVIDENCE_PAGES_A_HOUSE: Final = 0.12
PROGRESS_PAGES_A_HOUSE: Final = 1 / 55
# 13 blocks of evidence, the leaves of two indexes, rows of house and progress.
HOT_BYTES_A_HOUSE: Final = round(13 * 960 + 2 * INDEX_PAGES_A_HOUSE * PAGE + 500)
# 30 raw days, the leaves of one index, a row of the house.
HOT_BYTES_A_HOUSE_2017: Final = round(30 * 200 + INDEX_PAGES_A_HOUSE * PAGE + 300)
# Of the memory of the database, what holds its tables and indexes.
FOR_PAGES: Final = 0.7
# No database is driven harder in its busiest minute.
UTILISATION: Final = 0.5
# Scores, claims and names of one house in Redis.
REDIS_BYTES_A_HOUSE: Final = 300


@dataclass(frozen=True, slots=True)
class Size:
    """A size of a server. a_second: commands that a cache is trusted with. processors: of a database."""

    name: str
    memory_gb: float
    a_second: float = 0
    processors: int = 0

    @property
    def connections(self) -> int:
        """How many connections RDS lets it have at first."""
        return min(5000, int(self.memory_gb * 2**30 / 9_531_392))


DATABASES: Final = tuple(
    Size(name, memory, processors=processors)
    for name, memory, processors in (
        ("db.t4g.small", 2, 2), ("db.t4g.medium", 4, 2), ("db.r8g.large", 16, 2), ("db.r8g.xlarge", 32, 4),
        ("db.r8g.2xlarge", 64, 8), ("db.r8g.4xlarge", 128, 16), ("db.r8g.8xlarge", 256, 32),
        ("db.r8g.16xlarge", 512, 64), ("db.r8g.48xlarge", 1536, 192),
    )
)  # fmt: skip
CACHES: Final = (
    Size("cache.t4g.micro", 0.5, 10_000), Size("cache.t4g.medium", 3.1, 30_000),
    Size("cache.r7g.large", 13.1, 80_000), Size("cache.r7g.xlarge", 26.3, 100_000),
    Size("cache.r7g.4xlarge", 105.8, 100_000),
)  # fmt: skip


def database(houses: int, tally: Tally, hot_bytes: int = HOT_BYTES_A_HOUSE) -> Size:
    """Return the smallest database that holds what is read every day, and bears the busiest minute.

    The largest there is, where none does.
    """
    hot, busy = houses * hot_bytes / 1e9, tally.peak_a_second(STORE_MS) / 1000
    fit = (s for s in DATABASES if s.memory_gb * FOR_PAGES >= hot and s.processors * UTILISATION >= busy)
    return next(fit, DATABASES[-1])


def cache(houses: int, tally: Tally) -> Size:
    """Return the smallest cache that holds a clock a house and bears the busiest minute, or the largest."""
    hot, peak = houses * REDIS_BYTES_A_HOUSE / 1e9, tally.peak_a_second("redis")
    return next((s for s in CACHES if s.memory_gb * FOR_PAGES >= hot and s.a_second >= peak), CACHES[-1])


def page_images(houses: int, stored: Floats, judged: Floats, interval: int = CHECKPOINT_MINUTES) -> Floats:
    """Return the bytes of whole pages in the write-ahead log, for each interval between checkpoints.

    stored, judged: packets and houses, by minute. Houses come in no order, so that k changes hit
    P (1 - exp(-k / P)) of P pages.
    """
    packets, houses_judged = (
        np.add.reduceat(series, np.arange(0, len(series), interval)) for series in (stored, judged)
    )
    changes = (
        (INDEX_PAGES_A_HOUSE, packets),
        (INDEX_PAGES_A_HOUSE, houses_judged),
        (EVIDENCE_PAGES_A_HOUSE, houses_judged),
        (PROGRESS_PAGES_A_HOUSE, packets + 2 * houses_judged),
    )
    pages = [share * houses * -np.expm1(-k / (share * houses)) for share, k in changes]
    images: Floats = np.sum(pages, axis=0) * IMAGE
    return images


def wal(houses: int, tally: Tally, times: Times, interval: int = CHECKPOINT_MINUTES) -> tuple[float, float]:
    """Return the write-ahead log of a day [bytes], and of its busiest interval [bytes a second]."""
    records = tally.judged * times["wal_record_bytes_a_house_day"]
    starts = np.arange(0, len(records), interval)
    written = np.add.reduceat(records, starts) + page_images(houses, tally.stored, tally.judged, interval)
    return float(written.sum()), float(written.max()) / (60 * interval)
