"""What is simulated: the real design, with room for mutants to put another port in place of one."""

from collections.abc import Callable
from dataclasses import dataclass

from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.store import SqliteStore
from sunsift.ports import Store
from sunsift.settings import LONGEST_STEP_MS
from tests.simulation.ports import MemoryCoordinator, SimulatedClock, SimulatedSender, Turn


def real_store(database: Database, clock: SimulatedClock, turn: Turn) -> Store:
    """Return the store as the service has it."""
    return SqliteStore(database, clock, LONGEST_STEP_MS)


@dataclass(frozen=True, slots=True)
class Design:
    """Which ports the real steps are given.

    coordinator: None for the real ones, in memory or on SQLite as each run chooses.
    """

    name: str = "real"
    store: Callable[[Database, SimulatedClock, Turn], Store] = real_store
    coordinator: Callable[[Turn], MemoryCoordinator] | None = None
    sender: type[SimulatedSender] = SimulatedSender


REAL = Design()
