"""From homes to rows that a model can learn from: features of periods, and the truth of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.evidence import Evidence
from sunsift.domain.period import ready_periods
from sunsift.domain.ratio import over
from sunsift.domain.readings import BoolArray, FloatArray, IntArray
from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.truth import POOR_UPTO, Codes, truth_of
from sunsift.lab.evaluate.virtual import VirtualHouse, virtual_houses
from sunsift.lab.metered import MeteredHome
from sunsift.lab.record import Progress, no_progress
from sunsift.lab.sensed import fleet_evidence
from sunsift.model.features import features

# The first days of a fault are rare and matter most, so all of them are kept.
FRESH_DAYS: Final = 8
FRESH_FAULTS: Final = ("outage", "string_half", "isolator")
FRESH_WEIGHT: Final = 4.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """Homes that live together, and what happens to them.

    homes: with load and generation. scenarios: how many a home. seed: of the scenarios. neighbours: how many
    homes share a region, so that the model meets regions of every size. every: one day in so many is
    learnt from. weight: of each row. metered: whether the generation was metered, not simulated.
    """

    homes: Sequence[MeteredHome]
    scenarios: int
    seed: int
    neighbours: int
    every: int
    weight: float
    metered: bool


@dataclass(frozen=True, slots=True)
class Samples:
    """n periods. table: shape (n, features). performance, recent, healthy: shape (n,), NaN where unknown.

    performance: of the period; recent: of its last seven days; healthy: healthy energy over clear-sky output.
    state: as in `Truth`. told: shape (n,), 1 poor or 0 not where somebody went and looked, else NaN.
    weight: shape (n,). home: shape (n,), number of the home in `homes`. late: shape (n,), whether the period
    ends in the last third of the home's days. metered: shape (n,), as in `Fleet`.
    """

    homes: tuple[str, ...]
    table: FloatArray
    performance: FloatArray
    recent: FloatArray
    healthy: FloatArray
    state: Codes
    told: FloatArray
    weight: FloatArray
    home: IntArray
    late: BoolArray
    metered: BoolArray

    def __len__(self) -> int:
        return len(self.table)

    @classmethod
    def joined(cls, parts: Sequence["Samples"]) -> Self:
        """Return all samples in one."""
        homes = tuple(dict.fromkeys(name for part in parts for name in part.homes))
        place = {name: number for number, name in enumerate(homes)}
        moved = [np.array([place[name] for name in part.homes])[part.home] for part in parts]

        def all_of(name: str) -> Any:
            return np.concatenate([getattr(part, name) for part in parts])

        return cls(
            homes=homes,
            home=np.concatenate(moved),
            **{f.name: all_of(f.name) for f in fields(cls) if f.name not in ("homes", "home")},
        )


def samples_of(fleet: Fleet, progress: Progress = no_progress) -> tuple[Samples, list[Evidence]]:
    """Return the samples of a fleet, and the evidence of its healthy homes for the training's histograms.

    Errors: SunsiftError if no home has days enough for a period.
    """
    rules = Rules()
    rng = np.random.default_rng([fleet.seed, 3])
    parts, healthy = [], []
    worlds = list(_worlds(fleet))
    for done, world in enumerate(worlds, start=1):
        sensed = fleet_evidence([house.record for house in world])
        for house, evidence in zip(world, sensed, strict=True):
            if house.scene.scenario == "healthy":
                healthy.append(evidence)
            part = _samples_of_house(house, evidence, fleet, rules, rng)
            if part is not None:
                parts.append(part)
        progress(done, len(worlds))
    if not parts:
        raise SunsiftError("the homes have too few days with readings: no period of theirs can be judged")
    return Samples.joined(parts), healthy


def _worlds(fleet: Fleet) -> Iterator[list[VirtualHouse]]:
    """Yield the houses of each region of each world."""
    for first in range(0, len(fleet.homes), fleet.neighbours):
        together: dict[str, list[VirtualHouse]] = {}
        homes = fleet.homes[first : first + fleet.neighbours]
        for house in virtual_houses(homes, fleet.scenarios, fleet.seed):
            together.setdefault(house.record.house.weather_region, []).append(house)
        yield from together.values()


def _samples_of_house(
    house: VirtualHouse, evidence: Evidence, fleet: Fleet, rules: Rules, rng: np.random.Generator
) -> Samples | None:
    record, truth = house.record, truth_of(house.record, rules)
    first = int(record.day[0])
    periods = ready_periods(evidence, rules, first, int(record.day[-1]))
    row = periods.end - first
    fresh = _fresh(house)[row]
    wanted = (np.arange(len(row)) % fleet.every == rng.integers(fleet.every)) | fresh
    end, row = periods.end[wanted], row[wanted]
    if not len(end):
        return None
    found = features(record.house, evidence, end)
    worst = np.fmin(truth.performance[row], truth.recent[row])
    with np.errstate(invalid="ignore"):
        early = (worst <= POOR_UPTO) & (truth.performance[row] > POOR_UPTO)
    return Samples(
        homes=(house.home_id,),
        table=np.stack(list(found.values()), axis=1),
        performance=truth.performance[row],
        recent=truth.recent[row],
        healthy=_healthy_share(house, evidence, rules.period_days)[row],
        state=truth.state[row],
        told=np.full(len(end), np.nan),
        weight=fleet.weight * np.where(early, FRESH_WEIGHT, 1.0),
        home=np.zeros(len(end), np.int64),
        late=row >= 2 * len(record) // 3,
        metered=np.full(len(end), fleet.metered),
    )


def _fresh(house: VirtualHouse) -> BoolArray:
    """Return the first days of each spell of a sudden fault, shape (n,)."""
    acting = house.scene.fault
    fresh = np.zeros(len(acting), np.bool_)
    if house.scene.scenario in FRESH_FAULTS:
        begins = np.flatnonzero(acting & ~np.concatenate(([False], acting[:-1])))
        for begin in begins.tolist():
            fresh[begin : begin + FRESH_DAYS] = True
    return fresh


def _healthy_share(house: VirtualHouse, evidence: Evidence, days: int) -> FloatArray:
    """Return each period's healthy energy over the registered panels' clear-sky output, shape (n,)."""
    record = house.record
    clear = np.full(len(record), np.nan)
    clear[evidence.day - record.day[0]] = evidence.column("clear") * record.house.capacity_kwp
    both = ~np.isnan(clear) & ~np.isnan(record.healthy_kwh)

    def summed(values: FloatArray) -> FloatArray:
        total = np.concatenate((np.zeros(days), np.cumsum(np.where(both, values, 0.0))))
        sums: FloatArray = total[days:] - total[:-days]
        return sums

    return over(summed(record.healthy_kwh), summed(clear))
