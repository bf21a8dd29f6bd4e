"""What can be wrong with panels, and from when on."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray
from sunsift.lab.record import NO_FAULT, OUTAGE

STRING: Final = "string"
SOILING: Final = "soiling"
RECOVERED: Final = "recovered"
KINDS: Final = (OUTAGE, STRING, SOILING, RECOVERED)

REPAIR_DAYS: Final = 30
# Leaves, lichen or dust: output falls day by day down to this share of the healthy one.
SOILED_DOWN_TO: Final = 0.55
SOILING_DAYS: Final = 45.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What a fault leaves of each of two strings.

    left: shape (n, 2), working share of each string. name: one word a day, empty on healthy days.
    """

    left: FloatArray
    name: tuple[str, ...]


def no_fault(days: int) -> Fault:
    """Return panels that stay healthy."""
    return Fault(np.ones((days, 2)), (NO_FAULT,) * days)


def draw_fault(rng: np.random.Generator, kind: str, days: int) -> Fault:
    """Draw a fault of one of KINDS that starts within the days, at least a fifth of them in.

    Short fleets get a shorter outage, so that a recovered one recovers within the days.
    """
    left = np.ones((days, 2))
    last = days
    if kind == RECOVERED:
        repair = max(1, min(REPAIR_DAYS, days // 3))
        first = int(rng.integers(days // 5, max(days // 5 + 1, days // 2)))
        first = max(0, min(first, days - repair - 1))
        last = first + repair
        left[first:last] = 0.0
    else:
        first = int(rng.integers(days // 4, max(days // 4 + 1, days // 2)))
        if kind == OUTAGE:
            left[first:] = 0.0
        elif kind == STRING:
            left[first:, 1] = 0.0
        elif kind == SOILING:
            slow = np.minimum(np.arange(1, days - first + 1) / SOILING_DAYS, 1.0)
            left[first:] = (1.0 - slow * (1.0 - SOILED_DOWN_TO))[:, np.newaxis]
        else:
            raise ValueError(f"no such fault: {kind}")
    word = OUTAGE if kind == RECOVERED else kind
    return Fault(left, (NO_FAULT,) * first + (word,) * (last - first) + (NO_FAULT,) * (days - last))
