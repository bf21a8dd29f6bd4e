"""The topic inside one process, and the clocks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sunsift.adapters.clock import FixedClock, SystemClock
from sunsift.adapters.local_topic import LocalTopic
from tests.contract.suites.clock import ClockContract
from tests.contract.suites.topic import TopicContract


class TestLocalTopic(TopicContract):
    @pytest.fixture
    def topic(self) -> LocalTopic:
        return LocalTopic()

    @pytest.fixture
    def take(self, topic: LocalTopic) -> Callable[[str, int], list[str]]:
        return topic.take


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> SystemClock:
        return SystemClock()

    def test_it_tells_the_time_of_the_machine(self, clock: SystemClock) -> None:
        before = datetime.now(UTC)
        assert before <= clock.now() <= datetime.now(UTC)


class TestFixedClock(ClockContract):
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock(datetime(2026, 3, 1, 10, 0, tzinfo=timezone(timedelta(hours=10))))

    def test_it_stands_where_it_was_set(self, clock: FixedClock) -> None:
        assert clock.now() == clock.now() == datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
