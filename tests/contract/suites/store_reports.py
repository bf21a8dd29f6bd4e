"""What every Store does with reports: due in order, again until acknowledged or given up, under one key."""

import pytest

from sunsift.domain.status import Change, Status
from sunsift.parcels import Which
from sunsift.ports import Store
from sunsift.records import Records, ReportRow
from tests.support.build import FIRST_DAY, a_house, a_packet
from tests.support.verdicts import a_prediction, a_score, an_outcome, open_one, settle, tell

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

    # What speaks for it

    def test_a_report_brings_its_prediction(self, store: Store) -> None:
        poor = a_prediction(POOR.as_of, a_score(Status.POOR, 0.9))
        for house_id in ("a", "b"):
            store.save([a_packet(house_id, POOR.as_of)], [])
        settle(store, "a", [a_prediction(WELL.as_of), poor], POOR)
        settle(store, "b", [a_prediction(WELL.as_of)], WELL)
        found = {r.house_id: r.prediction for r in store.claim_reports(NOW, NOW + LEASE, 10)}
        assert found == {"a": poor, "b": a_prediction(WELL.as_of)}

    def test_the_prediction_is_told_as_it_stands(self, store: Store) -> None:
        store.save([a_packet("a", POOR.as_of)], [])
        settle(store, "a", [a_prediction(POOR.as_of)], POOR)
        corrected = a_prediction(POOR.as_of, a_score(Status.POOR, 0.8), digest="1e" * 16)
        store.save([a_packet("a", POOR.as_of, revision=1)], [])
        settle(store, "a", [corrected])
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        assert report.prediction == corrected
        store.save([a_packet("a", POOR.as_of, revision=2)], [])
        store.commit([an_outcome(open_one(store, "a"), withdrawn=[POOR.as_of])])
        (report,) = store.claim_reports(NOW + LEASE, NOW + 2 * LEASE, 10)
        assert report.prediction is None

    # Trying

    def test_a_report_knows_when_it_was_first_tried(self, store: Store) -> None:
        tell(store, "a", WELL)
        for now in (NOW, NOW + LEASE, NOW + 5 * LEASE):
            (report,) = store.claim_reports(now, now + LEASE, 10)
            assert report.first_tried == NOW

    def test_a_report_that_was_not_tried_is_due_as_before(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        tell(store, "a", POOR)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.release([report.key, "no such key"], NOW)
        (again,) = store.claim_reports(NOW + 1, NOW + LEASE, 10)
        assert (again.key, again.attempt, again.first_tried) == (report.key, 1, NOW + 1)
        # Only the time of this claim is taken back.
        store.postpone(report.key, NOW + LEASE, "busy")
        (again,) = store.claim_reports(NOW + LEASE, NOW + 2 * LEASE, 10)
        store.release([report.key], NOW + LEASE)
        (again,) = store.claim_reports(NOW + LEASE, NOW + 2 * LEASE, 10)
        assert (again.attempt, again.first_tried) == (2, NOW + 1)

    def test_what_waits_longest_comes_first(self, store: Store) -> None:
        tell(store, "a", WELL)
        tell(store, "b", WELL)
        keys = {r.house_id: r.key for r in store.claim_reports(NOW, NOW + LEASE, 10)}
        store.postpone(keys["a"], NOW + 2, "refused")
        store.release([keys["b"]], NOW)
        assert self.due(store, NOW + LEASE, limit=1) == [("b", Status.WELL)], "the other has had its try"

    def test_a_report_that_is_given_up_holds_up_nobody(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        tell(store, "a", POOR)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.give_up(report.key, "nobody home")
        store.give_up("no such key", "unknown")
        row = of(records, report.key)
        assert (row.delivered_at, row.problem, row.given_up_at is None) == (None, "nobody home", False)
        assert self.due(store) == [("a", Status.POOR)]
        counts = records.counts()
        assert (counts.reports, counts.undelivered, records.waiting().given_up) == (2, 1, 1)

    def test_what_is_given_up_stays_so(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.give_up(report.key, "nobody home")
        before = of(records, report.key)
        store.give_up(report.key, "again")
        store.postpone(report.key, NOW, "late")
        store.release([report.key], NOW)
        assert of(records, report.key) == before
        assert self.due(store, NOW + 100 * LEASE) == []

    def test_a_late_acknowledgement_counts(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.give_up(report.key, "nobody home")
        store.acknowledge([report.key])
        row = of(records, report.key)
        assert (row.delivered_at is None, row.given_up_at, row.problem) == (False, None, None)
        store.give_up(report.key, "too late")
        assert of(records, report.key) == row

    # Again

    def send_all(self, store: Store) -> list[tuple[str, str]]:
        """Deliver everything in turn; return house and key of each."""
        sent = []
        while reports := store.claim_reports(NOW, NOW + LEASE, 10):
            sent += [(r.house_id, r.key) for r in reports]
            store.acknowledge([r.key for r in reports])
        return sent

    def test_reports_are_sent_again_in_order_with_their_keys(self, store: Store) -> None:
        for change in (WELL, POOR):
            tell(store, "a", change)
            tell(store, "b", change)
        first = self.send_all(store)
        assert store.replay(Which(house_id="a")) == 2
        assert self.send_all(store) == [sent for sent in first if sent[0] == "a"]
        assert store.replay(Which(created_since_ms=0)) == 4
        assert by_house(self.send_all(store)) == by_house(first)

    def test_a_report_that_is_replayed_comes_before_later_ones(self, store: Store) -> None:
        tell(store, "a", WELL)
        [(_, key)] = self.send_all(store)
        tell(store, "a", POOR)
        assert store.replay(Which(key=key)) == 1
        assert self.due(store) == [("a", Status.WELL)]
        store.acknowledge([key])
        assert self.due(store) == [("a", Status.POOR)]

    def test_a_replay_has_its_full_time(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        (report,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.give_up(report.key, "nobody home")
        assert store.replay(Which(given_up=True)) == 1
        row = of(records, report.key)
        assert (row.given_up_at, row.problem) == (None, None)
        (again,) = store.claim_reports(NOW + 9, NOW + LEASE, 10)
        assert (again.key, again.first_tried, again.attempt) == (report.key, NOW + 9, 2)

    def test_only_what_was_asked_for_is_replayed(self, store: Store) -> None:
        tell(store, "a", WELL)
        tell(store, "b", WELL)
        (_, key_a), _ = self.send_all(store)
        tell(store, "b", POOR)
        (poor,) = store.claim_reports(NOW, NOW + LEASE, 10)
        store.give_up(poor.key, "nobody home")
        assert store.replay(Which(key="no such key")) == 0
        assert store.replay(Which(house_id="nobody")) == 0
        assert store.replay(Which(key=key_a, house_id="b")) == 0
        assert store.replay(Which(created_since_ms=1 << 50)) == 0
        assert store.replay(Which(given_up=True, house_id="a")) == 0
        assert store.replay(Which(given_up=True)) == 1
        assert self.due(store) == [("b", Status.POOR)]

    # Receivers that left

    def test_a_receiver_that_left_is_remembered(self, store: Store, other: Store) -> None:
        assert store.gone("https://retailer.example/solar") is None
        store.disable("https://retailer.example/solar", "the receiver answered 410")
        store.disable("https://retailer.example/solar", "again")
        assert other.gone("https://retailer.example/solar") == "the receiver answered 410"
        assert other.gone("https://retailer.example/other") is None
        assert store.enable("https://retailer.example/solar")
        assert not store.enable("https://retailer.example/solar")
        assert other.gone("https://retailer.example/solar") is None

    def test_reports_begin_anew_with_a_receiver_that_comes_back(self, store: Store, records: Records) -> None:
        tell(store, "a", WELL)
        tell(store, "b", WELL)
        given_up, waits = store.claim_reports(NOW, NOW + LEASE, 10)
        store.give_up(given_up.key, "nobody home")
        store.postpone(waits.key, NOW + 100 * LEASE, "the receiver answered 410")
        store.disable("r", "the receiver answered 410")
        store.enable("r")
        later = NOW + 2 * LEASE
        (report,) = store.claim_reports(later, later + LEASE, 10)
        assert (report.key, report.first_tried) == (waits.key, later)
        assert of(records, given_up.key).given_up_at is not None


def by_house(sent: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the keys that each house's reports had, in order."""
    return {house_id: [key for whose, key in sent if whose == house_id] for house_id, _ in sent}


def of(records: Records, key: str) -> ReportRow:
    """Return one report as it is listed."""
    (row,) = [row for row in records.reports() if row.key == key]
    return row
