"""Predict: score every stale period of a quiet house at once, and write the verdict in one go."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sunsift.domain.house import veiled
from sunsift.domain.rules import Rules
from sunsift.model import Model
from sunsift.parcels import Outcome, Work
from sunsift.ports import DELIVER, Coordinator, Store, Topic
from sunsift.steps.assess import assess

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one predict did.

    houses: settled. overtaken: those that somebody else changed meanwhile. waiting: those that are quiet
    while the sunlight of their days is still being measured.
    """

    houses: int = 0
    predictions: int = 0
    reports: int = 0
    overtaken: int = 0
    waiting: int = 0


def predict(
    house_ids: Sequence[str],
    store: Store,
    coordinator: Coordinator,
    topic: Topic,
    model: Model,
    rules: Rules,
) -> Predicted:
    """Predict the named houses that are quiet and have changed.

    The lease keeps two workers from doing the same work; the fence, which the store checks when it
    writes, keeps a worker that lost its lease from writing.
    """
    now = store.steady()
    token = uuid.uuid4().hex
    # A hint may come doubled; opening a house twice would void the first opening.
    mine = coordinator.acquire(list(dict.fromkeys(house_ids)), token, now, now + rules.lease_ms)
    try:
        works = store.open(mine, model.history_days, rules.fold_predictions)
        quiet = [work for work in works if work.arrived <= now - rules.quiet_ms]
        clear = [work for work in quiet if work.awaits is None]
        # The quiet clock was lost or late, and the store knows better; or the sunlight is not known yet.
        due = {work.house.house_id: _clock(work, rules) for work in works}
        coordinator.touch({h: due[h] for h in due.keys() - {work.house.house_id for work in clear}})
        outcomes = [outcome for work in clear if (outcome := _assess(work, model, rules)) is not None]
        overtaken = set(store.commit(outcomes)) if outcomes else set()
        written = [o for o in outcomes if o.work.house.house_id not in overtaken]
        unchanged = set(mine) - {work.house.house_id for work in works}
        # A packet that arrives from now on restarts the clock with a later time than these.
        settled = dict.fromkeys(unchanged, now - 1)
        settled.update({o.work.house.house_id: o.work.arrived for o in written})
        coordinator.forget(settled)
    finally:
        coordinator.release(mine, token)
    _tell(written)
    reports = sum(o.report is not None for o in written)
    if reports:
        topic.publish(DELIVER, [""])
    predictions = sum(len(o.predictions) for o in written)
    return Predicted(len(written), predictions, reports, len(overtaken), len(quiet) - len(clear))


def _tell(written: Sequence[Outcome]) -> None:
    for outcome in written:
        house_id, trace = outcome.work.house.house_id, {"trace_id": outcome.work.trace}
        log.debug("judged a house", extra=trace | {"house_id": house_id})
        if outcome.report is not None:
            change = {"status": str(outcome.report.status), "previous": str(outcome.report.previous)}
            told = trace | change | {"house_id": veiled(house_id)}
            log.info("the status of house %s changed", told["house_id"], extra=told)


def _clock(work: Work, rules: Rules) -> int:
    """Return the arrival [ms] that makes a house quiet when both it and its region days are due."""
    if work.awaits is None:
        return work.arrived
    return max(work.arrived, work.awaits + rules.close_ms - rules.quiet_ms)


def _assess(work: Work, model: Model, rules: Rules) -> Outcome | None:
    try:
        return assess(work, model, rules)
    except Exception:
        # One house that breaks the model must not hold up the others; it stays unsettled and is named.
        log.exception("house %s cannot be judged", veiled(work.house.house_id))
        log.debug("which house it was", extra={"house_id": work.house.house_id})
        return None
