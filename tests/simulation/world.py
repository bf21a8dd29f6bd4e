"""One machine room: the ports, the steps as tasks on their schedule, and time that passes."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.records import SqliteRecords
from sunsift.domain.house import House
from sunsift.domain.rules import Rules
from sunsift.parcels import Report, Which
from sunsift.ports import PREDICT, WAKE, Coordinator, Inbox, Sender, Store, Topic
from sunsift.steps.deliver import deliver
from sunsift.steps.ingest import ingest
from sunsift.steps.poll import poll
from sunsift.steps.predict import predict
from sunsift.steps.settle import settle, sweep
from tests.simulation.design import Design
from tests.simulation.mail import MINUTE, Letter, Scenario
from tests.simulation.model import LevelModel
from tests.simulation.ports import (
    Hint,
    MemoryCoordinator,
    SimulatedClock,
    SimulatedInbox,
    SimulatedTopic,
    Switching,
)
from tests.simulation.scheduler import Draws, Scheduler, Task
from tests.simulation.witness import Witness

RULES = Rules(
    period_days=4, ready_days=3, fold_predictions=3, quiet_minutes=6, lease_seconds=120, trying_days=0.5 / 24
)
# When region days close: with the quiet time, before it, after it [minutes].
CLOSE_MINUTES = (None, None, 3, 9)
SWEEP_MS = 60 * MINUTE
# What one port call takes [ms].
CALL_MS = 5
MOST_WORKERS = 12
HOUSES_A_PREDICT = 3
REGISTER = "register"
# One chance in so many is taken.
ODDS = {"topic": 4, "sender": 4, "gone": 8, "clock": 12, "flush": 12, "replay": 24}
# So likely is it in each minute that a retailer that left comes back.
ODDS_BACK = 6
# A step that found something to do makes more than four turns, and is struck more often.
STEPS = ("poll", "ingest", "settle", "predict", "deliver", "sweep", REGISTER)
IDLE_TURNS, ODDS_IDLE, ODDS_BUSY = 4, 256, 8


class Bench:
    """Two databases in memory, wiped between runs, which is much faster than making new ones."""

    def __init__(self) -> None:
        self.database = Database(Path(":memory:"))
        self.fresh = Database(Path(":memory:"))

    def wipe(self) -> None:
        """Empty both."""
        for database in (self.database, self.fresh):
            with database.write() as connection:
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                for (table,) in tables:
                    connection.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        """Close both."""
        self.database.close()
        self.fresh.close()


class World:
    """Everything of one run.

    lossy: hints may get lost, and an hourly sweep finds what they lost; otherwise there is no sweep.
    faults: how many faults of each kind may still happen. struck: how many happened.
    """

    def __init__(
        self,
        bench: Bench,
        draws: Draws,
        design: Design,
        scenario: Scenario,
        note: Callable[[str], None] | None,
        *,
        lossy: bool,
    ) -> None:
        self.draws = draws
        self.scenario = scenario
        self.lossy = lossy
        self.faults: dict[str, int] = {}
        self.struck: Counter[str] = Counter()
        self.rules = replace(RULES, close_minutes=CLOSE_MINUTES[draws.plan.below(len(CLOSE_MINUTES))])
        self.clock = SimulatedClock()
        self._note = note
        self.scheduler = Scheduler(None if note is None else self.note)
        self.records = SqliteRecords(bench.database)
        self.witness = Witness(self.records, self.clock, RULES, self._heard)
        self._wire(bench, design)
        self._next_tick = 0
        self._next_sweep = (1 + draws.plan.below(60)) * MINUTE
        self._letters = deque(_timed(scenario.letters))
        self._registrations = deque(sorted(_in_ms(scenario.late + scenario.changed), key=lambda r: r[0]))

    def _wire(self, bench: Bench, design: Design) -> None:
        turn, clock, order, harm = self._turn, self.clock, self.draws.order, self.draws.harm
        self.inbox = SimulatedInbox(clock, order, turn)
        self.topic = SimulatedTopic(clock, harm, lossy=self.lossy, fails=partial(self.fault, "topic"))
        self.sender = design.sender(
            clock, harm, turn, partial(self.fault, "sender"), partial(self.fault, "gone")
        )
        self.store = design.store(bench.database, clock, turn)
        self.store.register(self.scenario.houses, [0] * len(self.scenario.houses))
        self._memory = None
        if design.coordinator is not None:
            self._memory = design.coordinator(turn)
        elif not self.draws.plan.one_in(4):
            self._memory = MemoryCoordinator(turn)
        self._sqlite = SqliteCoordinator(bench.database)
        coordinator = self._memory or self._sqlite
        self._store = cast(Store, Switching("store", self.store, turn, self.witness.around()))
        self._coordinator = cast(Coordinator, Switching("coordinator", coordinator, turn))
        self._inbox = cast(Inbox, Switching("inbox", self.inbox, turn))
        self._topic = cast(Topic, Switching("topic", self.topic, turn))
        self._sender: Sender = self.sender
        self._model = LevelModel()

    def note(self, text: str) -> None:
        """Tell what happens, with the time, to whoever follows the run."""
        if self._note is not None:
            self._note(f"{self.clock.real / 1000:9.3f} s  {text}")

    def _turn(self, place: str, detail: object = "") -> None:
        self.clock.real += CALL_MS
        self.scheduler.turn(place, detail)

    def fault(self, kind: str, one_in: int = 0) -> bool:
        """Choose whether a fault of this kind happens now, as long as there may be any."""
        if self.faults.get(kind, 0) <= 0 or not self.draws.harm.one_in(one_in or ODDS[kind]):
            return False
        self.faults[kind] -= 1
        self.struck[kind] += 1
        return True

    def strikes(self, task: Task) -> bool:
        """Choose whether a fault strikes one worker now."""
        odds = ODDS_BUSY if task.turns > IDLE_TURNS else ODDS_IDLE
        return task.turns > 0 and self.fault(task.kind, odds)

    # What there is to do

    def start(self, hint: Hint) -> None:
        """Have a worker take up a hint."""
        spawn, s, c, rules = self.scheduler.spawn, self._store, self._coordinator, self.rules
        if hint.channel == PREDICT:
            most = 1 + self.draws.order.below(HOUSES_A_PREDICT)
            houses = tuple(h.body for h in self.topic.take(hint, most))
            spawn("predict", lambda: predict(houses, s, c, self._topic, self._model, rules), houses)
            return
        self.topic.take(hint, 1)
        if hint.channel == WAKE:
            spawn("ingest", lambda: ingest(self._inbox, s, c, self.clock))
        else:
            spawn("deliver", lambda: deliver(s, self._sender, rules))

    def awake(self) -> list[Task]:
        """Return the tasks that can go on."""
        return [t for t in self.scheduler.tasks if t.asleep_until <= self.clock.real]

    def run(self, task: Task, fault: BaseException | None = None) -> None:
        """Let a task go on to its next port call, or have a fault strike it."""
        self.scheduler.resume(task, fault)
        if task.ending not in ("", "done"):
            self._mourn(task)
        if self.witness.broken:
            raise self.witness.broken

    def _mourn(self, task: Task) -> None:
        if task.kind == REGISTER:
            # Whoever registers a house tries until it works.
            self.scheduler.spawn(REGISTER, task.work)
        if self.draws.harm.one_in(2):
            # A topic that knows of the death gives its hints to somebody else; one in memory does not.
            self.topic.hints.extend(Hint(PREDICT, body, self.clock.real) for body in task.hints)

    # Time

    def flush(self) -> None:
        """Lose everything that the coordinator knows."""
        self.note("the coordinator loses everything")
        if self._memory is not None:
            self._memory.arrived.clear()
            self._memory.claimed.clear()
            self._memory.leases.clear()
        else:
            self._sqlite.forget(dict.fromkeys([h.house_id for h in self.scenario.final_houses()], 1 << 60))
            self._sqlite.clear()

    def next_event(self) -> int:
        """Return when something happens by itself [real ms]."""
        times = [self._next_tick]
        times += [t.asleep_until for t in self.scheduler.tasks]
        times += [h.ready_at for h in self.topic.hints]
        times += [queue[0][0] for queue in (self._letters, self._registrations) if queue]
        return min(t for t in times if t > self.clock.real)

    def pass_time(self, until: int) -> None:
        """Let time pass, and what is due happen."""
        clock = self.clock
        while min(until, self.next_event()) > clock.real:
            clock.real = min(until, self.next_event())
            self.happen()

    def happen(self) -> None:
        """Do what is due by now."""
        now = self.clock.real
        while self._letters and self._letters[0][0] <= now:
            self.inbox.arrive(self._letters.popleft()[1])
        while self._registrations and self._registrations[0][0] <= now:
            self._register(self._registrations.popleft()[1])
        if self._next_tick <= now:
            self._next_tick = now + MINUTE
            self._tick()

    def _register(self, house: House) -> None:
        self.note(f"{house} is registered")
        self.scheduler.spawn(REGISTER, lambda: self._store.register([house]))

    def _tick(self) -> None:
        spawn, s, c, rules = self.scheduler.spawn, self._store, self._coordinator, self.rules
        if self.lossy and self._next_sweep <= self.clock.real:
            self._next_sweep += SWEEP_MS
            spawn("sweep", lambda: sweep(s, c, self.clock))
        self._people()
        if len(self.scheduler.tasks) < MOST_WORKERS:
            spawn("poll", lambda: poll(self._inbox, self._topic))
            spawn("settle", lambda: settle(s, c, self._topic, rules))
            spawn("deliver", lambda: deliver(s, self._sender, rules))

    def _people(self) -> None:
        """Have people do what people do: win a retailer back, and ask for reports once more."""
        s, target = self._store, self.sender.target
        if self.store.gone(target) is not None and (
            self.draws.harm.calm or self.draws.harm.one_in(ODDS_BACK)
        ):
            self.sender.gone = False
            self.note("the retailer wants reports again")
            self.scheduler.spawn("enable", lambda: s.enable(target))
        if self.fault("replay"):
            houses = self.scenario.houses
            one = houses[self.draws.harm.below(len(houses))].house_id
            which = (Which(given_up=True), Which(house_id=one))[self.draws.harm.below(2)]
            self.scheduler.spawn("replay", lambda: s.replay(which))

    def _heard(self) -> list[Report] | None:
        sending = any(t.kind == "deliver" and t.turns for t in self.scheduler.tasks)
        return None if sending else self.sender.heard

    def all_arrived(self) -> bool:
        """Say whether everything was sent and registered."""
        return not (self._letters or self._registrations)

    def is_quiescent(self) -> bool:
        """Say whether nothing is left to do, by what the store says."""
        counts = self.records.counts()
        busy = self.scheduler.tasks or self.topic.hints or self.inbox.waiting or not self.all_arrived()
        return not (busy or counts.unsettled or counts.undelivered or self.store.redrivable(1))


def _timed(letters: list[Letter]) -> list[tuple[int, Letter]]:
    result, at = [], 0
    for letter in letters:
        at += letter.pause * MINUTE
        result.append((at, letter))
    return result


def _in_ms(registrations: list[tuple[int, House]]) -> list[tuple[int, House]]:
    return [(minutes * MINUTE, house) for minutes, house in registrations]
