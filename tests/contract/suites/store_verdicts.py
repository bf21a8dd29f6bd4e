"""What every Store does with verdicts: fenced, all or nothing, read back exactly."""

import pytest

from sunsift.domain.status import Change, Folded, Opinion, Status
from sunsift.parcels import Outcome, StoredPrediction
from sunsift.ports import Store
from sunsift.records import Records
from tests.support.breaking import BoomError, Breaking
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.verdicts import (
    FOLD_PREDICTIONS,
    HISTORY_DAYS,
    a_prediction,
    a_score,
    an_outcome,
    open_one,
    settle,
)

WELL = Change(FIRST_DAY, Status.WELL, Status.UNKNOWN)
POOR = Change(FIRST_DAY + 1, Status.POOR, Status.WELL)


class StoreVerdictsContract:
    """Subclasses give the fixtures `store`, `other` (a second worker on the same data) and `records`."""

    @pytest.fixture(autouse=True)
    def _houses(self, store: Store) -> None:
        store.register([a_house("a"), a_house("b")])
        store.save([a_packet("a"), a_packet("b")], [])

    def test_what_was_committed_is_read_back_exactly(self, store: Store, records: Records) -> None:
        unsure = a_prediction(FIRST_DAY + 1, a_score(Status.UNKNOWN, 0.5), "ab" * 16)
        sure = a_prediction(FIRST_DAY + 2, a_score(Status.POOR, 1.0), "cd" * 16)
        statuses = [Folded(FIRST_DAY + 1, 0.0001, None), Folded(FIRST_DAY + 2, 0.9999, POOR)]
        work = open_one(store, "a")
        assert store.commit([Outcome(work, [unsure, sure], [], statuses, POOR, [])]) == []
        assert list(records.predictions("a")) == [("a", unsure, statuses[0]), ("a", sure, statuses[1])]
        store.save([a_packet("a", revision=1)], [])
        assert open_one(store, "a").predictions == [
            StoredPrediction("ab" * 16, Opinion(0.5, Status.UNKNOWN), statuses[0]),
            StoredPrediction("cd" * 16, Opinion(1.0, Status.POOR), statuses[1]),
        ]

    def test_a_settled_house_leaves_nothing_to_do(self, store: Store) -> None:
        settle(store, "a")
        assert list(store.unsettled(10)) == ["b"]
        assert store.open(["a"], HISTORY_DAYS, FOLD_PREDICTIONS) == []

    def test_unknown_houses_are_left_out(self, store: Store) -> None:
        works = store.open(["nobody", "a"], HISTORY_DAYS, FOLD_PREDICTIONS)
        assert [w.house.house_id for w in works] == ["a"]

    def test_opening_again_voids_the_first(self, store: Store, other: Store, records: Records) -> None:
        mine = open_one(store, "a")
        theirs = open_one(other, "a")
        assert store.commit([an_outcome(mine, [a_prediction(FIRST_DAY)], report=WELL)]) == ["a"]
        assert list(records.predictions()) == []
        assert other.commit([an_outcome(theirs, [a_prediction(FIRST_DAY + 1)])]) == []
        assert store.commit([an_outcome(mine, [a_prediction(FIRST_DAY)], report=WELL)]) == ["a"]
        assert [p.period_end for _, p, _ in records.predictions()] == [FIRST_DAY + 1]
        assert list(records.reports()) == []

    @pytest.mark.parametrize("revision", [0, 1])
    def test_a_new_packet_voids_the_work(
        self, store: Store, other: Store, records: Records, revision: int
    ) -> None:
        work = open_one(store, "a")
        other.save([a_packet("a", FIRST_DAY + 1 - revision, revision=revision)], [])
        assert store.commit([an_outcome(work, [a_prediction(FIRST_DAY)], report=WELL)]) == ["a"]
        assert list(records.predictions()) == []
        assert "a" in store.unsettled(10)

    def test_a_changed_registration_voids_the_work(self, store: Store, other: Store) -> None:
        work = open_one(store, "a")
        other.register([a_house("a", tilt=40.0)])
        assert store.commit([an_outcome(work)]) == ["a"]
        assert open_one(store, "a").house.tilt == 40.0

    def test_a_packet_that_changes_nothing_voids_the_work_too(self, store: Store, other: Store) -> None:
        work = open_one(store, "a")
        other.save([a_packet("a")], [])
        assert store.commit([an_outcome(work)]) == ["a"]
        assert "a" in store.unsettled(10)

    def test_packets_of_other_houses_leave_the_work_valid(self, store: Store, other: Store) -> None:
        work = open_one(store, "a")
        other.save([a_packet("b", revision=1)], [])
        assert store.commit([an_outcome(work)]) == []

    def test_work_is_committed_once(self, store: Store, records: Records) -> None:
        outcome = an_outcome(open_one(store, "a"), [a_prediction(FIRST_DAY)], change=WELL, report=WELL)
        assert store.commit([outcome]) == []
        assert store.commit([outcome]) == ["a"]
        assert len(list(records.reports())) == 1

    def test_a_refused_outcome_does_not_hold_up_the_others(
        self, store: Store, other: Store, records: Records
    ) -> None:
        works = store.open(["a", "b"], HISTORY_DAYS, FOLD_PREDICTIONS)
        other.save([a_packet("a", revision=1)], [])
        assert store.commit([an_outcome(w, [a_prediction(FIRST_DAY)], report=WELL) for w in works]) == ["a"]
        assert [house_id for house_id, _, _ in records.predictions()] == ["b"]
        assert [r.house_id for r in records.reports()] == ["b"]

    def test_committing_is_all_or_nothing(self, store: Store, records: Records) -> None:
        first, second = store.open(["a", "b"], HISTORY_DAYS, FOLD_PREDICTIONS)
        fine = an_outcome(first, [a_prediction(FIRST_DAY)], change=WELL, report=WELL)
        statuses = [Folded(FIRST_DAY, 0.5, WELL)]
        breaks = Outcome(second, Breaking([a_prediction(FIRST_DAY)]), [], statuses, WELL, [])
        with pytest.raises(BoomError):
            store.commit([fine, breaks])
        assert list(records.predictions()) == []
        assert list(records.reports()) == []
        assert sorted(store.unsettled(10)) == ["a", "b"]
        assert store.commit([fine]) == [], "the failure must not cost the work"

    def test_withdrawn_predictions_are_gone(self, store: Store, records: Records) -> None:
        settle(store, "a", [a_prediction(FIRST_DAY + n) for n in range(4)])
        store.save([a_packet("a", revision=1)], [])
        store.commit([an_outcome(open_one(store, "a"), withdrawn=[FIRST_DAY + 1, FIRST_DAY + 2])])
        assert [p.period_end for _, p, _ in records.predictions()] == [FIRST_DAY, FIRST_DAY + 3]

    def test_a_status_changes_without_its_prediction(self, store: Store, records: Records) -> None:
        predictions = [a_prediction(FIRST_DAY + n) for n in range(2)]
        settle(store, "a", predictions)
        store.save([a_packet("a", revision=1)], [])
        folded = Folded(FIRST_DAY + 1, 0.77, POOR)
        store.commit([Outcome(open_one(store, "a"), [], [], [folded], None, [])])
        kept = [(p, f) for _, p, f in records.predictions()]
        assert kept == [(predictions[0], Folded(FIRST_DAY, 0.25, None)), (predictions[1], folded)]

    def test_a_prediction_replaces_the_one_of_its_period(self, store: Store, records: Records) -> None:
        settle(store, "a", [a_prediction(FIRST_DAY)])
        store.save([a_packet("a", revision=1)], [])
        better = a_prediction(FIRST_DAY, a_score(Status.POOR, 0.99), "ee" * 16)
        settle(store, "a", [better])
        assert [p for _, p, _ in records.predictions()] == [better]

    def test_work_holds_the_predictions_that_a_fold_needs(self, store: Store) -> None:
        store.save(days_of("a", FIRST_DAY, 60), [])
        settle(store, "a", [a_prediction(FIRST_DAY + n) for n in range(60)])
        store.save([a_packet("a", FIRST_DAY + 40, revision=1)], [])
        ends = [p.folded.as_of - FIRST_DAY for p in open_one(store, "a").predictions]
        assert ends == list(range(40 - FOLD_PREDICTIONS, 60))

    def test_work_says_what_the_retailer_was_told_last(self, store: Store) -> None:
        assert open_one(store, "a").reported is None
        for revision, change in enumerate((WELL, POOR), start=1):
            settle(store, "a", report=change)
            store.save([a_packet("a", revision=revision)], [])
            assert open_one(store, "a").reported == change
