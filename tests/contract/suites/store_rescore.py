"""What every Store does when predictions are to be judged anew on purpose."""

import pytest

from sunsift.ports import Store
from sunsift.records import Records, Rescorable
from tests.contract.suites.store_regions import NORTH, SOUTH, a_row
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.clock import ManualClock
from tests.support.verdicts import a_prediction, an_outcome, open_one

D = FIRST_DAY
SINCE = D + 2
DAYS = range(D, D + 4)
JUDGED = [a_prediction(day) for day in DAYS]
EVIDENCE = [(day, a_row()) for day in DAYS]
DIGEST = JUDGED[0].input_digest


class StoreRescoreContract:
    """Subclasses give the fixtures `store`, `other`, `records` and `clock`.

    Two houses in the north and one in the south have four days, all of them judged under closed profiles;
    one more house in the north was judged before SINCE only.
    """

    @pytest.fixture(autouse=True)
    def _judged(self, store: Store, clock: ManualClock) -> None:
        regions = {"a": NORTH, "b": NORTH, "early": NORTH, "c": SOUTH}
        store.register([a_house(name, region=region) for name, region in regions.items()])
        store.save([p for name in regions for p in days_of(name, D, 4)], [])
        for region in (NORTH, SOUTH):
            store.close(region, dict.fromkeys(DAYS, region.encode()))
        for name in regions:
            predictions = JUDGED[:2] if name == "early" else JUDGED
            store.commit([an_outcome(open_one(store, name), predictions, evidence=EVIDENCE)])
        clock.turn(hours=1)

    def test_what_can_be_judged_anew_is_counted(self, records: Records) -> None:
        assert records.rescorable(SINCE) == [Rescorable(NORTH, 2, 4, 2), Rescorable(SOUTH, 1, 2, 2)]
        assert records.rescorable(D) == [Rescorable(NORTH, 3, 10, 4), Rescorable(SOUTH, 1, 4, 4)]
        assert records.rescorable(D + 4) == []

    @pytest.mark.parametrize("times", [1, 2])
    def test_predictions_from_the_day_on_become_stale(self, store: Store, times: int) -> None:
        for _ in range(times):
            assert store.rescore(NORTH, SINCE, sunlight=False) == 2
        work = open_one(store, "a")
        assert [(p.folded.as_of, p.input_digest) for p in work.predictions] == [
            (D, DIGEST), (D + 1, DIGEST), (D + 2, ""), (D + 3, ""),
        ]  # fmt: skip
        assert (work.changed_from, work.changed_to) == (SINCE, D + 3)
        assert (work.evidence, work.packets, work.awaits) == (EVIDENCE, [], None)

    def test_nobody_else_is_touched(self, store: Store, records: Records) -> None:
        before = list(records.predictions("c")), list(records.predictions("early"))
        store.rescore(NORTH, SINCE, sunlight=True)
        assert sorted(store.unsettled(10)) == ["a", "b"]
        assert (list(records.predictions("c")), list(records.predictions("early"))) == before

    def test_a_quiet_house_stays_quiet(self, store: Store, clock: ManualClock) -> None:
        stirred = store.save([a_packet("a", D + 4)], []).arrived["a"]
        clock.turn(hours=1)
        store.rescore(NORTH, SINCE, sunlight=False)
        assert store.unsettled(10)["a"] == stirred

    def test_the_changes_of_a_waiting_house_are_not_forgotten(self, store: Store) -> None:
        store.save([a_packet("a", D, revision=1), a_packet("b", D + 9)], [])
        store.rescore(NORTH, SINCE, sunlight=False)
        changed = {w.house.house_id: (w.changed_from, w.changed_to) for w in store.open(["a", "b"], 30, 10)}
        assert changed == {"a": (D, D + 3), "b": (SINCE, D + 9)}

    def test_work_that_is_under_way_is_void(self, store: Store, other: Store) -> None:
        other.save([a_packet("a", D + 4)], [])
        work = open_one(other, "a")
        store.rescore(NORTH, SINCE, sunlight=False)
        assert other.commit([an_outcome(work)]) == ["a"]

    def test_what_was_judged_anew_is_settled(self, store: Store, records: Records) -> None:
        before = list(records.predictions("a"))
        store.rescore(NORTH, SINCE, sunlight=False)
        store.commit([an_outcome(open_one(store, "a"), JUDGED[2:])])
        assert list(records.predictions("a")) == before
        assert list(store.unsettled(10)) == ["b"]

    def test_sunlight_is_left_alone_unless_asked_for(self, store: Store, records: Records) -> None:
        before = list(records.region_days())
        store.rescore(NORTH, SINCE, sunlight=False)
        assert list(records.region_days()) == before

    @pytest.mark.parametrize("times", [1, 2])
    def test_sunlight_is_measured_anew_with_what_is_stored(
        self, store: Store, records: Records, times: int
    ) -> None:
        opened = {(r.region, r.day): r.opened for r in records.region_days()}
        for _ in range(times):
            store.rescore(NORTH, SINCE, sunlight=True)
        days = list(records.region_days())
        assert {(r.region, r.day): r.opened for r in days} == opened
        open_days = [(r.region, r.day) for r in days if r.profile is None]
        assert open_days == [(NORTH, D + 2), (NORTH, D + 3)]
        [due] = store.closable(max(opened.values()), 10)
        assert (due.region, list(due.days)) == (NORTH, [D + 2, D + 3])
        work = open_one(store, "a")
        assert (work.evidence, [p.day for p in work.packets]) == (EVIDENCE[:2], [D + 2, D + 3])
        assert work.awaits == opened[NORTH, D + 3]
        assert store.close(NORTH, {D + 2: b"new", D + 3: b"new"}) == 2
        assert open_one(store, "a").profiles == {D + 2: b"new", D + 3: b"new"}

    def test_evidence_of_houses_that_were_not_judged_goes_too(self, store: Store) -> None:
        store.rescore(NORTH, SINCE, sunlight=True)
        store.save([a_packet("early", D + 4), a_packet("c", D + 4)], [])
        assert [day for day, _ in open_one(store, "early").evidence] == [D, D + 1]
        assert [day for day, _ in open_one(store, "c").evidence] == [*DAYS]
