"""What every Clock does."""

from datetime import timedelta

from sunsift.ports import Clock


class ClockContract:
    """Subclasses give the fixture `clock`."""

    def test_the_time_is_utc_and_says_so(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)
