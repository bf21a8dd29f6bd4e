"""Builders of what predict writes, for tests that need no model."""

from collections.abc import Sequence

from sunsift.domain.status import Change, Folded, Status
from sunsift.domain.verdict import Prediction, Reason, Score
from sunsift.parcels import Outcome, Work
from sunsift.ports import Store
from tests.support.build import a_packet

HISTORY_DAYS = 30
FOLD_PREDICTIONS = 10


def a_score(verdict: Status = Status.WELL, p_poor: float = 0.0123) -> Score:
    """Return a score with odd digits, so that none of them can get lost unseen."""
    return Score(p_poor, 0.987, 0.051, 12.3, verdict, (Reason("clear_output", 98), Reason("battery", -1)))


def a_prediction(period_end: int, score: Score | None = None, digest: str = "0f" * 16) -> Prediction:
    """Return a prediction for a period."""
    return Prediction(period_end, 29, score or a_score(), "test-1", digest)


def an_outcome(
    work: Work,
    predictions: Sequence[Prediction] = (),
    *,
    withdrawn: Sequence[int] = (),
    change: Change | None = None,
    report: Change | None = None,
    evidence: Sequence[tuple[int, bytes]] = (),
) -> Outcome:
    """Return what predict might write; every prediction stands where `change` brought it."""
    statuses = [Folded(p.period_end, 0.25, change) for p in predictions]
    return Outcome(work, predictions, withdrawn, statuses, report, evidence)


def open_one(store: Store, house_id: str) -> Work:
    """Open one house that has something to predict."""
    (work,) = store.open([house_id], HISTORY_DAYS, FOLD_PREDICTIONS)
    return work


def settle(
    store: Store, house_id: str, predictions: Sequence[Prediction] = (), report: Change | None = None
) -> None:
    """Let one house that waits be settled with the given outcome."""
    outcome = an_outcome(open_one(store, house_id), predictions, change=report, report=report)
    assert store.commit([outcome]) == []


def tell(store: Store, house_id: str, change: Change, revision: int = 0) -> None:
    """Have the retailer told of a change; the reason is a packet of that day, of the given revision."""
    store.save([a_packet(house_id, change.as_of, revision=revision)], [])
    settle(store, house_id, report=change)
