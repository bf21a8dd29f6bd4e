"""The reading door: what people and programs look up, never what steps decide on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sunsift.domain.feedback import Feedback
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.status import Folded, Status
from sunsift.domain.verdict import Prediction
from sunsift.parcels import Activity, Quarantined

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """A house with its newest prediction and status; None while it has no prediction."""

    house: House
    prediction: Prediction | None
    folded: Folded | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it is listed.

    delivered_at: None until it was acknowledged. given_up_at: None unless it is sent no more.
    """

    key: str
    house_id: str
    status: Status
    previous: Status
    as_of: int
    created_at: str
    delivered_at: str | None
    attempts: int
    problem: str | None
    given_up_at: str | None = None


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


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a listing. next: the cursor to ask for those after them with; None if these are the last.

    What is stored in between neither repeats nor hides a row that stays where it was.
    """

    rows: Sequence[T]
    next: str | None


class Order(StrEnum):
    """How a league goes: the greatest loss first, equal ones in the order of registration; or by house_id."""

    LOSS = "loss"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which houses a league is asked for, and in which order.

    region: the weather region. search: a part of the house_id; letters A to Z match in either case.
    """

    status: Status | None = None
    region: str | None = None
    search: str = ""
    order: Order = Order.LOSS


@dataclass(frozen=True, slots=True)
class Tally:
    """The houses of one weather region that have one status.

    lost_kwh: what they lost together over the last period of each [kWh]. latitude, longitude: their middle.
    """

    region: str
    status: Status
    houses: int
    lost_kwh: float
    capacity_kwp: float
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class ChangeCount:
    """How many houses were reported to have changed in one way on one day."""

    as_of: int
    status: Status
    previous: Status
    houses: int


class ReportState(StrEnum):
    """What became of a report."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, and how far everything is. Cheap: nothing large is counted for it.

    oldest_unsettled_ms: how long ago the packet came that waits longest to be settled [steady ms]; 0 without.
    newest_day: of any house. last_report_at: when the newest report was written.
    """

    houses: int
    unsettled: int
    oldest_unsettled_ms: int
    undelivered: int
    given_up: int
    quarantined: int
    newest_day: int | None
    last_report_at: str | None


class Pages(Protocol):
    """What pages and the API look up: one part of a listing at a time, and sums that come quickly.

    after: the cursor of the page before; None for the first. limit: the most rows, at least 1. Errors:
    InvalidCursorError for a cursor that did not come from the same listing.
    """

    def league(self, wanted: Wanted, after: str | None, limit: int) -> Page[Standing]:
        """Return the houses that are wanted with their newest prediction."""
        ...

    def tallies(self) -> list[Tally]:
        """Sum up all houses by weather region and status, in that order."""
        ...

    def registered(self, after: str | None, limit: int) -> Page[House]:
        """Return registrations by house_id."""
        ...

    def changes(self, since_day: int) -> list[ChangeCount]:
        """Count the reported changes from a day on, by day, status and previous status."""
        ...

    def reports_page(
        self, house_id: str | None, state: ReportState | None, after: str | None, limit: int
    ) -> Page[ReportRow]:
        """Return reports, of one house or all, in one state or any, the newest first."""
        ...

    def predictions_page(
        self, house_id: str, after: str | None, limit: int
    ) -> Page[tuple[Prediction, Folded]]:
        """Return predictions of one house and the status after each, the newest first."""
        ...

    def quarantine_page(
        self, code: str | None, house_id: str | None, after: str | None, limit: int
    ) -> Page[Quarantined]:
        """Return quarantined messages, of one code and house or any, the newest first."""
        ...

    def quarantine_codes(self) -> list[tuple[str, int]]:
        """Count quarantined messages by code."""
        ...

    def waiting(self) -> Waiting:
        """Tell what waits."""
        ...

    def activity(self, since_minute: int) -> list[Activity]:
        """Return what steps did from a minute [since 1970] on, by minute and step."""
        ...


class Records(Pages, Protocol):
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

    def days(self, house_id: str, first: int = 0, last: int = 0xFFFF) -> list[Packet]:
        """Return the stored days of one house from `first` to `last`, both included, oldest first."""
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
