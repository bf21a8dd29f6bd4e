"""What every Store does with reports: due in order, again until acknowledged, always under one key."""

import pytest

from sunsift.domain.status import Change, Status
from sunsift.ports import Store
from sunsift.records import Records
from tests.support.build import FIRST_DAY, a_house
from tests.support.verdicts import tell

WELL = Change(FIRST_DAY, Status.WELL, Status.UNKNOWN)
POOR = Change(FIRST_DAY + 9, Status.POOR, Status.WELL)
NOW, LEASE = 5_000, 1_000


class StoreReportsContract:
    """Subclasses give the fixtures `store`, `other` (a second worker on the same data) and `records`."""

    @pytest.fixture(autouse=True)
    def _houses(self, store: Store) -> None:
        store.register([a_house("a"), a_house("b")])

    def due(self, store: Store, now: int = NOW, limit: int = 10) -> list[tuple[str, Status]]:
        """Claim what is due, and say of whom and of what it tells."""
        return [(r.house_id, r.status) for r in store.claim_reports(now, now + LEASE, limit)]

    def test_a_report_says_what_changed(self, store: Store) -> None:
        tell(store, "a", WELL)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        assert (report.house_id, report.status, report.previous, report.as_of, report.attempt) == (
            "a",
            Status.WELL,
            Status.UNKNOWN,
            FIRST_DAY,
            1,
        )

    def test_reports_of_a_house_come_in_order(self, store: Store) -> None:
        tell(store, "a", WELL)
        tell(store, "a", POOR)
        tell(store, "b", WELL)
        first = store.claim_reports(NOW, NOW + LEASE, 10)
        assert [(r.house_id, r.status) for r in first] == [("a", Status.WELL), ("b", Status.WELL)]
        assert self.due(store) == []
        store.acknowledge([r.key for r in first])
        assert self.due(store) == [("a", Status.POOR)]

    def test_a_claimed_report_is_nobody_elses_for_a_while(self, store: Store, other: Store) -> None:
        tell(store, "a", WELL)
        (first,) = store.claim_reports(NOW, NOW + LEASE, 10)
        assert other.claim_reports(NOW + LEASE - 1, NOW + 2 * LEASE, 10) == []
        (again,) = other.claim_reports(NOW + LEASE, NOW + 2 * LEASE, 10)
        assert again.key == first.key
        assert again.attempt == 2

    def test_an_acknowledged_report_never_comes_again(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.acknowledge([report.key])
        (row,) = records.reports()
        assert row.delivered_at is not None
        assert self.due(store, NOW + 100 * LEASE) == []

    def test_acknowledging_again_changes_nothing(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.acknowledge([report.key])
        before = list(records.reports())
        store.acknowledge([report.key, "no such key"])
        store.postpone(report.key, NOW, "too late")
        store.postpone("no such key", NOW, "unknown")
        assert list(records.reports()) == before

    def test_a_postponed_report_comes_back_in_its_time(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        tell(store, "a", POOR)
        tell(store, "b", WELL)
        reports = {r.house_id: r.key for r in store.claim_reports(NOW, NOW + LEASE, 10)}
        store.postpone(reports["a"], NOW + 9 * LEASE, "the receiver answered 503")
        store.acknowledge([reports["b"]])
        assert [r.problem for r in records.reports("a") if r.status is Status.WELL] == [
            "the receiver answered 503"
        ]
        assert self.due(store, NOW + 8 * LEASE) == []
        tell(store, "b", POOR)
        assert self.due(store, NOW + 8 * LEASE) == [("b", Status.POOR)], "one house must not hold up another"
        assert self.due(store, NOW + 9 * LEASE) == [("a", Status.WELL), ("b", Status.POOR)]

    def test_no_more_than_the_limit_is_claimed(self, store: Store) -> None:
        tell(store, "a", WELL)
        tell(store, "b", WELL)
        assert self.due(store, limit=1) == [("a", Status.WELL)]
        assert self.due(store, limit=1) == [("b", Status.WELL)]

    def test_a_key_names_one_telling(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        tell(store, "b", WELL)
        tell(store, "a", POOR)
        keys = {r.key for r in records.reports()}
        assert len(keys) == 3
        # A correction took the change back, another one restored it: the retailer must hear of it again.
        tell(store, "a", WELL, revision=1)
        tell(store, "a", POOR, revision=1)
        assert len({r.key for r in records.reports()}) == 5
        assert keys < {r.key for r in records.reports()}
