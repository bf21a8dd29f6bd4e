"""A day of mail: which house's packet arrives in which minute."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

DAY: Final = 24 * 60
SEED: Final = 20261121
# Up to so many houses are simulated one by one; of a larger fleet a quarter of a million, each for several.
ONE_BY_ONE: Final = 1_000_000
SIMULATED: Final = 250_000

BURST_SHARE: Final = 0.6
BURST_STARTS: Final = 2 * 60
BURST_MINUTES: Final = 60
DUPLICATES: Final = 0.01
# Minutes until a duplicate follows, on average.
DUPLICATE_AFTER: Final = 5.0
CORRECTIONS: Final = 0.02

ONBOARDED: Final = 0.01
ONBOARDING_STARTS: Final = 10 * 60
ONBOARDING_MINUTES: Final = 60
YEAR: Final = 365

NEW, DUPLICATE, CORRECTION, HISTORY = range(4)

Ints = npt.NDArray[np.int32]
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Mail:
    """Packets in the order of their arrival.

    houses: how many there are. weight: how many of them one simulated house stands for.
    house, kind: of each packet. ends: how many packets have arrived by the end of each minute, shape (DAY,).
    """

    houses: int
    weight: int
    house: Ints
    kind: Kinds
    ends: npt.NDArray[np.int64]

    @property
    def simulated(self) -> int:
        """How many houses are simulated."""
        return self.houses // self.weight

    @property
    def busiest(self) -> int:
        """How many packets arrive in the busiest minute."""
        return int(np.diff(self.ends, prepend=0).max()) * self.weight

    def age(self, place: int, minute: int) -> int:
        """Return for how many minutes the packet at a place of the order has waited, 0 if there is none."""
        if place >= self.ends[-1]:
            return 0
        return max(0, minute - int(np.searchsorted(self.ends, place, side="right")))


def a_day(houses: int, *, onboarding: bool = False, seed: int = SEED) -> Mail:
    """Draw a day of mail; equal arguments give equal mail.

    Every house sends one packet: 60 % within one hour of the night, the others in any other minute. 1 % of
    the packets come twice, some minutes apart, and 2 % of the houses send a correction of an earlier day at
    any time. onboarding: 1 % of the houses send the 364 days before as well, within one hour, in any order.
    """
    weight = 1 if houses <= ONE_BY_ONE else houses // SIMULATED
    if houses % weight:
        raise ValueError(f"{houses} houses cannot be dealt into equal groups of {weight}")
    simulated = houses // weight
    chance = np.random.default_rng([seed, houses, onboarding])
    everyone = np.arange(simulated, dtype=np.int32)
    first = _daily_minutes(chance, simulated)
    twice = everyone[chance.random(simulated) < DUPLICATES]
    again = first[twice] + 1 + chance.exponential(DUPLICATE_AFTER, len(twice)).astype(np.int32)
    corrected = everyone[chance.random(simulated) < CORRECTIONS]
    later = chance.integers(0, DAY, len(corrected), dtype=np.int32)
    parts = [(everyone, first, NEW), (twice, again, DUPLICATE), (corrected, later, CORRECTION)]
    if onboarding:
        history = np.repeat(everyone[: max(1, round(simulated * ONBOARDED))], YEAR - 1)
        minutes = ONBOARDING_STARTS + chance.integers(0, ONBOARDING_MINUTES, len(history), dtype=np.int32)
        parts.append((history, minutes, HISTORY))
    minute = np.minimum(np.concatenate([m for _, m, _ in parts]), DAY - 1)
    house = np.concatenate([h for h, _, _ in parts])
    kind = np.concatenate([np.full(len(h), k, np.int8) for h, _, k in parts])
    order = np.argsort(minute + chance.random(len(minute)))
    ends = np.searchsorted(minute[order], np.arange(DAY), side="right")
    return Mail(houses, weight, house[order], kind[order], ends)


def _daily_minutes(chance: np.random.Generator, houses: int) -> Ints:
    in_burst = chance.random(houses) < BURST_SHARE
    within = BURST_STARTS + chance.integers(0, BURST_MINUTES, houses, dtype=np.int32)
    # Of the other 23 hours those that follow the burst are moved behind it.
    other = chance.integers(0, DAY - BURST_MINUTES, houses, dtype=np.int32)
    other += np.where(other >= BURST_STARTS, BURST_MINUTES, 0).astype(np.int32)
    return np.where(in_burst, within, other).astype(np.int32)
