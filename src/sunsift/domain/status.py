"""From single predictions to a status that does not flip: a rolling verdict with hysteresis."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """What the retailer is told of a house's panels."""

    WELL = "well"
    POOR = "poor"
    UNKNOWN = "unknown"


# The average must pass these to change a status, and lies between them without changing it.
POOR_FROM: Final = 0.65
WELL_UPTO: Final = 0.35
# One prediction counts for at most this much, so that a single one cannot turn ten around.
LARGEST_LOG_ODDS: Final = 7.0


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the fold needs of one prediction: its probability of poor, and whether it could tell."""

    p_poor: float
    verdict: Status


@dataclass(frozen=True, slots=True)
class Folded:
    """A status after one more prediction, and the rolling probability that it rests on."""

    status: Status
    average: float


def log_odds(p_poor: float) -> float:
    """Return the limited log-odds of a probability."""
    if p_poor <= 0.0:
        return -LARGEST_LOG_ODDS
    if p_poor >= 1.0:
        return LARGEST_LOG_ODDS
    return max(-LARGEST_LOG_ODDS, min(LARGEST_LOG_ODDS, math.log(p_poor / (1.0 - p_poor))))


def fold_one(recent: Sequence[Opinion], previous: Status) -> Folded:
    """Fold the newest prediction in.

    recent: the last predictions, at most ten by default, oldest first, the newest included.
    previous: the status before. Averaging the log-odds lets strong evidence count for more: a dead
    inverter turns the status within days while a house near the boundary stays where it is.
    """
    mean = math.fsum(log_odds(o.p_poor) for o in recent) / len(recent)
    average = round(1.0 / (1.0 + math.exp(-mean)), 4)
    if all(o.verdict is Status.UNKNOWN for o in recent):
        status = Status.UNKNOWN
    elif average >= POOR_FROM:
        status = Status.POOR
    elif average <= WELL_UPTO:
        status = Status.WELL
    else:
        status = previous
    return Folded(status, average)


def fold(
    before: Sequence[Opinion], previous: Status, new: Iterable[Opinion], fold_predictions: int
) -> list[Folded]:
    """Fold predictions one after the other.

    before: the predictions just before the new ones, oldest first (more than needed does no harm).
    previous: the status after the last of `before`. Result: one entry for each of `new`.
    """
    window = list(before)[-(fold_predictions - 1) :] if fold_predictions > 1 else []
    result = []
    for opinion in new:
        window.append(opinion)
        del window[:-fold_predictions]
        folded = fold_one(window, previous)
        previous = folded.status
        result.append(folded)
    return result
