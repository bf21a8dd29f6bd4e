"""What every Records shows to whoever watches the model."""

import pytest

from sunsift.domain.evidence import LAYOUT, WIDTH
from sunsift.domain.status import Status
from sunsift.ports import Store
from sunsift.records import Records, VerdictCount
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.verdicts import a_prediction, a_score, an_outcome, open_one, settle

D = FIRST_DAY
UNKNOWN = a_score(Status.UNKNOWN, 0.5)


def a_row(byte: int) -> bytes:
    """Return a row of evidence of the present layout."""
    return bytes([LAYOUT]) + bytes([byte]) * (WIDTH - 1)


class RecordsWatchContract:
    """Subclasses give `records` and `store`, which writes what is read."""

    @pytest.fixture(autouse=True)
    def _houses(self, store: Store) -> None:
        store.register([a_house("a", region="north"), a_house("b", region="north"), a_house("c", region="s")])

    def test_the_newest_day_is_that_of_any_house(self, store: Store, records: Records) -> None:
        assert records.newest_day() is None
        store.save([*days_of("a", D, 3), *days_of("c", D + 1, 1)], [])
        assert records.newest_day() == D + 2

    def test_verdicts_are_counted_by_region_and_version(self, store: Store, records: Records) -> None:
        store.save([*days_of("a", D, 3), *days_of("b", D, 3), *days_of("c", D, 3)], [])
        settle(store, "a", [a_prediction(D), a_prediction(D + 1), a_prediction(D + 2, UNKNOWN)])
        settle(store, "b", [a_prediction(D + 1)])
        settle(store, "c", [a_prediction(D + 2)])
        assert records.verdicts(D + 1) == [
            VerdictCount("north", "test-1", Status.UNKNOWN, 1),
            VerdictCount("north", "test-1", Status.WELL, 2),
            VerdictCount("s", "test-1", Status.WELL, 1),
        ]
        assert records.verdicts(D + 3) == []

    def test_evidence_comes_from_a_day_on_in_the_present_layout(self, store: Store, records: Records) -> None:
        store.save([*days_of("a", D, 4), *days_of("c", D, 4)], [])
        rows = [(D, a_row(1)), (D + 1, a_row(2)), (D + 2, a_row(3)[:-1]), (D + 3, a_row(4))]
        store.commit([an_outcome(open_one(store, "a"), evidence=rows)])
        store.commit([an_outcome(open_one(store, "c"), evidence=[(D + 1, a_row(9))])])
        assert sorted(records.evidence(D + 1)) == [a_row(2), a_row(4), a_row(9)]
