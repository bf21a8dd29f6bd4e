"""The reading door: what people and programs look up, never what steps decide on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from sunsift.domain.feedback import Feedback
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.status import Folded, Status
from sunsift.domain.verdict import Prediction
from sunsift.ports import Quarantined


@dataclass(frozen=True, slots=True)
class Standing:
    """A house with its newest prediction and status; None while it has no prediction."""

    house: House
    prediction: Prediction | None
    folded: Folded | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it is listed; delivered_at is None until it was acknowledged."""

    key: str
    house_id: str
    status: Status
    previous: Status
    as_of: int
    created_at: str
    delivered_at: str | None
    attempts: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class RegionDay:
    """One region's one day. opened: steady time of its first packet [ms]. profile: None while it is open."""

    region: str
    day: int
    opened: int
    profile: bytes | None


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How many predictions of one region and model version came to one verdict."""

    region: str
    model_version: str
    verdict: Status
    predictions: int


@dataclass(frozen=True, slots=True)
class Rescorable:
    """What of one region could be judged anew from a day on. closed_days: region days with a profile."""

    region: str
    houses: int
    predictions: int
    closed_days: int


@dataclass(frozen=True, slots=True)
class NotedFeedback:
    """Feedback with the wall time at which it was noted."""

    feedback: Feedback
    noted_at: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of everything."""

    houses: int
    days: int
    predictions: int
    reports: int
    undelivered: int
    quarantined: int
    unsettled: int
    feedback: int


class Records(Protocol):
    """Reads the store; every iterator sees one unchanging view, in the order of its key."""

    def counts(self) -> Counts:
        """Count everything."""
        ...

    def houses(self) -> Iterator[House]:
        """Return all registrations by house_id."""
        ...

    def standings(self) -> Iterator[Standing]:
        """Return every house with its newest prediction, by house_id."""
        ...

    def predictions(self, house_id: str | None = None) -> Iterator[tuple[str, Prediction, Folded]]:
        """Return (house_id, prediction, status after it), of one house or all, by house_id and day."""
        ...

    def days(self, house_id: str) -> list[Packet]:
        """Return the stored days of one house, oldest first."""
        ...

    def region_days(self) -> Iterator[RegionDay]:
        """Return every region day, by region and day."""
        ...

    def reports(self, house_id: str | None = None) -> Iterator[ReportRow]:
        """Return reports, of one house or all, by key."""
        ...

    def newest_day(self) -> int | None:
        """Return the newest stored day of any house; None without any."""
        ...

    def verdicts(self, since: int) -> list[VerdictCount]:
        """Count the predictions whose period ends on `since` or later."""
        ...

    def evidence(self, since: int) -> Iterator[bytes]:
        """Return the evidence (of the present layout) of all houses from the day `since` on."""
        ...

    def house_evidence(self, house_id: str) -> list[tuple[int, bytes]]:
        """Return (day, evidence of the present layout) of one house, oldest first."""
        ...

    def rescorable(self, since: int) -> list[Rescorable]:
        """Count what could be judged anew from the day `since` on, by region."""
        ...

    def feedback(self, house_id: str | None = None) -> Iterator[NotedFeedback]:
        """Return feedback of visits, of one house or all, by house_id and days."""
        ...

    def quarantine(self) -> Iterator[Quarantined]:
        """Return quarantined messages by id."""
        ...
