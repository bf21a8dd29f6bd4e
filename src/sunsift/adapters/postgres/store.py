"""The Store port on PostgreSQL: each method one transaction."""

from collections.abc import Iterable, Mapping, Sequence

from sunsift.adapters.postgres import (
    activity,
    erasure,
    feedback,
    houses,
    openings,
    packets,
    quarantine,
    receivers,
    regions,
    reports,
    rescore,
    steady,
    verdicts,
)
from sunsift.adapters.postgres.database import Database, Link
from sunsift.domain.feedback import Feedback
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.times import to_ms
from sunsift.parcels import (
    Activity,
    Erasure,
    OpenDays,
    Outcome,
    Quarantined,
    Refused,
    Registered,
    Report,
    Saved,
    Which,
    Work,
)
from sunsift.ports import Clock


class PostgresStore:
    """Packets, predictions, reports and quarantine in one database, for any number of workers."""

    def __init__(
        self, database: Database, clock: Clock | None, longest_step_ms: int | None, *, told: bool = False
    ) -> None:
        """Take a database, and a clock; None for the server's, which all workers share.

        longest_step_ms, told: as in `SqliteStore`.
        """
        self._database = database
        self._clock = clock
        self._longest_step_ms = longest_step_ms
        self._told = told

    def _now_ms(self) -> int | None:
        return None if self._clock is None else to_ms(self._clock.now())

    def steady(self) -> int:
        """Advance steady time and return it [ms]."""
        return steady.look(self._database, self._now_ms(), self._longest_step_ms, told=self._told)

    def houses(self, house_ids: Iterable[str]) -> dict[str, House]:
        """Return the registered ones of the named houses."""
        with self._database.read() as connection:
            return houses.find(connection, house_ids)

    def register(self, registrations: Sequence[House], said_at: Sequence[int] | None = None) -> Registered:
        """Add or change registrations."""
        arrived = self.steady()
        told = self._now_ms()
        now = None if told is None else told * 1000
        return self._database.writing(lambda c: houses.register(c, registrations, said_at, now, arrived))

    def save(self, accepted: Sequence[Packet], refused: Sequence[Refused], trace: str = "") -> Saved:
        """Store winning revisions, mark what they change, and quarantine what was refused."""
        arrived = self.steady()

        def work(connection: Link) -> Saved:
            saved = packets.save(connection, accepted, arrived, trace)
            saved.quarantined = quarantine.add(connection, refused, self._now_ms())
            return saved

        return self._database.writing(work)

    def unsettled(self, limit: int) -> dict[str, int]:
        """Return houses that wait to be settled, and when they last arrived [ms]."""
        with self._database.read() as connection:
            return packets.unsettled(connection, limit)

    def closable(self, opened_by: int, limit: int) -> list[OpenDays]:
        """Return region days that may close."""
        with self._database.read() as connection:
            return regions.closable(connection, opened_by, limit)

    def region_packets(self, open_days: OpenDays) -> tuple[list[House], list[Packet]]:
        """Return the houses that a region's sunlight is measured with, and their packets."""
        with self._database.read() as connection:
            return regions.packets_of(connection, open_days)

    def import_feed(self, rows: Sequence[tuple[str, int, bytes]]) -> int:
        """Keep profiles from elsewhere; return how many."""
        return self._database.writing(lambda c: regions.import_feed(c, rows))

    def feed(self, open_days: OpenDays) -> dict[int, bytes]:
        """Return the imported profiles of a region's days."""
        with self._database.read() as connection:
            return regions.feed(connection, open_days)

    def close(self, region: str, profiles: Mapping[int, bytes]) -> int:
        """Close days of a region for good; return how many were still open."""
        return self._database.writing(lambda c: regions.close(c, region, profiles))

    def open(self, house_ids: Sequence[str], history_days: int, fold_predictions: int) -> list[Work]:
        """Open houses for predict and void every earlier opening."""
        return self._database.writing(
            lambda c: openings.open_houses(c, house_ids, history_days, fold_predictions)
        )

    def commit(self, outcomes: Sequence[Outcome]) -> list[str]:
        """Write outcomes; return the houses whose outcome was refused."""
        return self._database.writing(lambda c: verdicts.commit(c, outcomes, self._now_ms()))

    def claim_reports(self, now: int, until: int, limit: int) -> list[Report]:
        """Take reports that are due."""
        return self._database.writing(lambda c: reports.claim(c, now, until, limit))

    def acknowledge(self, keys: Sequence[str]) -> None:
        """Note that reports were delivered."""
        self._database.writing(lambda c: reports.acknowledge(c, keys, self._now_ms()))

    def postpone(self, key: str, until: int, problem: str) -> None:
        """Note a failed delivery and when to try again."""
        self._database.writing(lambda c: reports.postpone(c, key, until, problem))

    def release(self, keys: Sequence[str], claimed: int) -> None:
        """Give back reports that were not tried."""
        self._database.writing(lambda c: reports.release(c, keys, claimed))

    def give_up(self, key: str, problem: str) -> None:
        """Note that a report is sent no more."""
        self._database.writing(lambda c: reports.give_up(c, key, problem, self._now_ms()))

    def replay(self, which: Which) -> int:
        """Make reports due again; return how many."""
        return self._database.writing(lambda c: reports.replay(c, which))

    def gone(self, target: str) -> str | None:
        """Return what a receiver said when it wanted no more reports."""
        with self._database.read() as connection:
            return receivers.gone(connection, target)

    def disable(self, target: str, problem: str) -> None:
        """Note that a receiver wants no more reports."""
        self._database.writing(lambda c: receivers.disable(c, target, problem, self._now_ms()))

    def enable(self, target: str) -> bool:
        """Have a receiver back; say whether it had left."""
        return self._database.writing(lambda c: receivers.enable(c, target))

    def rescore(self, region: str, since: int, *, sunlight: bool) -> int:
        """Make predictions stale on purpose; return how many houses have any."""
        return self._database.writing(lambda c: rescore.rescore(c, region, since, sunlight=sunlight))

    def note(self, found: Sequence[Feedback]) -> int:
        """Keep feedback of visits; return how much of it is new or changed."""
        return self._database.writing(lambda c: feedback.note(c, found, self._now_ms()))

    def note_activity(self, rows: Sequence[Activity]) -> None:
        """Add to what steps did in each minute."""
        self._database.writing(lambda c: activity.add(c, rows))

    def erase(self, house_id: str) -> Erasure:
        """Remove everything of one house."""
        return self._database.writing(lambda c: erasure.erase(c, house_id, self._now_ms()))

    def erased(self, house_ids: Iterable[str]) -> dict[str, Erasure]:
        """Return what is remembered of erased houses."""
        with self._database.read() as connection:
            return erasure.erased(connection, house_ids)

    def redrivable(self, limit: int, house_ids: Sequence[str] | None = None) -> list[Quarantined]:
        """Return quarantined packets whose registration is there by now."""
        with self._database.read() as connection:
            return quarantine.redrivable(connection, limit, house_ids)

    def quarantined(self, ids: Sequence[str]) -> list[Quarantined]:
        """Return the named quarantined messages."""
        with self._database.read() as connection:
            return quarantine.find(connection, ids)

    def discard(self, ids: Sequence[str]) -> int:
        """Remove messages from quarantine."""
        return self._database.writing(lambda c: quarantine.discard(c, ids))
