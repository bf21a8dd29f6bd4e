"""The numbers that the flow goes by, with the defaults of the design."""

from dataclasses import dataclass

from sunsift.domain.errors import SettingsError

MINUTES_A_YEAR = 366 * 24 * 60
SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long, how many, how sure.

    period_days: length of the period that one prediction judges [days].
    ready_days: usable days that a period needs before it is judged [days].
    fold_predictions: predictions that a status averages.
    quiet_minutes: silence of a house after which its status may settle [minutes].
    close_minutes: how long after its first packet a region day closes [minutes]; None: the quiet time.
    lease_seconds: how long a worker may hold a house [seconds].
    trying_days: for how long a report is tried before it is given up [days].
    """

    period_days: int = 30
    ready_days: int = 25
    fold_predictions: int = 10
    quiet_minutes: float = 45.0
    close_minutes: float | None = None
    lease_seconds: float = 120.0
    trying_days: float = 3.0

    def __post_init__(self) -> None:
        if not 1 <= self.ready_days <= self.period_days <= 366:
            raise SettingsError("ready_days must lie in 1 to period_days, and period_days at most 366")
        if not 1 <= self.fold_predictions <= 366:
            raise SettingsError("fold_predictions must lie in 1 to 366")
        if not 0 <= self.quiet_minutes <= MINUTES_A_YEAR:
            raise SettingsError("quiet_minutes must not be negative, nor longer than a year")
        if self.close_minutes is not None and not 0 <= self.close_minutes <= MINUTES_A_YEAR:
            raise SettingsError("close_minutes must not be negative, nor longer than a year")
        if not 0 < self.lease_seconds <= SECONDS_A_DAY:
            raise SettingsError("lease_seconds must be positive, and not longer than a day")

    @property
    def quiet_ms(self) -> int:
        """The quiet time in milliseconds."""
        return round(self.quiet_minutes * 60_000)

    @property
    def close_ms(self) -> int:
        """The time from a region day's first packet to its closing, in milliseconds."""
        return self.quiet_ms if self.close_minutes is None else round(self.close_minutes * 60_000)

    @property
    def trying_ms(self) -> int:
        """The time for which a report is tried, in milliseconds."""
        return round(self.trying_days * SECONDS_A_DAY * 1000)

    @property
    def lease_ms(self) -> int:
        """The lease in milliseconds."""
        return round(self.lease_seconds * 1000)
