"""One run: a storm of faults, then the dust settles, then the guarantees are checked."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sunsift.domain.rules import Rules
from tests.simulation import invariants
from tests.simulation.design import REAL, Design
from tests.simulation.mail import MINUTE, draw_scenario
from tests.simulation.model import LevelModel
from tests.simulation.reference import undisturbed
from tests.simulation.scheduler import Crash, Draws, Task, trouble
from tests.simulation.witness import BrokenError
from tests.simulation.world import ODDS, RULES, STEPS, Bench, World

LONGEST_STORM_TURNS = 1500
# How long the storm lasts after the last message [minutes].
AFTERMATH = (0, 7, 8, 15)
STEPS_OF_TIME = (200, 200, 1_000, 5_000, 5_000, 20_000, 61_000, 125_000)
SLEEPS = (2_000, 30_000, 100_000, 125_000, 400_000)
# Within a second, within a lease, longer than the quiet time, longer than any timer.
JUMPS = (400, 30_000, 1_200_000, 10_800_000, 72_000_000)
# How many faults of each kind a run may have at most: many runs have none of a kind, so that the others
# strike undisturbed.
BUDGETS = (0, 0, 1, 3)
# What may go wrong once everything else is over, and for how long: until reports are given up.
BAD_POST = {"sender": 6, "gone": 2, "replay": 6, "deliver": 4, "clock": 1}
BAD_POST_MS = 80 * MINUTE
# By then everything must be settled and delivered, the longest retry after five failures included.
LONGEST_DUST_MS = 4 * 60 * MINUTE
# Whoever becomes due is found at the next tick; the calls of that minute take their time.
LATEST_MS = MINUTE + 20_000
AT_ONCE = Rules(
    period_days=RULES.period_days,
    ready_days=RULES.ready_days,
    fold_predictions=RULES.fold_predictions,
    quiet_minutes=0,
    lease_seconds=120,
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run was.

    lossy: whether hints could get lost. turns: how often a task went on, about two for each port call.
    reports: how many were written; given_up, again: how many were given up, and sent again.
    faults: how many happened, by kind.
    """

    lossy: bool
    turns: int
    reports: int
    given_up: int
    again: int
    faults: Counter[str]


def seeded(seed: int) -> Draws:
    """Return the choices that a seed names."""
    generator = random.Random(seed)
    return Draws(lambda: generator.randbytes(64))


def run(
    bench: Bench,
    draws: Draws,
    design: Design = REAL,
    *,
    calm: bool = False,
    note: Callable[[str], None] | None = None,
) -> Ran:
    """Run once. calm: without faults, one task after the other. note: is told all that happens.

    Errors: BrokenError if a guarantee does not hold.
    """
    bench.wipe()
    lossy = draws.plan.one_in(2)
    scenario = draw_scenario(draws.plan, lossy=lossy)
    world = World(bench, draws, design, scenario, note, lossy=lossy)
    try:
        world.faults = {kind: BUDGETS[draws.plan.below(len(BUDGETS))] for kind in (*ODDS, *STEPS)}
        if calm:
            draws.calm()
        _storm(world)
        if not calm and draws.plan.one_in(3):
            _bad_post(world)
        draws.calm()
        _settle_dust(world)
        _check(world, bench)
    finally:
        world.scheduler.abandon()
    witness = world.witness
    ends = len(witness.postman.given_up), len(witness.postman.again)
    return Ran(lossy, world.scheduler.turns, len(witness.created), *ends, world.struck)


def _storm(world: World) -> None:
    turns, end = 0, None
    aftermath = AFTERMATH[world.draws.plan.below(len(AFTERMATH))] * MINUTE
    world.happen()
    while turns < LONGEST_STORM_TURNS:
        turns += 1
        if end is None and world.all_arrived():
            end = world.clock.real + aftermath
        if end is not None and world.clock.real >= end:
            break
        struck = _one_turn(world)
        if struck is not None and world.draws.harm.one_in(3 if struck.kind == "predict" else 8):
            # What a crash does is seen best when nothing covers it up.
            break


def _bad_post(world: World) -> None:
    """Settle everything, while the retailer is down, away, and asks for reports again, and workers die."""
    world.note("from now on trouble with the reports alone")
    world.draws.order.calm = True
    world.faults = dict(BAD_POST)
    for task in world.scheduler.tasks:
        task.asleep_until = 0
    end = world.clock.real + BAD_POST_MS
    while world.clock.real < end:
        while tasks := world.awake():
            if world.strikes(tasks[0]):
                _strike(world, tasks[0])
            else:
                world.run(tasks[0])
            world.happen()
        if hints := world.topic.ready():
            world.start(hints[0])
        else:
            _weather(world)
            world.pass_time(world.next_event())


def _one_turn(world: World) -> Task | None:
    """Do one thing; return the task that a fault struck, if one did."""
    order, clock = world.draws.order, world.clock
    tasks, hints = world.awake(), world.topic.ready()
    if not tasks and not hints:
        _weather(world)
        world.pass_time(world.next_event())
    elif order.one_in(16):
        _weather(world)
        world.pass_time(clock.real + STEPS_OF_TIME[order.below(len(STEPS_OF_TIME))])
    else:
        which = order.below(len(tasks) + len(hints))
        if which >= len(tasks):
            world.start(hints[which - len(tasks)])
        elif world.strikes(tasks[which]):
            _strike(world, tasks[which])
            return tasks[which]
        else:
            world.run(tasks[which])
    world.happen()
    return None


def _weather(world: World) -> None:
    """Choose whether a fault strikes everybody: the clock jumps, or the coordinator loses its memory."""
    if world.fault("clock"):
        by = JUMPS[world.draws.harm.below(len(JUMPS))] * (1, -1)[world.draws.harm.below(2)]
        world.note(f"the clock jumps by {by} ms")
        world.clock.jump(by)
    if world.lossy and world.fault("flush"):
        world.flush()


def _strike(world: World, task: Task) -> None:
    """Choose what happens to one worker."""
    fate = world.draws.harm.below(5)
    if fate == 0:
        sleep = SLEEPS[world.draws.harm.below(len(SLEEPS))]
        world.note(f"{task.name} stands still for {sleep} ms")
        task.asleep_until = world.clock.real + sleep
    elif fate == 1:
        world.run(task, trouble())
    else:
        world.run(task, Crash())


def _settle_dust(world: World) -> None:
    """Let time go on without faults until nothing is left to do."""
    world.note("no more faults")
    world.faults.clear()
    for task in world.scheduler.tasks:
        task.asleep_until = 0
    began, storm_leases_end = world.clock.real, world.store.steady() + world.rules.lease_ms
    while world.clock.real < began + LONGEST_DUST_MS:
        while tasks := world.awake():
            world.run(tasks[0])
            world.happen()
        if hints := world.topic.ready():
            world.start(hints[0])
        elif world.is_quiescent():
            return
        else:
            world.pass_time(world.next_event())
            if not world.lossy:
                _nobody_is_late(world, storm_leases_end)
    raise BrokenError("stuck", f"still to do: {world.records.counts()}, {len(world.inbox.waiting)} messages")


def _nobody_is_late(world: World, storm_leases_end: int) -> None:
    """A house settles when it is quiet, or one lease after the last crash, and a tick for finding it.

    Where region days stay open for longer than houses are quiet, it waits for those as well, and then for
    the end of the claim that it was given too early.
    """
    now, rules = world.store.steady(), world.rules
    opened = max((r.opened for r in world.records.region_days()), default=0)
    open_until = opened + rules.close_ms + rules.lease_ms if rules.close_ms > rules.quiet_ms else 0
    for house_id, arrived in world.store.unsettled(1000).items():
        due = max(arrived + rules.quiet_ms, storm_leases_end, open_until)
        if now > due + LATEST_MS:
            raise BrokenError("stuck", f"{house_id} should have settled {now - due} ms ago")


def _check(world: World, bench: Bench) -> None:
    world.witness.note_reports()
    if world.witness.broken:
        raise world.witness.broken
    scenario, records = world.scenario, world.records
    wanted = undisturbed(
        bench.fresh,
        world.clock,
        scenario.final_houses(),
        scenario.packets(),
        records.region_days(),
        LevelModel(),
        AT_ONCE,
    )
    invariants.check_houses(records, scenario)
    invariants.check_packets(records, scenario)
    invariants.check_predictions(records, wanted, scenario, world.rules)
    invariants.check_reports(world.witness, wanted)
    invariants.check_heard(world.sender.heard, world.witness, records)
    invariants.check_quarantine(records, scenario)
