"""Tasks that take turns at every port call, in an order that a stream of choices decides."""

from collections.abc import Callable

from greenlet import getcurrent, greenlet

from sunsift.domain.errors import StoreError, SunsiftError


class Crash(BaseException):
    """The process died here; nothing of it happens any more, not even its `finally`."""


class Choices:
    """Choices read from a stream of bytes; a zero is always the calm choice.

    Equal bytes make equal runs, so that a seed names a run and Hypothesis can shrink one.
    """

    def __init__(self, more: Callable[[], bytes]) -> None:
        """more: returns the next bytes of the stream, which must not end."""
        self._more = more
        self._bytes = iter(b"")
        self.calm = False

    def _byte(self) -> int:
        for byte in self._bytes:
            return byte
        self._bytes = iter(self._more())
        return next(self._bytes)

    def below(self, count: int) -> int:
        """Choose a number from 0 to count - 1 (count at most 256)."""
        return 0 if count <= 1 or self.calm else self._byte() * count // 256

    def one_in(self, count: int) -> bool:
        """Choose whether something rare happens."""
        return not self.calm and self._byte() >= 256 - 256 // count


class Draws:
    """The choices of one run in three streams, so that changing one kind leaves the others as they are.

    plan: what is sent, and how much may go wrong. order: who goes on, and when. harm: what goes wrong.
    """

    def __init__(self, more: Callable[[], bytes]) -> None:
        self.plan, self.order, self.harm = Choices(more), Choices(more), Choices(more)

    def calm(self) -> None:
        """From now on nothing goes wrong, and tasks go on one after the other."""
        self.order.calm = self.harm.calm = True


class Task:
    """One running step of one worker.

    kind: name of the step. work: what it does. hints: the topic's hints that it works on.
    asleep_until: the worker stands still until then [real ms]. turns: how often it went on.
    ending: how it ended, empty until then.
    """

    def __init__(self, kind: str, number: int, work: Callable[[], object], hints: tuple[str, ...]) -> None:
        self.kind = kind
        self.name = f"{kind}-{number}"
        self.work = work
        self.hints = hints
        self.asleep_until = 0
        self.turns = 0
        self.crashed = False
        self.ending = ""
        self.greenlet = greenlet(self._run)

    def _run(self) -> None:
        try:
            self.work()
            self.ending = "done"
        except Crash:
            self.ending = "crashed"
        except SunsiftError as error:
            self.ending = f"failed: {error}"


class Scheduler:
    """Holds the living tasks and lets one of them run until its next port call.

    turns: how often any task went on. note: is told of everything that happens, for people to read.
    """

    def __init__(self, note: Callable[[str], None] | None) -> None:
        self.tasks: list[Task] = []
        self.turns = 0
        self._note = note
        self._hub = getcurrent()
        self._current: Task | None = None
        self._count = 0

    def spawn(self, kind: str, work: Callable[[], object], hints: tuple[str, ...] = ()) -> None:
        """Add a task; it starts when it is first resumed."""
        self._count += 1
        self.tasks.append(Task(kind, self._count, work, hints))

    def turn(self, place: str, detail: object = "") -> None:
        """Give way to the others; ports call this before and after everything they do."""
        task = self._current
        if task is None:
            return
        if task.crashed:
            raise Crash
        if self._note is not None:
            self._note(f"{task.name}: {place} {detail}")
        self._hub.switch()

    def resume(self, task: Task, fault: BaseException | None = None) -> None:
        """Let a task run until its next port call, or have the fault strike it where it stands."""
        self._current = task
        task.turns += 1
        self.turns += 1
        try:
            if fault is None:
                task.greenlet.switch()
            else:
                task.crashed = isinstance(fault, Crash)
                if self._note is not None:
                    self._note(f"{task.name}: *** {'crashes' if task.crashed else 'meets an error'} ***")
                task.greenlet.throw(fault)
        finally:
            self._current = None
        if task.greenlet.dead:
            self.tasks.remove(task)
            if self._note is not None:
                self._note(f"{task.name}: {task.ending}")

    def abandon(self) -> None:
        """Crash whatever still lives, so that nothing of this run outlives it."""
        for task in list(self.tasks):
            if task.turns and not task.greenlet.dead:
                self.resume(task, Crash())
        self.tasks.clear()


def trouble() -> StoreError:
    """Return the error of a port that cannot be reached, or whose answer got lost."""
    return StoreError("the port does not answer")
