"""What visits found, as rows to learn from: the periods that end on the noted days."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.evidence import Evidence, stack_evidence
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.house import House
from sunsift.domain.period import ready_periods
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.truth import BETWEEN
from sunsift.lab.train.recipe import VISIT_WEIGHT
from sunsift.lab.train.samples import Samples
from sunsift.model.features import features
from sunsift.records import Records

POOR: Final = {Found.FAULT: 1.0, Found.HEALTHY: 0.0}


def feedback_samples(records: Records, rules: Rules, say: Callable[[str], None] = lambda _: None) -> Samples:
    """Return the periods of visited houses that end on the noted days, by house and day.

    Where visits to one house name the same day, the one that was noted last counts. rules: of periods.
    Errors: SunsiftError if nothing was noted, or no ready period ends on any of the days.
    """
    visits: dict[str, list[Feedback]] = {}
    for noted in sorted(records.feedback(), key=lambda noted: noted.noted_at):
        visits.setdefault(noted.feedback.house_id, []).append(noted.feedback)
    if not visits:
        raise SunsiftError(
            "there is no feedback in this state to learn from: note what visits find with "
            "`sunsift feedback HOUSE fault` or `healthy`, or train without --feedback"
        )
    parts = []
    for house in records.houses():
        if house.house_id in visits:
            evidence = stack_evidence(records.house_evidence(house.house_id))
            part = _samples_of_house(house, evidence, visits[house.house_id], rules)
            if part is not None:
                parts.append(part)
    if not parts:
        raise SunsiftError(
            "no period that can be judged ends on the days of the feedback: ingest the readings until then "
            "and run `sunsift settle`, or train without --feedback"
        )
    if len(parts) < len(visits):
        silent = len(visits) - len(parts)
        say(f"visited houses without a period that ends on a noted day: {silent} of {len(visits)}")
    return Samples.joined(parts)


def _samples_of_house(
    house: House, evidence: Evidence, visits: Sequence[Feedback], rules: Rules
) -> Samples | None:
    """Return the samples of one house; visits: in the order in which they were noted."""
    if not len(evidence):
        return None
    first, last = int(evidence.day[0]), int(evidence.day[-1])
    end = ready_periods(evidence, rules, first, last).end
    told = _told(visits, end)
    end, told = end[~np.isnan(told)], told[~np.isnan(told)]
    if not len(end):
        return None
    # A visit says whether the panels are ill, not how much they made.
    unknown = np.full(len(end), np.nan)
    return Samples(
        homes=(house.house_id,),
        table=np.stack(list(features(house, evidence, end).values()), axis=1),
        performance=unknown,
        recent=unknown,
        healthy=unknown,
        state=np.full(len(end), BETWEEN, np.int8),
        told=told,
        weight=np.full(len(end), VISIT_WEIGHT),
        home=np.zeros(len(end), np.int64),
        late=end - first >= 2 * (last - first + 1) // 3,
        metered=np.ones(len(end), np.bool_),
    )


def _told(visits: Sequence[Feedback], day: IntArray) -> FloatArray:
    """Return what was found on each day, shape (n,), NaN where nobody looked."""
    told = np.full(len(day), np.nan)
    for visit in visits:
        told[(day >= visit.first_day) & (day <= visit.last_day)] = POOR[visit.found]
    return told
