"""Settle: close the region days that are due, and have the houses predicted that are quiet."""

from sunsift.domain.rules import Rules
from sunsift.ports import PREDICT, Clock, Coordinator, Store, Topic
from sunsift.steps.close import close
from sunsift.steps.ingest import redrive

BATCH = 1000


def settle(store: Store, coordinator: Coordinator, topic: Topic, rules: Rules) -> int:
    """Close region days, claim quiet houses, at most `BATCH`, and send a message for each; return how many.

    Closing comes first, and at the same moment: no house is quiet before its region days are due, unless
    the rules let them stay open for longer.
    A claim hides a house from the next settle for the length of a lease and is not a removal: if the
    message or its worker is lost, the house comes again.
    """
    now = store.steady()
    close(store, rules, now)
    houses = coordinator.claim_quiet(now - rules.quiet_ms, now, now + rules.lease_ms, BATCH)
    if houses:
        topic.publish(PREDICT, houses)
    return len(houses)


def sweep(store: Store, coordinator: Coordinator, clock: Clock) -> int:
    """Find what lost hints left behind; return how many houses and messages that were.

    Unsettled houses get their quiet clock back, with the arrival that the store knows. Packets that
    waited in quarantine for a registration which is there by now are ingested.
    """
    unsettled = store.unsettled(BATCH)
    coordinator.touch(unsettled)
    waiting = store.redrivable(BATCH)
    if waiting:
        redrive(waiting, store, coordinator, clock)
    return len(unsettled) + len(waiting)
