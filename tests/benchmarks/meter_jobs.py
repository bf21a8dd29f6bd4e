"""The measured jobs on meter files: writing them, reading them, and ingesting them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sunsift.adapters.files import FilesInbox
from sunsift.formats.houses_csv import read_houses
from sunsift.formats.meter import MeterFormat, MeterOptions, cutter
from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from sunsift.local import ingest_all
from sunsift.wiring import meter_files
from tests.benchmarks.fleet import make_fleet
from tests.benchmarks.meter_files import UTC_OFFSET_HOURS, with_market_clock, write
from tests.benchmarks.parts import sunsift
from tests.benchmarks.stopwatch import Figures, Stopwatch, check, pin_to_one_core


def write_meter_file(kind: str, houses: int, days: int, houses_csv: Path, path: Path) -> Figures:
    """Write a fleet's registrations, and its readings as a meter file of one kind."""
    fleet = with_market_clock(make_fleet(houses, days))
    with houses_csv.open("w", encoding="utf-8") as file:
        file.write(HOUSE_COLUMNS + "\n")
        file.writelines(house_line(house) for house in fleet.registrations())
    write(kind, fleet, path)
    return {"packets": houses * days}


def read_meter_file(path: Path, packets: int) -> Figures:
    """Cut a meter file into packets on one core, and drop them."""
    pin_to_one_core()
    watch = Stopwatch()

    def options_of(_: MeterFormat) -> MeterOptions:
        return MeterOptions(offset_of=lambda _: UTC_OFFSET_HOURS)

    inbox = FilesInbox([path], cutter=cutter(options_of))
    found = 0
    with watch:
        while messages := inbox.receive(inbox.batch):
            found += sum(message.problem is None for message in messages)
            inbox.delete(messages)
    check("packets read", found, packets)
    return watch.figures()


def ingest_meter_file(path: Path, houses_csv: Path, data: Path, packets: int) -> Figures:
    """Ingest a meter file into a new store on one core, committed as shipped."""
    pin_to_one_core()
    watch = Stopwatch()
    with sunsift(data) as parts:
        parts.store.register(read_houses(houses_csv))
        with watch:
            saved = ingest_all(parts, FilesInbox([path], cutter=meter_files(parts.store)))
        check("packets accepted", saved.accepted, packets)
    return watch.figures()


METER_JOBS: Final[dict[str, Callable[..., Figures]]] = {
    job.__name__: job for job in (write_meter_file, read_meter_file, ingest_meter_file)
}
