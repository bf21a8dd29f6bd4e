"""How much of each part's limit the busiest minute asks for, if nothing before it held the packets back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from tools.scaling.figures import Times
from tools.scaling.mail import DAY, Mail
from tools.scaling.ours import (
    HOUSES_A_CALL,
    HOUSES_A_REGION,
    INBOX_BATCH,
    MINUTE_MS,
    MOST_REGIONS,
    SETTLE_BATCH,
    SHIPPED,
    SNS_BATCH,
    SNS_THREADS,
    shards,
)
from tools.scaling.store import (
    CACHES,
    DATABASES,
    FOR_PAGES,
    HOT_BYTES_A_HOUSE,
    REDIS_BYTES_A_HOUSE,
    UTILISATION,
    page_images,
)
from tools.scaling.tally import MINUTES, Floats

SIZES: Final = (1_000_000, 10_000_000, 100_000_000)
# Per queue and per account, for messages of 1 KiB; a put, a receive of up to 32 and a delete count one each.
AZURE_QUEUE_A_SECOND: Final = 2_000
AZURE_ACCOUNT_A_SECOND: Final = 20_000
# Sydney's share is smaller than that of the largest regions; from memory, check.
SNS_A_SECOND: Final = 3_000
LAMBDA_AT_ONCE: Final = 1_000
# What one PostgreSQL writes to its log without a standby falling behind.
LOG_A_SECOND: Final = 100e6
REDIS_A_SECOND: Final = 100_000


@dataclass(frozen=True, slots=True)
class Load:
    """What the busiest minute brings. packets: in that minute; as many houses are quiet 45 minutes later."""

    mail: Mail
    times: Times

    @property
    def packets(self) -> float:
        """How many packets arrive in the busiest minute."""
        return self.mail.busiest

    def at_once(self, function_ms: float, units: float) -> float:
        """Return how many calls are at work at once."""
        return units * function_ms / 60_000

    def wal(self, interval: int) -> float:
        """Return the write-ahead log of the busiest stretch between two checkpoints [bytes a second]."""
        stored: Floats = self._series()
        images = page_images(self.mail.houses, stored, stored, interval).max() / (60 * interval)
        return float(images) + self.packets / 60 * self.times["wal_record_bytes_a_house_day"]

    def _series(self) -> Floats:
        series = np.zeros(MINUTES)
        series[:DAY] = np.diff(self.mail.ends, prepend=0) * self.mail.weight
        return series


Share = Callable[[Load], float]


def _settle(load: Load) -> float:
    return load.packets / SETTLE_BATCH * load.times["settle_ms_per_1000"] / MINUTE_MS


def _poll(load: Load) -> float:
    calls = load.packets / INBOX_BATCH / SNS_BATCH / SNS_THREADS
    return (load.times["poll_ms"] + calls * load.times["sns_publish_ms"]) / MINUTE_MS


def _regions(load: Load) -> float:
    regions = min(MOST_REGIONS, load.mail.houses / HOUSES_A_REGION)
    return regions * load.times["close_region_day_ms"] / MINUTE_MS


def _ingest_calls(load: Load) -> float:
    return load.at_once(load.times["ingest_32_ms"], load.packets / INBOX_BATCH)


def _predict_calls(load: Load) -> float:
    return load.at_once(load.times["predict_house_day_ms"], load.packets)


def _processors(load: Load) -> float:
    each_ms = load.times["server_ingest_32_ms"] / INBOX_BATCH + load.times["server_predict_house_ms"]
    return load.packets / 60 * each_ms / 1000 / (DATABASES[-1].processors * UTILISATION)


def _redis(load: Load) -> float:
    each = (shards(INBOX_BATCH) + 2) / INBOX_BATCH + 3 * shards(HOUSES_A_CALL) / HOUSES_A_CALL
    return load.packets / 60 * each


def _lambda(load: Load) -> float:
    return (_ingest_calls(load) + _predict_calls(load)) / LAMBDA_AT_ONCE


def _azure(load: Load) -> float:
    return load.packets / 60 * (2 + 2 / INBOX_BATCH)


def _hot(load: Load) -> float:
    return load.mail.houses * HOT_BYTES_A_HOUSE / (DATABASES[-1].memory_gb * FOR_PAGES * 1e9)


def _redis_memory(load: Load) -> float:
    return load.mail.houses * REDIS_BYTES_A_HOUSE / (CACHES[-1].memory_gb * FOR_PAGES * 1e9)


ROWS: Final[tuple[tuple[str, str, Share], ...]] = (
    ("ingest as shipped", "5 calls at once", lambda x: _ingest_calls(x) / SHIPPED.ingest),
    ("predict as shipped", "10 calls at once", lambda x: _predict_calls(x) / SHIPPED.predict),
    ("Lambda, all functions", "1,000 calls at once", _lambda),
    ("Azure, one queue", "2,000 messages a second", lambda x: _azure(x) / AZURE_QUEUE_A_SECOND),
    ("Azure, one account", "20,000 messages a second", lambda x: _azure(x) / AZURE_ACCOUNT_A_SECOND),
    ("poll, one worker", "a minute", _poll),
    ("settle, one worker: claiming", "a minute", _settle),
    ("settle, one worker: closing region days", "a minute, once a day", _regions),
    ("SNS, messages to predict", "3,000 a second", lambda x: x.packets / 60 / SNS_A_SECOND),
    ("one PostgreSQL: processors", "half of 192", _processors),
    ("one PostgreSQL: pages read every day", "1,536 GB", _hot),
    ("one PostgreSQL: log, checkpoint every 5 minutes", "100 MB a second", lambda x: x.wal(5) / LOG_A_SECOND),
    ("one PostgreSQL: log, checkpoint every hour", "100 MB a second", lambda x: x.wal(60) / LOG_A_SECOND),
    ("one Redis: commands", "100,000 a second", lambda x: _redis(x) / REDIS_A_SECOND),
    ("one Redis: memory", "106 GB", _redis_memory),
)  # fmt: skip


def shares(loads: list[Load]) -> list[tuple[str, str, list[float]]]:
    """Return for each limit its name, its size and the share of it that each load asks for."""
    return [(name, limit, [share(load) for load in loads]) for name, limit, share in ROWS]
