"""Which scenarios happen to which home: virtual houses, dealt into worlds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import FloatArray
from sunsift.lab.inject import FAULTS, HEALTHY, MUST_NOT_ALARM, SCENARIOS, SMOKE, Scene, inject, region_of
from sunsift.lab.metered import MeteredHome
from sunsift.lab.record import Record

# Every home goes through these; the others are dealt out in turn.
ALWAYS: Final = (HEALTHY, "outage", "string_half")
FEWEST: Final = len(ALWAYS) + 1


@dataclass(frozen=True, slots=True)
class VirtualHouse:
    """One home in one scenario.

    home: number of the home; world: number of the fleet it lives in. home_id: of the metered home.
    capacity_kwp: the true one. self_consumption: share of healthy generation used in the home as metered.
    """

    home: int
    world: int
    home_id: str
    scene: Scene
    record: Record
    capacity_kwp: float
    self_consumption: float


def deal(homes: int, scenarios: int, seed: int) -> list[list[str]]:
    """Return each home's scenarios in the order of their worlds; the last world is the one under smoke.

    scenarios: how many a home, FEWEST to all of them. Faults and harmless cases that not every home goes
    through are dealt from shuffled decks, so that each comes up about equally often.
    Errors: SunsiftError for a number out of range.
    """
    if not FEWEST <= scenarios <= len(SCENARIOS):
        raise SunsiftError(f"scenarios is {scenarios}, must lie in {FEWEST} to {len(SCENARIOS)}")
    rng = np.random.default_rng([seed, 1])
    decks = [
        [name for name in FAULTS if name not in ALWAYS],
        [name for name in MUST_NOT_ALARM if name != SMOKE],
    ]
    more = scenarios - FEWEST
    harmless = min(max(more // 2, more - len(decks[0])), len(decks[1]))
    wanted = (more - harmless, harmless)
    piles: list[list[str]] = [[], []]
    dealt = []
    for _ in range(homes):
        mine = list(ALWAYS)
        for deck, pile, count in zip(decks, piles, wanted, strict=True):
            hand: list[str] = []
            while len(hand) < count:
                if not pile:
                    pile.extend(rng.permutation(deck).tolist())
                card = next((name for name in pile if name not in hand), None)
                if card is None:
                    pile.extend(rng.permutation(deck).tolist())
                else:
                    pile.remove(card)
                    hand.append(card)
            mine.extend(hand)
        dealt.append([*rng.permutation(mine).tolist(), SMOKE])
    return dealt


def virtual_houses(homes: Sequence[MeteredHome], scenarios: int, seed: int) -> list[VirtualHouse]:
    """Return the virtual houses of all homes, world by world.

    A world is a fleet in which each home lives once. Its houses share a region that no other world knows, so
    that no house can look at another version of itself across the street.
    """
    dealt = deal(len(homes), scenarios, seed)
    houses = []
    for world in range(scenarios):
        for number, home in enumerate(homes):
            scene = inject(home, dealt[number][world], seed)
            told = replace(
                scene.house,
                house_id=f"{home.house.house_id}.{world}",
                region=f"{region_of(home.house)}/{world}",
            )
            scene = replace(scene, house=told)
            houses.append(
                VirtualHouse(
                    home=number,
                    world=world,
                    home_id=home.house.house_id,
                    scene=scene,
                    record=scene.record(),
                    capacity_kwp=home.house.capacity_kwp,
                    self_consumption=self_consumption(home.load_kwh, home.generation_kwh),
                )
            )
    return houses


def self_consumption(load_kwh: FloatArray, generation_kwh: FloatArray) -> float:
    """Return the share of the generation that the home uses itself; both of shape (n, s) [kWh]."""
    both = ~np.isnan(load_kwh + generation_kwh)
    made = generation_kwh[both]
    total = float(made.sum())
    return float(np.minimum(made, load_kwh[both]).sum()) / total if total > 0.0 else 1.0
