"""What somebody found who went and looked at the panels."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sunsift.domain.errors import InvalidFeedbackError
from sunsift.domain.status import Status

LONGEST_NOTE: Final = 1000


class Found(StrEnum):
    """What a visit found."""

    FAULT = "fault"
    HEALTHY = "healthy"


RIGHT_STATUS: Final = {Found.FAULT: Status.POOR, Found.HEALTHY: Status.WELL}


@dataclass(frozen=True, slots=True)
class Feedback:
    """The truth about one house on some days in a row.

    first_day, last_day: both included [days since 1970-01-01]. note: for people, at most 1000 characters.
    Errors: InvalidFeedbackError for days in the wrong order or a note that is too long.
    """

    house_id: str
    first_day: int
    last_day: int
    found: Found
    note: str = ""

    def __post_init__(self) -> None:
        if self.first_day > self.last_day:
            raise InvalidFeedbackError("the first day of feedback lies after its last")
        if len(self.note) > LONGEST_NOTE:
            raise InvalidFeedbackError(f"a note has at most {LONGEST_NOTE} characters")
