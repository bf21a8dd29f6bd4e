"""A clock that tests turn by hand."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Stands still until it is turned, forwards or backwards."""

    def __init__(self, moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._moment

    def turn(self, **by: float) -> None:
        """Turn the clock; by: as in `timedelta`, negative for backwards."""
        self._moment += timedelta(**by)
