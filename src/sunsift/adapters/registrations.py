"""Which word on a house holds, the same in every store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sunsift.domain.house import House


class Word(NamedTuple):
    """A registration, and when it was said [microseconds since 1970]."""

    house: House
    said_at: int

    def beats(self, other: "Word") -> bool:
        """Say whether this word holds, and not the other one, whichever came last."""
        if self.said_at != other.said_at:
            return self.said_at > other.said_at
        return self.house != other.house and self.house.digest() > other.house.digest()


@dataclass(slots=True)
class Weighed:
    """What holds after some words, and what that does to the store.

    new: of houses that were not there. changed: of houses that were registered otherwise.
    confirmed: what holds already, but was said again later.
    additions, changes, superseded: how many words did what, each in its turn.
    """

    new: dict[str, Word] = field(default_factory=dict)
    changed: dict[str, Word] = field(default_factory=dict)
    confirmed: dict[str, Word] = field(default_factory=dict)
    additions: int = 0
    changes: int = 0
    superseded: int = 0


def weigh(
    houses: Sequence[House], said_at: Sequence[int] | None, now: int, known: Mapping[str, Word]
) -> Weighed:
    """Weigh words against each other and against what is known.

    said_at: of each; None if a person says them at the moment `now` [microseconds since 1970].
    """
    result = Weighed()
    holds = dict(known)
    for index, house in enumerate(houses):
        before = holds.get(house.house_id)
        word = _by_a_person(house, now, before) if said_at is None else Word(house, said_at[index])
        if before is None:
            result.additions += 1
        elif not word.beats(before):
            result.superseded += house != before.house
            continue
        else:
            result.changes += house != before.house
        holds[house.house_id] = word
    for house_id, word in holds.items():
        first = known.get(house_id)
        if first is None:
            result.new[house_id] = word
        elif word.house != first.house:
            result.changed[house_id] = word
        elif word != first:
            result.confirmed[house_id] = word
    return result


def _by_a_person(house: House, now: int, before: Word | None) -> Word:
    """Return the word of somebody who sees what is there and says otherwise: it is always the newest."""
    if before is None:
        return Word(house, now)
    return Word(house, max(now, before.said_at + (house != before.house)))
