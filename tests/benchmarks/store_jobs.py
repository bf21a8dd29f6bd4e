"""The measured jobs on the store by itself: erasing a house, and what single parts of the store cost."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final
from unittest.mock import patch

from sunsift.adapters.files import FilesInbox
from sunsift.adapters.sqlite import verdicts
from sunsift.adapters.sqlite.database import Database
from sunsift.erasure import erase_house
from sunsift.formats.houses_csv import read_houses
from sunsift.local import ingest_all
from tests.benchmarks.fleet import house_id
from tests.benchmarks.parts import settings_for, sunsift
from tests.benchmarks.stopwatch import Figures, Stopwatch, check, pin_to_one_core


def erase_houses(data: Path, in_store: list[int], wholly: list[int]) -> Figures:
    """Erase houses by number, one after the other, by the store's own door and then by the command's.

    The command searches every file for the name, too. Figures: `store_N`, `whole_N` [s], `rows_N`.
    """
    figures: Figures = {}
    with sunsift(data) as parts:
        for number, index in enumerate(in_store):
            began = time.perf_counter()
            erasure = parts.store.erase(house_id(index))
            figures[f"store_{number}"] = time.perf_counter() - began
            figures[f"rows_{number}"] = sum(erasure.removed.values())
            check("the house was there", erasure.removed["house"], 1)
        for number, index in enumerate(wholly):
            began = time.perf_counter()
            certificate = erase_house(parts, settings_for(data), house_id(index))
            figures[f"whole_{number}"] = time.perf_counter() - began
            check("the house was there", certificate.removed["house"], 1)
            check("places that name it still", len(certificate.left), 0)
    return figures


def lacking(part: str) -> AbstractContextManager[object]:
    """Leave a part of the store out while the block runs; only to learn what it costs.

    part: secure_delete, standing, or nothing.
    """
    prepare = Database._prepare

    def unsafely(database: Database) -> None:
        prepare(database)
        database._connection.execute("PRAGMA secure_delete = OFF")

    match part:
        case "secure_delete":
            return patch.object(Database, "_prepare", unsafely)
        case "standing":
            return patch.object(verdicts, "PLACE", "SELECT ?1")
        case _:
            return nullcontext()


def ingest_and_predict(
    houses_csv: Path, mail: Path, data: Path, packets: int, houses: int, part: str
) -> Figures:
    """Ingest a file and predict its houses on one core, in a new store that lacks a part.

    Figures: `ingest`, `predict` [s], each with `_cpu`.
    """
    pin_to_one_core()
    reading, judging = Stopwatch(), Stopwatch()
    with lacking(part), sunsift(data) as parts:
        parts.store.register(read_houses(houses_csv))
        with reading:
            saved = ingest_all(parts, FilesInbox([mail]))
        check("packets accepted", saved.accepted, packets)
        parts.close_days()
        with judging:
            done = parts.predict([house_id(index) for index in range(houses)])
        check("houses predicted", done.houses, houses)
    return {
        "ingest": reading.seconds,
        "ingest_cpu": reading.cpu_seconds,
        "predict": judging.seconds,
        "predict_cpu": judging.cpu_seconds,
    }


STORE_JOBS: Final[dict[str, Callable[..., Figures]]] = {
    job.__name__: job for job in (erase_houses, ingest_and_predict)
}
