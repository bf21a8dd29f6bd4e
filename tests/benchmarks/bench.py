"""What every measurement is given: a place to work, sizes, mail, stores and servers."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.benchmarks.child import run
from tests.benchmarks.servers import Servers, servers
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stopwatch import Figures


@dataclass(slots=True)
class Bench:
    """Where the measurements work, and how large they are. Mail is written once and used by all.

    until_the_end: what is to be ended after the last measurement.
    """

    folder: Path
    sizes: Sizes
    tell: Callable[[str], None]
    until_the_end: ExitStack
    _mail: dict[str, Path] = field(default_factory=dict)
    _stores: int = 0
    _servers: Servers | None = None
    _large: Path | None = None

    def mail(self, houses: int, days: int, *, shuffled: bool = False, suffix: str = ".jsonl") -> Path:
        """Return a file of packets; its registrations lie beside it."""
        name = f"{houses}x{days}{'-shuffled' if shuffled else ''}{suffix}"
        if name not in self._mail:
            self.tell(f"writing {houses:,} houses x {days} days")
            path = self.folder / name
            run(
                "write_mail",
                houses=houses,
                days=days,
                houses_csv=houses_of(path),
                mail=path,
                shuffled=shuffled,
            )
            self._mail[name] = path
        return self._mail[name]

    def daily_mail(self, houses: int, days: int, first: int) -> Path:
        """Return a folder with a file for each day from `first` on, and one for the days before."""
        folder = self.folder / f"daily-{houses}x{days}-from-{first}"
        if folder.exists():
            return folder
        self.tell(f"writing {houses:,} houses x {days} days")
        run(
            "write_daily_mail",
            houses=houses,
            days=days,
            houses_csv=houses_of(folder),
            folder=folder,
            first=first,
        )
        return folder

    def store(self, mail: Path) -> Path:
        """Return a new store in which the houses of that mail are registered."""
        self._stores += 1
        data = self.folder / f"store-{self._stores}"
        run("register", houses_csv=houses_of(mail), data=data)
        return data

    def large_store(self) -> Path:
        """Return the store of many predicted houses, made once and used by all."""
        if self._large is None:
            houses, days, distinct = self.sizes.large
            self.tell(f"making a store of {houses:,} houses x {days} days")
            self._large = self.folder / "large"
            run("large_store", data=self._large, houses=houses, days=days, distinct=distinct)
        return self._large

    @property
    def servers(self) -> Servers:
        """PostgreSQL and valkey, started when they are first asked for."""
        if self._servers is None:
            self.tell("starting servers")
            self._servers = self.until_the_end.enter_context(servers(self.folder))
        return self._servers

    def limit(self, mail: Path, packets: int) -> Figures:
        """Return the time of the limit program on the same mail, the median of some repeats."""
        found = []
        for _ in range(self.sizes.repeats):
            database = self.folder / "limit.sqlite"
            found.append(run("limit_alone", mail=mail, database=database, packets=packets))
            database.unlink()
        return {key: median(figures[key] for figures in found) for key in found[0]}


def houses_of(mail: Path) -> Path:
    """Return the file of registrations that lies beside a file or folder of mail."""
    return mail.with_name(f"{mail.name}.houses.csv")
