"""What passes through the doors: messages, what is known of a house at one moment, reports, counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.status import Change, Folded, Opinion, Status
from sunsift.domain.verdict import Prediction


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the inbox.

    body: exactly the bytes that arrived.
    receipt: what the inbox needs to delete it.
    source: where it came from, for people ("packets.jsonl line 12").
    problem: set when the inbox itself will not have it processed, with the reason; problem_code: in one word.
    id: the name that the inbox gave it, for logs. house_id: whose a message with a problem is, if known.
    """

    body: bytes
    receipt: str
    source: str = ""
    problem: str | None = None
    problem_code: str = "unreadable"
    id: str = ""
    house_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message on its way to quarantine, whole, with the reason.

    utc_offset_hours: by which clock its day was cut, where that is the trouble.
    """

    body: bytes
    source: str
    code: str
    reason: str
    house_id: str | None = None
    utc_offset_hours: float | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Quarantined(Refused):
    """A message that waits in quarantine."""

    id: str = ""
    received_at: str = ""


@dataclass(slots=True)
class Saved:
    """What one batch did to the store.

    accepted: packets that were stored; `revised` of them replaced an earlier revision.
    duplicate: packets whose content was already there. superseded: packets older than what is stored.
    houses: registrations that were added or changed. houses_superseded: those older than what is stored.
    redriven: packets that had waited in quarantine for these registrations, and were stored now.
    erased: messages of houses that were erased; they were dropped.
    arrived: steady time of arrival of every house of the batch that waits to be settled [ms].
    """

    accepted: int = 0
    revised: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0
    houses: int = 0
    houses_superseded: int = 0
    redriven: int = 0
    erased: int = 0
    arrived: dict[str, int] = field(default_factory=dict)

    def add(self, more: "Saved") -> None:
        """Add the counts of another batch."""
        for count in fields(self):
            if count.name != "arrived":
                setattr(self, count.name, getattr(self, count.name) + getattr(more, count.name))


@dataclass(slots=True)
class Registered:
    """What registrations did to the store.

    added: houses that were new. changed: registrations that differ from what was stored.
    superseded: those that differ, but are older than what is stored; they did nothing.
    arrived: steady time [ms] of every named house that waits to be settled, whoever changed it.
    """

    added: int = 0
    changed: int = 0
    superseded: int = 0
    arrived: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenDays:
    """Days of one region whose sunlight is not written down yet, oldest first."""

    region: str
    days: Sequence[int]


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """What predict needs of a prediction that is already stored."""

    input_digest: str
    opinion: Opinion
    folded: Folded


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that predict needs of one house, read at one moment.

    fence: number of this opening; opening again, by anyone, makes it void.
    generation: how often packets changed the house; a later packet makes it void.
    arrived: steady time of the last packet [ms].
    changed_from, changed_to: days whose packets changed since the last predict, both included.
    evidence: (day, row) of the days that any period touched by a change can see, oldest first.
    packets: such days that have no evidence yet, oldest first. profiles: of those days, where closed.
    awaits: when the last of those days' region days was opened that is still open [steady ms]; None if all
    are closed. The house cannot be predicted before that.
    predictions: stored predictions from ten before the first that may change on, oldest first.
    reported: the change that the newest report tells of, if any.
    trace: of the ingest that changed the house last; see `Store.save`.
    """

    house: House
    fence: int
    generation: int
    arrived: int
    changed_from: int
    changed_to: int
    evidence: Sequence[tuple[int, bytes]]
    packets: Sequence[Packet]
    profiles: Mapping[int, bytes]
    awaits: int | None
    predictions: Sequence[StoredPrediction]
    reported: Change | None
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What predict wants to write for one house, all or nothing.

    predictions: new or changed. withdrawn: period ends whose period is no longer ready.
    statuses: where the house stands on every day that is new or changed.
    report: the change to tell the retailer of, if there is one.
    evidence: (day, row) of the days that were measured for it.
    """

    work: Work
    predictions: Sequence[Prediction]
    withdrawn: Sequence[int]
    statuses: Sequence[Folded]
    report: Change | None
    evidence: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Report:
    """One outgoing status message. Its key never changes, however often it is sent.

    attempt: 1 for the first sending, more when an earlier one was not acknowledged.
    trace: of the ingest that led to it; see `Store.save`.
    first_tried: when the first attempt was made [steady ms].
    prediction: of the day `as_of`, as it is now; None if it was withdrawn since.
    """

    key: str
    house_id: str
    status: Status
    previous: Status
    as_of: int
    created_at: str
    attempt: int
    trace: str = ""
    first_tried: int = 0
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why a report was not acknowledged.

    problem: for people, without secrets. retry_after_seconds: how long the receiver asked to be left alone.
    gone: the receiver wants no more reports, of any house. tried: False if another failure held it back.
    """

    problem: str
    retry_after_seconds: float | None = None
    gone: bool = False
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which reports to send again: those that all of this is true of.

    created_since_ms: written then or later [wall ms since 1970].
    """

    key: str | None = None
    house_id: str | None = None
    given_up: bool = False
    created_since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """What a step did within one minute, for people.

    minute: of wall time [since 1970]. runs: how often it ran. milliseconds: how long, together.
    done: packets, houses or reports, as the step's name suggests. failed: of these, what came to nothing.
    """

    minute: int
    step: str
    runs: int
    milliseconds: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a house was erased: when [wall ms since 1970], and how many rows of which table went."""

    erased_at_ms: int
    removed: Mapping[str, int]
