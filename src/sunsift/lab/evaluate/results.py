"""Everything that an evaluation found, and how it is written as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sunsift.domain.readings import FloatArray, day_date
from sunsift.domain.rules import Rules
from sunsift.lab.evaluate.groups import by_home, groups_of, of_group
from sunsift.lab.evaluate.metrics import Figure, figures
from sunsift.lab.evaluate.tally import delay_of, span_of, tally_of
from sunsift.lab.evaluate.trace import Trace
from sunsift.lab.evaluate.truth import POOR, WELL, Truth
from sunsift.lab.evaluate.virtual import VirtualHouse
from sunsift.lab.inject import FAULTS
from sunsift.lab.split import Split

PROTOCOL: Final = 1
DECIMALS: Final = 5
Figures = Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemResult:
    """What one system reached. groups: by way of parting, then by group. whole: the sum of all tallies."""

    name: str
    what: str
    overall: Figures
    groups: Mapping[str, Mapping[str, Figures]]
    whole: FloatArray
    traces: Sequence[Trace]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An evaluation: what was evaluated, the truth, and the systems, the shipped model first."""

    seed: int
    split: Split
    capacity_scale: float
    scenarios: int
    rules: Rules
    without_readings: tuple[str, ...]
    houses: Sequence[VirtualHouse]
    truths: Sequence[Truth]
    systems: Sequence[SystemResult]

    @property
    def homes(self) -> list[str]:
        """The homes that have readings, in their order."""
        return list(dict.fromkeys(house.home_id for house in self.houses))

    @property
    def house_days(self) -> int:
        """All days of all virtual houses."""
        return sum(len(house.record) for house in self.houses)


def judge_system(
    name: str,
    what: str,
    houses: Sequence[VirtualHouse],
    truths: Sequence[Truth],
    traces: Sequence[Trace],
    seed: int,
    resamples: tuple[int, int],
) -> SystemResult:
    """Work out all figures of one system; resamples: for the whole and for each group."""
    tallies = np.stack([tally_of(*of) for of in zip(houses, truths, traces, strict=True)])
    everybody = by_home(houses, tallies, range(len(houses)))
    return SystemResult(
        name=name,
        what=what,
        overall=figures(everybody, seed, resamples[0]),
        groups={
            kind: {
                group: figures(of_group(houses, tallies, kind, group, wanted), seed, resamples[1])
                for group, wanted in named.items()
            }
            for kind, named in groups_of(houses).items()
        },
        whole=everybody.sum(axis=0),
        traces=traces,
    )


def to_json(found: Evaluation) -> str:
    """Write an evaluation; equal evaluations give equal text. A number that is never reached is "never"."""
    return json.dumps(_document(found), indent=1, ensure_ascii=False) + "\n"


def _document(found: Evaluation) -> dict[str, Any]:
    return {
        "protocol": PROTOCOL,
        "seed": found.seed,
        "split": found.split,
        "capacity_scale": found.capacity_scale,
        "scenarios_a_home": found.scenarios,
        "homes": found.homes,
        "without_readings": list(found.without_readings),
        "virtual_houses": len(found.houses),
        "house_days": found.house_days,
        "systems": [
            {
                "name": system.name,
                "what": system.what,
                "overall": _plain(system.overall),
                "by": {
                    kind: {group: _plain(of) for group, of in named.items()}
                    for kind, named in system.groups.items()
                },
            }
            for system in found.systems
        ],
        "houses": [
            house_row(house, truth, found.systems[0].traces[number])
            for number, (house, truth) in enumerate(zip(found.houses, found.truths, strict=True))
        ],
    }


def _plain(figures: Figures) -> dict[str, Any]:
    return {
        name: {"value": number(f.value), "low": number(f.low), "high": number(f.high)}
        for name, f in figures.items()
    }


def number(value: float) -> float | str | None:
    """Return a number as JSON can hold it: None where there is nothing to tell, "never" for infinity."""
    if math.isnan(value):
        return None
    return "never" if math.isinf(value) else round(value, DECIMALS)


def house_row(house: VirtualHouse, truth: Truth, trace: Trace) -> dict[str, Any]:
    """Return what happened to one virtual house and what the shipped model said of it."""
    faulty = house.scene.scenario in FAULTS
    lost = float(truth.lost_kwh[truth.judged].sum())
    found = float(truth.lost_kwh[truth.judged & (trace.status == POOR)].sum())
    return {
        "house_id": house.record.house.house_id,
        "home": house.home_id,
        "world": house.world,
        "scenario": house.scene.scenario,
        "onset": str(day_date(int(house.record.day[span_of(house)[0]]))) if faulty else None,
        "lowest_performance": number(lowest(truth)),
        "delay_days": delay_of(house, trace) if faulty else None,
        "lost_kwh": round(lost, 1),
        "lost_told_poor_kwh": round(found, 1),
        "false_alarms": sum(code == POOR and int(truth.state[row]) == WELL for row, code in trace.reports),
    }


def lowest(truth: Truth) -> float:
    """Return the lowest performance of any period, NaN if none is known."""
    known = truth.performance[~np.isnan(truth.performance)]
    return float(known.min()) if len(known) else math.nan
