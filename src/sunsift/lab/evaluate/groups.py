"""By what the figures are parted: scenario, capacity, share of self-consumption."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray
from sunsift.lab.evaluate.tally import LENGTH, part
from sunsift.lab.evaluate.virtual import VirtualHouse
from sunsift.lab.inject import FAULTS, SCENARIOS

CAPACITY_KWP: Final = (2.0, 5.0, 8.0)
SELF_CONSUMPTION: Final = (0.5, 0.75)
# A fault is told from all that is well, not only from the days of the same houses before it began.
_OF_ALL: Final = ("well_past", "well_new", "well_days_by_average", "well_days", "well_days_told_poor")


def _class_of(value: float, bounds: Sequence[float], unit: str) -> str:
    place = int(np.searchsorted(bounds, value, side="right"))
    if place == 0:
        return f"below {bounds[0]:g}{unit}"
    if place == len(bounds):
        return f"{bounds[-1]:g}{unit} or more"
    return f"{bounds[place - 1]:g} to {bounds[place]:g}{unit}"


def groups_of(houses: Sequence[VirtualHouse]) -> dict[str, dict[str, list[int]]]:
    """Return for each way of parting the numbers of the virtual houses in each group, in a stable order."""
    parted: dict[str, dict[str, list[int]]] = {
        "scenario": {name: [] for name in SCENARIOS},
        "capacity": {},
        "self_consumption": {},
    }
    for bounds, kind, unit in (
        (CAPACITY_KWP, "capacity", " kWp"),
        (SELF_CONSUMPTION, "self_consumption", ""),
    ):
        for value in (bounds[0] - 1e-3, *bounds):
            parted[kind][_class_of(value, bounds, unit)] = []
    for number, house in enumerate(houses):
        parted["scenario"][house.scene.scenario].append(number)
        parted["capacity"][_class_of(house.capacity_kwp, CAPACITY_KWP, " kWp")].append(number)
        parted["self_consumption"][_class_of(house.self_consumption, SELF_CONSUMPTION, "")].append(number)
    return {kind: {name: of for name, of in named.items() if of} for kind, named in parted.items()}


def by_home(houses: Sequence[VirtualHouse], tallies: FloatArray, wanted: Sequence[int]) -> FloatArray:
    """Sum the tallies of the wanted virtual houses home by home; homes without any are left out.

    tallies: shape (houses, LENGTH). Result: shape (homes, LENGTH).
    """
    homes = sorted({houses[number].home for number in wanted})
    place = {home: index for index, home in enumerate(homes)}
    summed = np.zeros((len(homes), LENGTH))
    for number in wanted:
        summed[place[houses[number].home]] += tallies[number]
    return summed


def of_group(
    houses: Sequence[VirtualHouse], tallies: FloatArray, kind: str, name: str, wanted: Sequence[int]
) -> FloatArray:
    """Return a group's tallies by home; a fault's are completed by the days of all houses that are well."""
    summed = by_home(houses, tallies, wanted)
    if kind == "scenario" and name in FAULTS:
        homes = sorted({houses[number].home for number in wanted})
        everybody = by_home(houses, tallies, [n for n, house in enumerate(houses) if house.home in homes])
        for shared in _OF_ALL:
            part(summed, shared)[:] = part(everybody, shared)
    return summed
