"""The measured jobs. Each runs in a process of its own, through the doors that users and the cloud use.

A job takes files and numbers and returns figures: `seconds` and `cpu_seconds` of the measured part alone,
and whatever else it counted.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sunsift.adapters.files import FilesInbox
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.formats.houses_csv import read_houses
from sunsift.lab.datasets import real_homes
from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from sunsift.lab.judge import separation
from sunsift.local import deliver_all, ingest_all, settle_all
from tests.benchmarks import limit
from tests.benchmarks.fleet import Fleet, house_id, make_fleet, write_lines
from tests.benchmarks.large import large_store
from tests.benchmarks.meter_jobs import METER_JOBS
from tests.benchmarks.model_jobs import cold_load, model_file, score_year, zipped_needs
from tests.benchmarks.parts import sunsift
from tests.benchmarks.stopwatch import Figures, Stopwatch, check, pin_to_one_core
from tests.benchmarks.store_jobs import STORE_JOBS

BEFORE: Final = "before.jsonl"
"""The file of the days that are stored before anything is measured."""


def write_mail(houses: int, days: int, houses_csv: Path, mail: Path, shuffled: bool = False) -> Figures:
    """Write a fleet's registrations and its packets, by date or shuffled."""
    fleet = make_fleet(houses, days)
    _write_registrations(fleet, houses_csv)
    return {"packets": write_lines(fleet.shuffled() if shuffled else fleet.by_date(), mail)}


def write_daily_mail(houses: int, days: int, houses_csv: Path, folder: Path, first: int) -> Figures:
    """Write the days before `first` as one file, and each day from then on as a file of its own."""
    fleet = make_fleet(houses, days)
    _write_registrations(fleet, houses_csv)
    folder.mkdir()
    count = write_lines(fleet.by_date(0, first), folder / BEFORE)
    for day in range(first, days):
        count += write_lines(fleet.by_date(day, day + 1), folder / f"day-{day:03d}.jsonl")
    return {"packets": count}


def _write_registrations(fleet: Fleet, houses_csv: Path) -> None:
    with houses_csv.open("w", encoding="utf-8") as file:
        file.write(HOUSE_COLUMNS + "\n")
        file.writelines(house_line(house) for house in fleet.registrations())


def register(houses_csv: Path, data: Path) -> Figures:
    """Make a store and register the houses in it."""
    with sunsift(data) as parts:
        added = parts.store.register(read_houses(houses_csv)).added
    return {"houses": added}


def ingest(mail: Path, data: Path, packets: int) -> Figures:
    """Ingest a file on one core, committed as shipped."""
    pin_to_one_core()
    watch = Stopwatch()
    with sunsift(data) as parts:
        with watch:
            saved = ingest_all(parts, FilesInbox([mail]))
        check("packets accepted", saved.accepted, packets)
    return watch.figures()


def predict_whole(mail: Path, data: Path, houses: int, periods: int) -> Figures:
    """Predict houses one by one on one core, each for the first time; return each house's time.

    periods: that each house must get at least. Region days are closed before: that is the region's work,
    however many houses it has.
    """
    pin_to_one_core()
    figures: Figures = {}
    with sunsift(data) as parts:
        ingest_all(parts, FilesInbox([mail]))
        parts.close_days()
        for index in range(houses):
            watch = Stopwatch()
            with watch:
                done = parts.predict([house_id(index)])
            check("houses predicted", done.houses, 1)
            check("enough periods", done.predictions >= periods, 1)
            figures[f"house_{index}"] = watch.seconds
            figures[f"house_{index}_cpu"] = watch.cpu_seconds
    return figures


def end_to_end(mail: Path, data: Path, packets: int, houses: int) -> Figures:
    """Take a file through all steps until every report is delivered to a file."""
    watch, reading, judging = Stopwatch(), Stopwatch(), Stopwatch()
    with sunsift(data) as parts:
        with watch:
            with reading:
                saved = ingest_all(parts, FilesInbox([mail]))
            with judging:
                predicted = settle_all(parts)
            delivered = deliver_all(parts, JsonLinesSender(data / "reports.jsonl", parts.model.explain))
        check("packets accepted", saved.accepted, packets)
        check("houses settled", predicted.houses, houses)
        check("reports delivered", delivered.sent, predicted.reports)
    return {
        **watch.figures(),
        "ingest_seconds": reading.seconds,
        "predict_seconds": judging.seconds,
        "predictions": predicted.predictions,
        "reports": delivered.sent,
    }


def daily(folder: Path, data: Path, houses: int) -> Figures:
    """Store and predict a month, then time each further day by itself."""
    figures: Figures = {}
    with sunsift(data) as parts:
        ingest_all(parts, FilesInbox([folder / BEFORE]))
        settle_all(parts)
        for path in sorted(folder.glob("day-*.jsonl")):
            watch = Stopwatch()
            with watch:
                saved = ingest_all(parts, FilesInbox([path]))
                predicted = settle_all(parts)
                deliver_all(parts, JsonLinesSender(data / "reports.jsonl", parts.model.explain))
            check("packets accepted", saved.accepted, houses)
            check("houses settled", predicted.houses, houses)
            figures[path.stem] = watch.seconds
            figures[f"{path.stem}_cpu"] = watch.cpu_seconds
    return figures


def year(folder: Path, data: Path, settle_every: int) -> Figures:
    """Let a year pass: ingest every day by itself, and settle whenever some days have come."""
    with sunsift(data) as parts:
        for number, path in enumerate(sorted(folder.glob("day-*.jsonl")), start=1):
            ingest_all(parts, FilesInbox([path]))
            if number % settle_every == 0:
                settle_all(parts)
        settle_all(parts)
        deliver_all(parts, JsonLinesSender(data / "reports.jsonl", parts.model.explain))
        counts = parts.records.counts()
        check("houses left unsettled", counts.unsettled, 0)
    return {"days": counts.days, "predictions": counts.predictions, "reports": counts.reports}


def stored_bytes(data: Path) -> Figures:
    """Count the bytes of a closed store: the whole file, and each table with its indexes."""
    (database,) = data.glob("*.sqlite")
    figures: Figures = {"file": sum(path.stat().st_size for path in data.glob("*.sqlite*"))}
    connection = sqlite3.connect(database)
    try:
        figures.update(_bytes_of_tables(connection))
    finally:
        connection.close()
    return figures


def _bytes_of_tables(connection: sqlite3.Connection) -> Sequence[tuple[str, int]]:
    query = (
        "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name "
        "GROUP BY m.tbl_name ORDER BY 2 DESC"
    )
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        # Not every build of SQLite can tell; the size of the file says the most important.
        return []


def real_separation() -> Figures:
    """Judge the real homes against themselves with dead panels. Errors: SunsiftError if they are absent."""
    homes = real_homes()
    found = separation(homes.homes_csv, homes.readings_parquet)
    return {home.house_id: home.auc_dead for home in found.homes} | {"all": found.auc_dead}


def limit_alone(mail: Path, database: Path, packets: int) -> Figures:
    """Do the least that anybody would have to do with the file, on one core."""
    pin_to_one_core()
    stored, passed = Stopwatch(), Stopwatch()
    with stored:
        house_days = limit.parse_and_store(mail, database)
    with passed:
        limit.judge(house_days)
    check("packets stored", len(house_days), packets)
    return {"store_seconds": stored.seconds, "seconds": stored.seconds + passed.seconds}


JOBS: Final[dict[str, Callable[..., Figures]]] = (
    METER_JOBS
    | STORE_JOBS
    | {
        job.__name__: job
        for job in (
            write_mail,
            write_daily_mail,
            register,
            ingest,
            predict_whole,
            end_to_end,
            daily,
            year,
            stored_bytes,
            real_separation,
            limit_alone,
            cold_load,
            score_year,
            model_file,
            zipped_needs,
            large_store,
        )
    }
)
