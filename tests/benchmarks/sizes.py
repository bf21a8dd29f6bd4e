"""How large the measurements are."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Houses, days and repeats of each measurement.

    ingest, predict: houses, days. daily: houses, days stored before, days measured.
    end_to_end: houses, days, repeats of each size; asked: the one that the target speaks of.
    year: houses, days, days from one settle to the next. cold_loads: repeats of the model's load.
    score: houses, days, repeats of each.
    On servers: server_ingest, server_predict: houses, days. server_daily: houses, days stored before, days
    measured with each number of workers. server_year: as year. queue: packets.
    """

    repeats: int
    ingest: tuple[int, int]
    predict: tuple[int, int]
    end_to_end: tuple[tuple[int, int, int], ...]
    asked: tuple[int, int]
    daily: tuple[int, int, int]
    year: tuple[int, int, int]
    cold_loads: int
    score: tuple[int, int, int]
    server_ingest: tuple[int, int]
    server_predict: tuple[int, int]
    server_daily: tuple[int, int, int]
    server_year: tuple[int, int, int]
    queue: int


SIZES: Final = {
    "full": Sizes(
        repeats=3,
        ingest=(3000, 35),
        predict=(30, 365),
        end_to_end=((1000, 35, 3), (10_000, 35, 2), (100_000, 28, 1)),
        asked=(10_000, 35),
        daily=(10_000, 30, 3),
        year=(100, 365, 1),
        cold_loads=10,
        score=(10, 365, 20),
        server_ingest=(3000, 14),
        server_predict=(30, 365),
        server_daily=(10_000, 30, 2),
        server_year=(200, 395, 5),
        queue=3200,
    ),
    "quick": Sizes(
        repeats=2,
        ingest=(600, 35),
        predict=(10, 365),
        end_to_end=((300, 35, 2), (3000, 35, 1)),
        asked=(3000, 35),
        daily=(1000, 30, 2),
        year=(40, 365, 7),
        cold_loads=5,
        score=(5, 365, 10),
        server_ingest=(1000, 14),
        server_predict=(10, 365),
        server_daily=(4000, 30, 2),
        server_year=(40, 395, 20),
        queue=640,
    ),
    # Says nothing about speed; shows that every measurement still runs.
    "tiny": Sizes(
        repeats=1,
        ingest=(3, 2),
        predict=(2, 40),
        end_to_end=((2, 33, 1), (4, 33, 1)),
        asked=(4, 33),
        daily=(3, 30, 2),
        year=(2, 33, 3),
        cold_loads=1,
        score=(1, 40, 1),
        server_ingest=(40, 2),
        server_predict=(2, 40),
        server_daily=(4, 30, 1),
        server_year=(2, 33, 10),
        queue=40,
    ),
}
