"""The door to the verdict: whatever stands behind it scores periods and explains its scores."""

from typing import Protocol

from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import Days
from sunsift.domain.verdict import Reason, Score


class Model(Protocol):
    """Scores 30-day periods of one house."""

    version: str

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period from its own rows of `days` and the registration, and nothing else.

        Result: one score a period. A period's score must be the same to the last digit whether it is
        scored alone or with others.
        """
        ...

    def explain(self, reason: Reason) -> str:
        """Put one of this model's reasons in plain words."""
        ...


def load() -> Model:
    """Return the model that ships with this version."""
    from sunsift.model.physics import PhysicsModel

    return PhysicsModel()
