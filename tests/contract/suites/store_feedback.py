"""What every Store does with feedback, and every Records shows of it."""

import pytest

from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.feedback import Feedback, Found
from sunsift.ports import Store
from sunsift.records import Records
from tests.support.build import FIRST_DAY, a_house
from tests.support.clock import ManualClock

FAULT = Feedback("a", FIRST_DAY, FIRST_DAY + 2, Found.FAULT, "inverter dead")
HEALTHY = Feedback("b", FIRST_DAY + 1, FIRST_DAY + 1, Found.HEALTHY)


class StoreFeedbackContract:
    """Subclasses give the fixtures `store`, `records` and `clock`."""

    @pytest.fixture(autouse=True)
    def _houses(self, store: Store) -> None:
        store.register([a_house("b"), a_house("a")])

    def test_feedback_is_read_back_exactly_by_house_and_days(self, store: Store, records: Records) -> None:
        later = Feedback("a", FIRST_DAY, FIRST_DAY + 3, Found.HEALTHY, "repaired; grün")
        assert store.note([HEALTHY, later, FAULT]) == 3
        assert [noted.feedback for noted in records.feedback()] == [FAULT, later, HEALTHY]
        assert [noted.feedback for noted in records.feedback("b")] == [HEALTHY]
        assert list(records.feedback("nobody")) == []
        assert records.counts().feedback == 3

    def test_the_same_word_twice_changes_nothing(
        self, store: Store, records: Records, clock: ManualClock
    ) -> None:
        store.note([FAULT])
        before = list(records.feedback())
        clock.turn(hours=1)
        assert store.note([FAULT, FAULT]) == 0
        assert list(records.feedback()) == before

    def test_the_newest_word_on_the_same_days_counts(
        self, store: Store, records: Records, clock: ManualClock
    ) -> None:
        store.note([FAULT])
        [before] = records.feedback()
        clock.turn(hours=1)
        better = Feedback("a", FAULT.first_day, FAULT.last_day, Found.HEALTHY, "wrong house")
        assert store.note([better]) == 1
        [after] = records.feedback()
        assert after.feedback == better
        assert after.noted_at > before.noted_at

    def test_an_unknown_house_refuses_all_of_it(self, store: Store, records: Records) -> None:
        with pytest.raises(UnknownHouseError, match="nobody"):
            store.note([FAULT, Feedback("nobody", FIRST_DAY, FIRST_DAY, Found.FAULT)])
        assert list(records.feedback()) == []
