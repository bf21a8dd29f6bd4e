"""The door to the verdict: whatever stands behind it scores periods and explains its scores."""

from collections.abc import Mapping
from typing import Protocol

from sunsift.domain.drift import Histogram
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.verdict import Reason, Score


class Model(Protocol):
    """Scores 30-day periods of one house.

    history_days: how many days back it looks from the last day of a period, that day included; never
    fewer than a period has.
    """

    version: str
    history_days: int

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        """Score each period from the registration and the evidence it may see, and nothing else.

        A period sees the rows of its last `history_days` days; its own days lie in `first_row` to
        `last_row`. Result: one score a period. A period's score must be the same to the last digit whether
        it is scored alone or with others, and whatever rows lie outside what it sees.
        """
        ...

    @property
    def card(self) -> Mapping[str, object]:
        """What people should know of the model, in the order of importance; may be empty."""
        ...

    def training_histograms(self) -> Mapping[str, Histogram]:
        """Return how the columns of the evidence were spread at training; empty if nobody knows."""
        ...

    def explain(self, reason: Reason) -> str:
        """Put one of this model's reasons in plain words."""
        ...


def load() -> Model:
    """Return the model that ships with this version."""
    from sunsift.model.trained import shipped

    return shipped()
