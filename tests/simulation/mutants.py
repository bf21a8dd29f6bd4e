"""Classic bugs, each put into the real design by changing one port and nothing else.

Without faults every mutant does what the real design does. The simulation must catch each of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sunsift.adapters.sqlite import reports
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.store import SqliteStore
from sunsift.domain.times import to_ms
from sunsift.parcels import Outcome, Report
from sunsift.settings import LONGEST_STEP_MS
from tests.simulation.design import Design
from tests.simulation.ports import REFUSED, MemoryCoordinator, SimulatedClock, SimulatedSender, Turn

NEVER = 1 << 60


class _OnceBySeenKey(SimulatedSender):
    """Sends each report under a new key every time, and relies on remembering which were sent."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.seen: set[str] = set()
        self._sendings = 0

    def send_anew(self, report: Report) -> str | None:
        """Send under a key that was never used before."""
        self._sendings += 1
        return super().send_one(replace(report, key=f"{report.key}.{self._sendings}"))


class KeySetAfterSuccess(_OnceBySeenKey):
    """A crash between the effect and its key repeats the effect."""

    def send_one(self, report: Report) -> str | None:
        """Send unless seen, then remember."""
        if report.key in self.seen:
            return None
        problem = self.send_anew(report)
        if problem is None:
            self.seen.add(report.key)
            self.turn(f"seen {report.key}")
        return problem


class KeySetBeforeWork(_OnceBySeenKey):
    """A crash between the key and the effect loses the effect."""

    def send_one(self, report: Report) -> str | None:
        """Remember, then send; forget again if it was refused."""
        if report.key in self.seen:
            return None
        self.seen.add(report.key)
        self.turn(f"seen {report.key}")
        problem = self.send_anew(report)
        if problem == REFUSED:
            self.seen.remove(report.key)
        return problem


class CommitThenPublish(SqliteStore):
    """A crash between the transaction of the verdict and that of the report loses the report."""

    def __init__(self, database: Database, clock: SimulatedClock, turn: Turn) -> None:
        super().__init__(database, clock, LONGEST_STEP_MS)
        self._turn = turn

    def commit(self, outcomes: Sequence[Outcome]) -> list[str]:
        """Write everything but the reports, and then the reports."""
        refused = super().commit([replace(outcome, report=None) for outcome in outcomes])
        self._turn("committed, not yet published")
        with self._database.write() as connection:
            for outcome in outcomes:
                house_id = outcome.work.house.house_id
                if outcome.report is not None and house_id not in refused:
                    (number,) = connection.execute(
                        "SELECT id FROM house WHERE house_id = ?", (house_id,)
                    ).fetchone()
                    reports.add(connection, number, outcome.work, outcome.report, to_ms(self._clock.now()))
        return refused


class ReadThenRemove(MemoryCoordinator):
    """Whoever crashes after removing a house from the quiet set has lost it; so is one touched meanwhile."""

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Read the quiet houses, and then remove them."""
        houses = self.quiet(arrived_by, now, limit)
        self.turn(f"read {houses}, not yet removed")
        for house_id in houses:
            self.arrived.pop(house_id, None)
        return houses


class LockWithoutExpiry(MemoryCoordinator):
    """A crash while holding the lock locks the house for ever."""

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take locks without an end."""
        return super().acquire(house_ids, token, now, NEVER)


class LeaseWithoutFencing(SqliteStore):
    """A worker that lost its lease writes what it made of an older state."""

    def __init__(self, database: Database, clock: SimulatedClock, turn: Turn) -> None:
        super().__init__(database, clock, LONGEST_STEP_MS)

    def commit(self, outcomes: Sequence[Outcome]) -> list[str]:
        """Write whatever the work's fence, generation and arrival are."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT h.house_id, p.fence, p.generation, p.arrived FROM progress AS p "
                "JOIN house AS h ON h.id = p.house"
            ).fetchall()
        present = {
            row[0]: dict(zip(("fence", "generation", "arrived"), row[1:], strict=True)) for row in rows
        }
        return super().commit(
            [replace(o, work=replace(o.work, **present[o.work.house.house_id])) for o in outcomes]
        )


class ClosingAgain(SqliteStore):
    """Of two that close a region day, the last one decides, with packets that came after the first."""

    def __init__(self, database: Database, clock: SimulatedClock, turn: Turn) -> None:
        super().__init__(database, clock, LONGEST_STEP_MS)

    def close(self, region: str, profiles: Mapping[int, bytes]) -> int:
        """Write the profiles whether or not the days have one."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE region_day SET profile = ? WHERE region = ? AND day = ?",
                [(profile, region, day) for day, profile in profiles.items()],
            )
        return len(profiles)


class GivingUpAtOnce(SqliteStore):
    """A report that fails is given up, as if it had been tried for days."""

    def __init__(self, database: Database, clock: SimulatedClock, turn: Turn) -> None:
        super().__init__(database, clock, LONGEST_STEP_MS)

    def claim_reports(self, now: int, until: int, limit: int) -> list[Report]:
        """Claim reports, and forget when they were first tried."""
        return [replace(r, first_tried=0) for r in super().claim_reports(now, until, limit)]


class GivenUpForDelivered(SqliteStore):
    """What was given up is noted as delivered, and nobody can find it to send it again."""

    def __init__(self, database: Database, clock: SimulatedClock, turn: Turn) -> None:
        super().__init__(database, clock, LONGEST_STEP_MS)

    def give_up(self, key: str, problem: str) -> None:
        """Have done with a report."""
        self.acknowledge([key])


class OrderForgotten(SqliteStore):
    """Whatever is due is sent, whether or not an earlier report of its house waits."""

    def __init__(self, database: Database, clock: SimulatedClock, turn: Turn) -> None:
        super().__init__(database, clock, LONGEST_STEP_MS)

    def claim_reports(self, now: int, until: int, limit: int) -> list[Report]:
        """Claim reports while those that wait for another attempt are out of the way."""
        hide = "UPDATE report SET given_up_at = -1 WHERE due > ? AND delivered_at IS NULL AND attempts > 0"
        with self._database.write() as connection:
            connection.execute(hide, (now,))
            found = reports.claim(connection, now, until, limit)
            connection.execute("UPDATE report SET given_up_at = NULL WHERE given_up_at = -1")
        return found


# Each mutant with the guarantees that it breaks, by the words of the simulation.
MUTANTS = {
    # Whoever remembers what was sent does not send again what people ask for again: that is lost.
    Design("key set after success", sender=KeySetAfterSuccess): {"twice", "lost"},
    Design("key set before work", sender=KeySetBeforeWork): {"lost"},
    Design("commit then publish", store=CommitThenPublish): {"lost", "early"},
    Design("read then remove", coordinator=ReadThenRemove): {"stuck"},
    Design("lock without expiry", coordinator=LockWithoutExpiry): {"stuck"},
    Design("closing again", store=ClosingAgain): {"reclosed"},
    Design("giving up at once", store=GivingUpAtOnce): {"too soon"},
    Design("given up for delivered", store=GivenUpForDelivered): {"lost"},
    Design("order forgotten", store=OrderForgotten): {"lost"},
    Design("lease without fencing", store=LeaseWithoutFencing): {"void", "early", "twice", "differs"},
}
