"""How large the measurements are."""

from collections.abc import Mapping
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
    large: tuple[int, int, int]
    looks: tuple[int, int]
    web: tuple[int, int]
    bulks: tuple[int, ...]
    erased: tuple[int, int]
    pairs: int
    clients: tuple[int, ...]
    singles: int
    meter_read: Mapping[str, tuple[int, int]]
    meter_ingest: Mapping[str, tuple[int, int]]


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
        large=(10_000, 365, 100),
        looks=(100, 5),
        web=(1000, 35),
        bulks=(1000, 5000),
        clients=(1, 4),
        singles=800,
        erased=(20, 3),
        pairs=6,
        meter_read={
            "nem12": (970, 365),
            "csv": (97, 365),
            "csv_by_time": (10_000, 3),
            "parquet": (97, 365),
            "greenbutton": (40, 365),
        },
        meter_ingest={
            "nem12": (1000, 35),
            "csv": (300, 35),
            "csv_by_time": (3000, 3),
            "parquet": (300, 35),
            "greenbutton": (100, 35),
        },
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
        large=(2000, 365, 50),
        looks=(50, 3),
        web=(600, 35),
        bulks=(1000, 5000),
        clients=(1, 4),
        singles=400,
        erased=(10, 2),
        pairs=4,
        meter_read={
            "nem12": (97, 365),
            "csv": (20, 365),
            "csv_by_time": (2000, 3),
            "parquet": (20, 365),
            "greenbutton": (5, 365),
        },
        meter_ingest={
            "nem12": (600, 35),
            "csv": (100, 35),
            "csv_by_time": (1000, 3),
            "parquet": (100, 35),
            "greenbutton": (50, 35),
        },
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
        large=(4, 40, 2),
        looks=(2, 1),
        web=(3, 2),
        bulks=(2,),
        clients=(2,),
        singles=3,
        erased=(1, 1),
        pairs=1,
        meter_read=dict.fromkeys(("nem12", "csv", "csv_by_time", "parquet", "greenbutton"), (2, 3)),
        meter_ingest=dict.fromkeys(("nem12", "csv", "csv_by_time", "parquet", "greenbutton"), (2, 3)),
    ),
}
