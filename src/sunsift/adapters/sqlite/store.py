"""The Store port on SQLite: each method one transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from sunsift.adapters.sqlite import (
    activity,
    erasure,
    feedback,
    houses,
    packets,
    quarantine,
    receivers,
    regions,
    reports,
    rescore,
    verdicts,
)
from sunsift.adapters.sqlite.database import Database
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


class SqliteStore:
    """Packets, predictions, reports and quarantine in one SQLite file."""

    def __init__(
        self, database: Database, clock: Clock, longest_step_ms: int | None, *, told: bool = False
    ) -> None:
        """Take a database and a clock.

        longest_step_ms: the most that steady time advances at one look. A service that looks every
        minute sets a few minutes, so that a leap of the clock, or a night switched off, cannot make
        houses look quiet; None trusts the clock, for a single command.
        told: the clock was told the time instead of showing it. An earlier time than at the last look
        then leaves no trace; of a clock that shows it, it would mean that the clock was set back.
        """
        self._database = database
        self._clock = clock
        self._longest_step_ms = longest_step_ms
        self._told = told

    def _now_ms(self) -> int:
        return to_ms(self._clock.now())

    def _steady(self, connection: sqlite3.Connection) -> int:
        wall = self._now_ms()
        row = connection.execute("SELECT steady, wall FROM steady").fetchone()
        steady, last_wall = row if row else (wall, wall)
        passed = max(0, wall - last_wall)
        if self._longest_step_ms is not None:
            passed = min(passed, self._longest_step_ms)
        steady += passed
        if self._told and wall < last_wall:
            return int(steady)
        # What was said must be kept, however little passed: the clock may be set back right after.
        if row is None or wall != last_wall:
            connection.execute("INSERT OR REPLACE INTO steady VALUES (1, ?, ?)", (steady, wall))
        return int(steady)

    def steady(self) -> int:
        """Advance steady time and return it [ms]."""
        with self._database.write() as connection:
            return self._steady(connection)

    def houses(self, house_ids: Iterable[str]) -> dict[str, House]:
        """Return the registered ones of the named houses."""
        with self._database.read() as connection:
            return houses.find(connection, house_ids)

    def register(self, registrations: Sequence[House], said_at: Sequence[int] | None = None) -> Registered:
        """Add or change registrations."""
        with self._database.write() as connection:
            now = self._now_ms() * 1000
            return houses.register(connection, registrations, said_at, now, self._steady(connection))

    def save(self, accepted: Sequence[Packet], refused: Sequence[Refused], trace: str = "") -> Saved:
        """Store winning revisions, mark what they change, and quarantine what was refused."""
        with self._database.write() as connection:
            saved = packets.save(connection, accepted, self._steady(connection), trace)
            saved.quarantined = quarantine.add(connection, refused, self._now_ms())
            return saved

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
        with self._database.write() as connection:
            return regions.import_feed(connection, rows)

    def feed(self, open_days: OpenDays) -> dict[int, bytes]:
        """Return the imported profiles of a region's days."""
        with self._database.read() as connection:
            return regions.feed(connection, open_days)

    def close(self, region: str, profiles: Mapping[int, bytes]) -> int:
        """Close days of a region for good; return how many were still open."""
        with self._database.write() as connection:
            return regions.close(connection, region, profiles)

    def open(self, house_ids: Sequence[str], history_days: int, fold_predictions: int) -> list[Work]:
        """Open houses for predict and void every earlier opening."""
        with self._database.write() as connection:
            opened = (verdicts.open_house(connection, h, history_days, fold_predictions) for h in house_ids)
            return [work for work in opened if work is not None]

    def commit(self, outcomes: Sequence[Outcome]) -> list[str]:
        """Write outcomes; return the houses whose outcome was refused."""
        with self._database.write() as connection:
            now_ms = self._now_ms()
            return [o.work.house.house_id for o in outcomes if not verdicts.commit(connection, o, now_ms)]

    def claim_reports(self, now: int, until: int, limit: int) -> list[Report]:
        """Take reports that are due."""
        with self._database.write() as connection:
            return reports.claim(connection, now, until, limit)

    def acknowledge(self, keys: Sequence[str]) -> None:
        """Note that reports were delivered."""
        with self._database.write() as connection:
            reports.acknowledge(connection, keys, self._now_ms())

    def postpone(self, key: str, until: int, problem: str) -> None:
        """Note a failed delivery and when to try again."""
        with self._database.write() as connection:
            reports.postpone(connection, key, until, problem)

    def release(self, keys: Sequence[str], claimed: int) -> None:
        """Give back reports that were not tried."""
        with self._database.write() as connection:
            reports.release(connection, keys, claimed)

    def give_up(self, key: str, problem: str) -> None:
        """Note that a report is sent no more."""
        with self._database.write() as connection:
            reports.give_up(connection, key, problem, self._now_ms())

    def replay(self, which: Which) -> int:
        """Make reports due again; return how many."""
        with self._database.write() as connection:
            return reports.replay(connection, which)

    def gone(self, target: str) -> str | None:
        """Return what a receiver said when it wanted no more reports."""
        with self._database.read() as connection:
            return receivers.gone(connection, target)

    def disable(self, target: str, problem: str) -> None:
        """Note that a receiver wants no more reports."""
        with self._database.write() as connection:
            receivers.disable(connection, target, problem, self._now_ms())

    def enable(self, target: str) -> bool:
        """Have a receiver back; say whether it had left."""
        with self._database.write() as connection:
            return receivers.enable(connection, target)

    def rescore(self, region: str, since: int, *, sunlight: bool) -> int:
        """Make predictions stale on purpose; return how many houses have any."""
        with self._database.write() as connection:
            return rescore.rescore(connection, region, since, sunlight=sunlight)

    def note(self, found: Sequence[Feedback]) -> int:
        """Keep feedback of visits; return how much of it is new or changed."""
        with self._database.write() as connection:
            return feedback.note(connection, found, self._now_ms())

    def note_activity(self, rows: Sequence[Activity]) -> None:
        """Add to what steps did in each minute."""
        with self._database.hint() as connection:
            activity.add(connection, rows)

    def erase(self, house_id: str) -> Erasure:
        """Remove everything of one house, from the file and its log as well."""
        with self._database.write() as connection:
            told = erasure.erase(connection, house_id, self._now_ms())
        self._database.forget_log()
        return told

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
        with self._database.write() as connection:
            return quarantine.discard(connection, ids)
