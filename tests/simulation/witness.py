"""Stands beside the store during a run and says at once when it is made to do what it must never do."""

from collections.abc import Callable, Sequence
from typing import Any

from sunsift.domain.rules import Rules
from sunsift.parcels import Outcome, Report, Work
from sunsift.records import Records, ReportRow
from sunsift.settings import LONGEST_STEP_MS
from tests.simulation.ports import Around, SimulatedClock
from tests.simulation.postman import Postman


class BrokenError(AssertionError):
    """A guarantee was broken. kind: a short word for which one."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind


class Witness:
    """Knows what the store was told, and when by real time.

    created: reports in the order in which they were written. closed: the profiles of closed region days.
    broken: the first guarantee that was seen broken. postman: follows the reports.
    """

    def __init__(
        self,
        records: Records,
        clock: SimulatedClock,
        rules: Rules,
        heard: Callable[[], Sequence[Report] | None],
    ) -> None:
        """heard: what the retailer heard; None while somebody sends."""
        self.created: list[ReportRow] = []
        self.closed: dict[tuple[str, int], bytes] = {}
        self.broken: BrokenError | None = None
        self._records = records
        self._clock = clock
        self._quiet_ms = rules.quiet_ms
        self.postman = Postman(records, clock, rules, self._say, heard)
        self._heard_at: dict[str, int] = {}
        self._valid: dict[str, Work] = {}

    def around(self) -> dict[str, Around]:
        """Return what goes around the methods of the store."""
        return {
            "save": self._save,
            "register": self._register,
            "close": self._close,
            "open": self._open,
            "commit": self._commit,
            **self.postman.around(),
        }

    def _save(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        saved = call(*arguments)
        for packet in arguments[0]:
            self._heard_at[packet.house_id] = self._clock.real
            self._valid.pop(packet.house_id, None)
        self._note_closed()
        return saved

    def _register(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        before = list(self._records.houses())
        result = call(*arguments)
        for house in self._records.houses():
            if house not in before:
                self._valid.pop(house.house_id, None)
        self._note_closed()
        return result

    def _close(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        result = call(*arguments)
        self._note_closed()
        return result

    def _note_closed(self) -> None:
        """See which region days are closed by now; none may open again or change."""
        found = {(r.region, r.day): r.profile for r in self._records.region_days() if r.profile is not None}
        if changed := [key for key, profile in self.closed.items() if found.get(key) != profile]:
            self._say("reclosed", f"the sunlight of closed region days changed: {changed}")
        self.closed = found

    def _open(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        works: list[Work] = call(*arguments)
        self._valid.update({work.house.house_id: work for work in works})
        return works

    def _commit(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        works = [outcome.work for outcome in arguments[0]]
        void = {w.house.house_id for w in works if self._valid.get(w.house.house_id) is not w}
        for house_id in {w.house.house_id for w in works} - void:
            del self._valid[house_id]
        refused = call(*arguments)
        if written := void.difference(refused):
            self._say("void", f"the outcome of a void work was written: {written}")
        for outcome in arguments[0]:
            if outcome.work.house.house_id not in refused:
                self._judge_sunlight(outcome)
        self.note_reports()
        return refused

    def _judge_sunlight(self, outcome: Outcome) -> None:
        """See that nothing was measured under another sunlight than the one that was written down."""
        house, profiles = outcome.work.house, outcome.work.profiles
        for day, _ in outcome.evidence:
            if profiles[day] != self.closed.get((house.weather_region, day)):
                self._say("open", f"{house.house_id} was judged by day {day} before its region day closed")

    def note_reports(self) -> None:
        """See which reports are new, and whether they may be."""
        known = {row.key for row in self.created}
        for row in self._records.reports():
            if row.key not in known:
                self._judge(row)
                self.created.append(row)

    def _judge(self, row: ReportRow) -> None:
        before = self.latest(row.house_id)
        if before and change_of(before) == change_of(row):
            self._say("twice", f"{row.house_id} is reported twice: {before} and {row}")
        heard_at = self._heard_at.get(row.house_id, 0)
        # Steady time may run ahead of real time by one longest step for each leap of the clock.
        leaps = sum(min(by, LONGEST_STEP_MS) for when, by in self._clock.jumps if by > 0 and when >= heard_at)
        silence = self._clock.real - heard_at
        if silence + leaps < self._quiet_ms:
            self._say("early", f"{row.house_id} is reported after {silence} ms of silence: {row}")

    def latest(self, house_id: str) -> ReportRow | None:
        """Return the report of a house that was written last."""
        rows = [row for row in self.created if row.house_id == house_id]
        return rows[-1] if rows else None

    def _say(self, kind: str, detail: str) -> None:
        self.broken = self.broken or BrokenError(kind, detail)


def change_of(row: ReportRow) -> tuple[int, str, str]:
    """Return what a report tells: the day, the status, and the one before."""
    return row.as_of, row.status, row.previous
