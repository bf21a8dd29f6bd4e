"""From single predictions to a status that does not flip: a rolling verdict with hysteresis."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from operator import mul
from typing import Final


class Status(StrEnum):
    """What the retailer is told of a house's panels."""

    WELL = "well"
    POOR = "poor"
    UNKNOWN = "unknown"


# The average must pass these to change a status, and lies between them without changing it.
POOR_FROM: Final = 0.84
WELL_UPTO: Final = 0.21
# A house of which nothing was said yet is well as soon as that is the likelier.
WELL_AT_FIRST: Final = 0.5
# How much one prediction counts. Silence after years of sun is worth more than any day that looked fine, so
# a dead inverter turns the status in days, while a single odd prediction turns nothing.
LOG_ODDS: Final = (-2.0, 9.0)
# Each prediction weighs this much of the one after it.
FADING: Final = 0.7


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the fold needs of one prediction: its probability of poor, and whether it could tell."""

    p_poor: float
    verdict: Status


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a house's status.

    as_of: the day on which it took effect [days since 1970-01-01].
    """

    as_of: int
    status: Status
    previous: Status


@dataclass(frozen=True, slots=True)
class Folded:
    """Where a house stands after one more prediction.

    as_of: the last day of the prediction's period [days since 1970-01-01].
    average: the rolling probability of poor, in steps of 0.0001.
    change: the change that brought the present status; None while it has been unknown from the start.
    """

    as_of: int
    average: float
    change: Change | None

    @property
    def status(self) -> Status:
        """The status on this day."""
        return self.change.status if self.change else Status.UNKNOWN

    @property
    def previous(self) -> Status:
        """The status before this day."""
        if self.change is None:
            return Status.UNKNOWN
        return self.change.previous if self.change.as_of == self.as_of else self.change.status


@lru_cache(maxsize=20_000)
def log_odds(p_poor: float) -> float:
    """Return the limited log-odds of a probability. Probabilities are stored in steps of 1/10000."""
    least, most = LOG_ODDS
    if p_poor <= 0.0:
        return least
    if p_poor >= 1.0:
        return most
    return max(least, min(most, math.log(p_poor / (1.0 - p_poor))))


@cache
def _weights(count: int) -> tuple[list[float], float]:
    """Return the weights of so many predictions, the oldest first, and their sum."""
    weights = [FADING**age for age in range(count - 1, -1, -1)]
    return weights, math.fsum(weights)


def judge(recent: Sequence[Opinion], previous: Status) -> tuple[Status, float]:
    """Return the status after the newest prediction, and the rolling probability that it rests on.

    recent: the last predictions, at most ten by default, oldest first, the newest included.
    previous: the status before. Averaging the log-odds lets strong evidence count for more: a dead
    inverter turns the status within days while a house near the boundary stays where it is. The numbers were
    chosen on simulated homes and on metered homes of the part to learn from (docs/model.md).
    """
    odds = [log_odds(opinion.p_poor) for opinion in recent]
    return _judge(odds, all(opinion.verdict is Status.UNKNOWN for opinion in recent), previous)


def _judge(odds: Sequence[float], unsure: bool, previous: Status) -> tuple[Status, float]:
    """Judge by the log-odds of the last predictions, and by whether all of them could not tell."""
    weights, whole = _weights(len(odds))
    total = math.fsum(map(mul, weights, odds))
    average = round(1.0 / (1.0 + math.exp(-total / whole)), 4)
    if unsure:
        return Status.UNKNOWN, average
    if average >= POOR_FROM:
        return Status.POOR, average
    if average <= (WELL_AT_FIRST if previous is Status.UNKNOWN else WELL_UPTO):
        return Status.WELL, average
    return previous, average


def fold(
    before: Sequence[Opinion],
    change: Change | None,
    new: Iterable[tuple[int, Opinion]],
    fold_predictions: int,
) -> list[Folded]:
    """Fold predictions one after the other.

    before: the predictions just before the new ones, oldest first (more than needed does no harm).
    change: the last change of status until then. new: (last day of the period, opinion), oldest first.
    Result: one entry for each of `new`.
    """
    odds = deque([log_odds(opinion.p_poor) for opinion in before], fold_predictions)
    could_tell = deque([opinion.verdict is not Status.UNKNOWN for opinion in before], fold_predictions)
    result = []
    for as_of, opinion in new:
        odds.append(log_odds(opinion.p_poor))
        could_tell.append(opinion.verdict is not Status.UNKNOWN)
        previous = change.status if change else Status.UNKNOWN
        status, average = _judge(odds, not any(could_tell), previous)
        if status is not previous:
            change = Change(as_of, status, previous)
        result.append(Folded(as_of, average, change))
    return result
