"""The fleets that acceptance tests share, and what an undisturbed run makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sunsift.lab.mail import make_mail, read_packet_lines
from sunsift.lab.simulate import simulate_fleet
from tests.support.process import Row, Sunsift, SunsiftHere


@dataclass(frozen=True, slots=True)
class Fleet:
    """A simulated fleet. mail: its messages as they arrive, some of them twice, revised or unusable.

    data, result, reports: what an undisturbed run made of it. latest: what the retailer was told last.
    """

    houses_csv: Path
    mail: list[bytes]
    data: Path
    result: dict[str, Any]
    reports: list[Row]
    latest: dict[str, Row]


def write_mail(path: Path, messages: Sequence[bytes]) -> Path:
    """Write messages as lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(message + b"\n" for message in messages))
    return path


def make_fleet(folder: Path, houses: int, days: int, seed: int) -> Fleet:
    """Simulate a fleet, send its mail once and judge it."""
    files = simulate_fleet(folder / "fleet.jsonl", houses, days, seed=seed)
    mail = list(
        make_mail(read_packet_lines(files.packets), seed=seed, duplicates=0.05, revisions=0.05, unusable=32)
    )
    sunsift = Sunsift(folder / "undisturbed")
    sunsift.do("houses", "add", files.houses_csv)
    sunsift.do("ingest", write_mail(folder / "all.jsonl", mail))
    sunsift.do("settle", "--quiet-minutes", 0)
    here = SunsiftHere(sunsift.data)
    return Fleet(
        houses_csv=files.houses_csv,
        mail=mail,
        data=sunsift.data,
        result=here.result(),
        reports=here.rows("reports"),
        latest=here.latest_reports(),
    )


@pytest.fixture(scope="session")
def small_fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Twelve houses for a season: enough for every kind of change, quick to send twenty times."""
    return make_fleet(tmp_path_factory.mktemp("small"), 12, 80, seed=3)


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Enough work that a process can be caught in the middle of it."""
    return make_fleet(tmp_path_factory.mktemp("fleet"), 60, 120, seed=4)


@pytest.fixture
def sunsift(tmp_path: Path) -> Iterator[Sunsift]:
    """Return the command on a new data folder."""
    sunsift = Sunsift(tmp_path / "data")
    yield sunsift
    sunsift.end()


@pytest.fixture
def here(tmp_path: Path) -> SunsiftHere:
    """Return the command on the same data folder, called in this process."""
    return SunsiftHere(tmp_path / "data")
