"""Ports in memory that give way to the scheduler around everything they do, and misbehave when told to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sunsift.parcels import Message, Report, Unsent
from tests.simulation.mail import Letter
from tests.simulation.scheduler import Choices


class Turn(Protocol):
    """Gives way to the scheduler, and says where."""

    def __call__(self, place: str, detail: object = "") -> None: ...


Around = Callable[[Callable[..., Any], tuple[Any, ...]], Any]
VISIBILITY_MS = 90_000
REFUSED, GONE = "refused", "gone"
LATE, DOUBLED, DROPPED = "late", "doubled", "dropped"
# How late a hint may come: within a minute, within a lease, after it, after the quiet time. [ms]
DELAYS = (1_000, 30_000, 130_000, 400_000)
# How long a retailer is down: not at all, over a retry, over the next change of a status, until reports are
# given up. [ms]
OUTAGES = (0, 90_000, 600_000, 3_600_000)


class Switching:
    """Stands before a port and gives way before and after each call of it.

    around: what else to do around the call of a method, in the same turn.
    """

    def __init__(
        self, name: str, port: object, turn: Turn, around: Mapping[str, Around] | None = None
    ) -> None:
        self._name = name
        self._port = port
        self._turn = turn
        self._around = around or {}

    def __getattr__(self, method: str) -> Any:
        value = getattr(self._port, method)
        if not callable(value):
            return value
        around = self._around.get(method)
        place = f"{self._name}.{method}"

        def call(*arguments: Any) -> Any:
            self._turn(f"-> {place}", arguments)
            result = value(*arguments) if around is None else around(value, arguments)
            self._turn(f"<- {place}", result)
            return result

        setattr(self, method, call)
        return call


class SimulatedClock:
    """Wall time: real time plus an offset that jumps.

    real: milliseconds since the run began; it never jumps. jumps: (real time, by how much [ms]).
    """

    def __init__(self) -> None:
        self.real = 0
        self.jumps: list[tuple[int, int]] = []
        self._start = datetime(2026, 1, 1, tzinfo=UTC)
        self._offset = 0

    def now(self) -> datetime:
        """Return wall time."""
        return self._start + timedelta(milliseconds=self.real + self._offset)

    def jump(self, by_ms: int) -> None:
        """Set the wall clock forwards or backwards."""
        self._offset += by_ms
        self.jumps.append((self.real, by_ms))


@dataclass(slots=True)
class _Waiting:
    letter: Letter
    visible_at: int
    receipt: str


class SimulatedInbox:
    """A queue with a visibility timeout; whoever overstays it loses the right to delete."""

    batch = 4

    def __init__(self, clock: SimulatedClock, choices: Choices, turn: Turn) -> None:
        self._clock = clock
        self._choices = choices
        self._turn = turn
        self._receipts = 0
        self.waiting: list[_Waiting] = []

    def arrive(self, letter: Letter) -> None:
        """Put a message into the queue."""
        self.waiting.append(_Waiting(letter, 0, ""))

    def _visible(self) -> list[_Waiting]:
        return [w for w in self.waiting if w.visible_at <= self._clock.real]

    def depth(self) -> int:
        """Return how many messages can be received."""
        return len(self._visible())

    def receive(self, limit: int) -> list[Message]:
        """Take messages, in any order."""
        messages: list[Message] = []
        visible = self._visible()
        while visible and len(messages) < limit:
            taken = visible.pop(self._choices.below(len(visible)))
            self._receipts += 1
            taken.receipt = str(self._receipts)
            taken.visible_at = self._clock.real + VISIBILITY_MS
            messages.append(Message(taken.letter.body, taken.receipt, "queue", taken.letter.problem))
        return messages

    def delete(self, messages: Sequence[Message]) -> None:
        """Remove messages one by one; a receipt that somebody else's made void removes nothing."""
        for message in messages:
            self.waiting = [w for w in self.waiting if w.receipt != message.receipt]
            self._turn("deleted from inbox:", message.receipt)


@dataclass(frozen=True, slots=True)
class Hint:
    """One message of the topic; nobody gets it before `ready_at`."""

    channel: str
    body: str
    ready_at: int


class SimulatedTopic:
    """Hints that get lost, doubled and late, and come in any order.

    lossy: whether hints may get lost. fails: chooses whether something happens to one.
    """

    def __init__(
        self, clock: SimulatedClock, choices: Choices, *, lossy: bool, fails: Callable[[], bool]
    ) -> None:
        self.hints: list[Hint] = []
        self._clock = clock
        self._choices = choices
        self._lossy = lossy
        self._fails = fails

    def publish(self, channel: str, bodies: Sequence[str]) -> None:
        """Send hints to whoever works on the channel."""
        for body in bodies:
            now = self._clock.real
            fate = (LATE, DOUBLED, DROPPED)[self._choices.below(3)] if self._fails() else None
            if fate == DROPPED and self._lossy:
                continue
            late = now + DELAYS[self._choices.below(len(DELAYS))] if fate else now
            self.hints.append(Hint(channel, body, late))
            if fate == DOUBLED:
                self.hints.append(Hint(channel, body, now))

    def ready(self) -> list[Hint]:
        """Return the hints that somebody may take now."""
        return [h for h in self.hints if h.ready_at <= self._clock.real]

    def take(self, first: Hint, limit: int) -> list[Hint]:
        """Take a hint, and up to `limit` of its channel with it."""
        others = [h for h in self.ready() if h.channel == first.channel and h is not first]
        taken = [first, *others[: limit - 1]]
        for hint in taken:
            self.hints.remove(hint)
        return taken


class MemoryCoordinator:
    """Quiet clocks and leases as a server in memory keeps them."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.arrived: dict[str, int] = {}
        self.claimed: dict[str, int] = {}
        self.leases: dict[str, tuple[str, int]] = {}

    def touch(self, arrived: dict[str, int]) -> None:
        """Restart quiet clocks."""
        for house_id, when in arrived.items():
            self.arrived[house_id] = max(when, self.arrived.get(house_id, when))

    def quiet(self, arrived_by: int, now: int, limit: int) -> list[str]:
        """Return who may be claimed."""
        return sorted(
            house_id
            for house_id, when in self.arrived.items()
            if when <= arrived_by
            and self.claimed.get(house_id, 0) <= now
            and self.leases.get(house_id, ("", 0))[1] <= now
        )[:limit]

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Take quiet houses until `until`."""
        houses = self.quiet(arrived_by, now, limit)
        self.claimed.update(dict.fromkeys(houses, until))
        return houses

    def forget(self, settled: dict[str, int]) -> None:
        """Stop the quiet clocks of houses that were not touched since."""
        for house_id, when in settled.items():
            if self.arrived.get(house_id, when + 1) <= when:
                del self.arrived[house_id]
                self.claimed.pop(house_id, None)

    def waiting(self) -> int:
        """Return how many quiet clocks run."""
        return len(self.arrived)

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take free leases."""
        mine = [h for h in house_ids if self.leases.get(h, ("", now))[1] <= now or self.leases[h][0] == token]
        self.leases.update(dict.fromkeys(mine, (token, until)))
        return mine

    def release(self, house_ids: Sequence[str], token: str) -> None:
        """Give leases back."""
        for house_id in house_ids:
            if self.leases.get(house_id, ("", 0))[0] == token:
                del self.leases[house_id]


class SimulatedSender:
    """Carries reports to a retailer who remembers everything that it heard.

    heard: what it heard, in order, repetitions included. gone: it wants no more reports for the moment.
    fails: chooses whether a sending fails; the retailer may then be down for a while. leaves: chooses whether
    it wants no more from now on.
    """

    batch = 3
    target = "https://retailer.example/solar"

    def __init__(
        self,
        clock: SimulatedClock,
        choices: Choices,
        turn: Turn,
        fails: Callable[[], bool],
        leaves: Callable[[], bool],
    ) -> None:
        self.turn = turn
        self.heard: list[Report] = []
        self.gone = False
        self._clock = clock
        self._choices = choices
        self._fails = fails
        self._leaves = leaves
        self._down_until = 0

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        """Send reports one by one; none after one that found the retailer gone or down."""
        unsent: dict[str, Unsent] = {}
        for position, report in enumerate(reports):
            problem = self.send_one(report)
            if problem is not None:
                unsent[report.key] = Unsent(problem, gone=problem == GONE)
            if problem == GONE or self._clock.real < self._down_until:
                unsent |= {r.key: Unsent("held back", tried=False) for r in reports[position + 1 :]}
                break
        self.turn("<- sender.send", unsent)
        return unsent

    def send_one(self, report: Report) -> str | None:
        """Send one report; return what went wrong."""
        self.turn("-> sending", report)
        problem = self._mood()
        if problem not in (REFUSED, GONE):
            self.heard.append(replace(report, attempt=0, first_tried=0, prediction=None))
        self.turn(f"<- sending: {problem or 'acknowledged'}", report.key)
        return problem

    def _mood(self) -> str | None:
        now = self._clock.real
        self.gone = self.gone or (now >= self._down_until and self._leaves())
        if self.gone:
            return GONE
        if now < self._down_until:
            return REFUSED
        if not self._fails():
            return None
        self._down_until = now + OUTAGES[self._choices.below(len(OUTAGES))]
        return (REFUSED, "answer lost")[self._choices.below(2)]
