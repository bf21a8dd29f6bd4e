"""A small fleet whose verdicts are set by hand, for tests of what is shown of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sunsift.domain.status import Change, Status
from sunsift.domain.verdict import Reason, Score
from sunsift.ports import Store
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.verdicts import a_prediction, settle

DAYS = 31
LAST_DAY = FIRST_DAY + DAYS - 1
FIRST_VERDICT = FIRST_DAY + 29


@dataclass(frozen=True, slots=True)
class Told:
    """What the store is to say of one house. lost_kwh: None for a house without any prediction."""

    house_id: str
    status: Status = Status.WELL
    lost_kwh: float | None = 1.0
    region: str = "here"
    reasons: tuple[Reason, ...] = ()
    previous: Status = Status.UNKNOWN


def a_score(told: Told) -> Score:
    """Return the score of a house that is told of."""
    assert told.lost_kwh is not None
    p_poor = {Status.WELL: 0.02, Status.POOR: 0.98, Status.UNKNOWN: 0.5}[told.status]
    performance = {Status.WELL: 0.97, Status.POOR: 0.44, Status.UNKNOWN: 0.8}[told.status]
    return Score(p_poor, performance, 0.1, told.lost_kwh, told.status, told.reasons)


def write_fleet(store: Store, fleet: Sequence[Told], **house: Any) -> None:
    """Write a fleet: its registrations, a month of readings, a prediction and its report.

    house: fields of every registration.
    """
    store.register([a_house(told.house_id, region=told.region, **house) for told in fleet])
    for told in fleet:
        if told.lost_kwh is None:
            continue
        store.save(days_of(told.house_id, FIRST_DAY, DAYS), [])
        change = Change(LAST_DAY, told.status, told.previous)
        is_change = told.status is not told.previous
        predictions = [a_prediction(LAST_DAY, a_score(told))]
        settle(store, told.house_id, predictions, report=change if is_change else None)
