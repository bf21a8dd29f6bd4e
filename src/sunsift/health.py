"""How a model does on the fleet at hand: what it says, who disagrees, and how far its input moved."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

import numpy as np

from sunsift.domain.drift import Histogram, stability
from sunsift.domain.evidence import COLUMNS, MISSING, WIDTH, Evidence
from sunsift.domain.feedback import RIGHT_STATUS, Feedback, Found
from sunsift.domain.readings import IntArray
from sunsift.domain.status import Status
from sunsift.model import Model
from sunsift.records import Records

_ROWS_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """How often predictions said what."""

    predictions: int
    poor: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Statuses against what visits found, over the noted days.

    days: how many house-days had which status, for each thing found.
    """

    visits: int
    houses: int
    days: Mapping[Found, Counter[Status]]

    @property
    def agreeing(self) -> int:
        """House-days whose status was right."""
        return sum(self.days[found][right] for found, right in RIGHT_STATUS.items())

    @property
    def told(self) -> int:
        """House-days whose status was not unknown."""
        return sum(self.days[f][s] for f in Found for s in Status if s is not Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Health:
    """What `measure_health` found.

    first_day, last_day: the days looked at, both included [days since 1970-01-01].
    stability: the index of each column of the evidence [1], NaN without values; empty if the model tells
    nothing of its training. evidence_rows: house-days that it rests on.
    """

    model_version: str
    first_day: int
    last_day: int
    by_region: Mapping[str, Said]
    by_version: Mapping[str, Said]
    agreement: Agreement
    evidence_rows: int
    stability: Mapping[str, float]


def measure_health(records: Records, model: Model, days: int) -> Health | None:
    """Look at the last `days` days of data; None if there is no data."""
    last_day = records.newest_day()
    if last_day is None:
        return None
    first_day = last_day - (days - 1)
    by_region, by_version = _said(records, first_day)
    rows, counts = _count_evidence(records.evidence(first_day))
    return Health(
        model_version=model.version,
        first_day=first_day,
        last_day=last_day,
        by_region=by_region,
        by_version=by_version,
        agreement=_agreement(records),
        evidence_rows=rows,
        stability=_stability(model.training_histograms(), counts),
    )


def _said(records: Records, first_day: int) -> tuple[dict[str, Said], dict[str, Said]]:
    regions: defaultdict[str, Counter[Status]] = defaultdict(Counter)
    versions: defaultdict[str, Counter[Status]] = defaultdict(Counter)
    for row in records.verdicts(first_day):
        regions[row.region][row.verdict] += row.predictions
        versions[row.model_version][row.verdict] += row.predictions
    return _shares(regions), _shares(versions)


def _shares(counted: Mapping[str, Counter[Status]]) -> dict[str, Said]:
    return {
        name: Said(count.total(), count[Status.POOR], count[Status.UNKNOWN])
        for name, count in sorted(counted.items())
    }


def _agreement(records: Records) -> Agreement:
    """Hold the status on each noted day, the one that the newest prediction until then left, against it."""
    days = {found: Counter[Status]() for found in Found}
    visits = houses = 0
    feedback = (noted.feedback for noted in records.feedback())
    for house_id, told in groupby(feedback, key=lambda f: f.house_id):
        folded = [folded for _, _, folded in records.predictions(house_id)]
        ends, statuses = [f.as_of for f in folded], [Status.UNKNOWN, *(f.status for f in folded)]
        houses += 1
        for visit in told:
            visits += 1
            days[visit.found].update(statuses[bisect_right(ends, day)] for day in _days(visit))
    return Agreement(visits, houses, days)


def _days(visit: Feedback) -> Iterable[int]:
    return range(visit.first_day, visit.last_day + 1)


def _count_evidence(rows: Iterable[bytes]) -> tuple[int, IntArray]:
    """Return how many rows there are and how often each column has each byte, shape (WIDTH, 256)."""
    counts = np.zeros((WIDTH, MISSING + 1), np.int64)
    total = 0
    source = iter(rows)
    while batch := list(islice(source, _ROWS_AT_ONCE)):
        table = np.frombuffer(b"".join(batch), np.uint8).reshape(-1, WIDTH)
        total += len(table)
        for place in range(WIDTH):
            counts[place] += np.bincount(table[:, place], minlength=MISSING + 1)
    return total, counts


def _stability(trained: Mapping[str, Histogram], counts: IntArray) -> dict[str, float]:
    # One day for each byte that a column can hold, so that bytes become values as they do for the model.
    told = np.arange(MISSING)
    every = Evidence(told, np.repeat(told.astype(np.uint8)[:, np.newaxis], WIDTH, axis=1))
    places = {name: place for place, name in enumerate(COLUMNS, start=2) if name in trained}
    return {
        name: stability(trained[name].edges, trained[name].shares, every.column(name), counts[place, told])
        for name, place in places.items()
    }
