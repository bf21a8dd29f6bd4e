"""What is put on the queue: real homes where their data is, invented ones everywhere, the way they arrive."""

from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from sunsift.domain.errors import SunsiftError
from sunsift.lab.datasets import real_homes
from sunsift.lab.fleet_files import FleetFiles, FleetResult
from sunsift.lab.mail import make_mail, read_packet_lines
from sunsift.lab.metered import read_metered
from sunsift.lab.simulate import simulate_fleet

REAL_DAYS = 60
OUTAGE_DAYS = 25


@dataclass(frozen=True, slots=True)
class Sent:
    """Registrations, and messages in the order of their arrival; some twice, revised or unusable."""

    houses_csv: tuple[Path, ...]
    mail: list[bytes]
    houses: int


def make_fleet(folder: Path, seed: int) -> Sent:
    """Return twelve invented houses and, if their data set is here, the real homes; every third one dead."""
    print(f"the fleet has seed {seed}")
    invented = simulate_fleet(folder / "invented.jsonl.gz", 12, 60, seed=seed)
    fleets = [invented, *_real(folder)]
    packets = chain.from_iterable(read_packet_lines(f.packets) for f in fleets)
    mail = make_mail(packets, seed=seed, duplicates=0.05, revisions=0.05, unusable=16)
    return Sent(tuple(f.houses_csv for f in fleets), list(mail), sum(f.houses for f in fleets))


def _real(folder: Path) -> list[FleetResult]:
    """Return the last days of the real homes; none where their data set is absent."""
    try:
        found = real_homes()
    except SunsiftError as error:
        print(f"real homes take no part: {error}")
        return []
    with FleetFiles(folder / "real.jsonl.gz") as files:
        for number, home in enumerate(read_metered(found.homes_csv, found.readings_parquet)):
            last = replace(
                home,
                day=home.day[-REAL_DAYS:],
                load_kwh=home.load_kwh[-REAL_DAYS:],
                generation_kwh=home.generation_kwh[-REAL_DAYS:],
            )
            dead = number % 3 == 2
            files.add(last.record(int(last.day[-OUTAGE_DAYS]) if dead else None))
        return [files.result()]
