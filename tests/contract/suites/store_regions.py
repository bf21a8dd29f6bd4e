"""What every Store does with region days, their profiles, and the evidence that rests on them."""

import pytest

from sunsift.domain.evidence import LAYOUT, WIDTH
from sunsift.domain.sunlight import SAMPLE, sampled
from sunsift.parcels import OpenDays
from sunsift.ports import Store
from sunsift.records import Records, RegionDay
from tests.support.breaking import BoomError, Breaking
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.clock import ManualClock
from tests.support.verdicts import an_outcome, open_one, settle

D = FIRST_DAY
NORTH, SOUTH = "north", "south"
LONG = 1 << 60


def a_row(byte: int = 0) -> bytes:
    """Return a row of evidence of the present layout."""
    return bytes([LAYOUT]) + bytes([byte]) * (WIDTH - 1)


def days_in(found: list[OpenDays]) -> list[tuple[str, list[int]]]:
    """Return each region with its days, counted from FIRST_DAY."""
    return [(entry.region, [day - D for day in entry.days]) for entry in found]


class StoreRegionsContract:
    """Subclasses give the fixtures `store`, `other`, `records` and `clock`."""

    @pytest.fixture(autouse=True)
    def _houses(self, store: Store) -> None:
        store.register([a_house("a", region=NORTH), a_house("b", region=NORTH), a_house("c", region=SOUTH)])

    def test_the_first_packet_opens_a_region_day(
        self, store: Store, records: Records, clock: ManualClock
    ) -> None:
        first = store.save([a_packet("a", D), a_packet("b", D)], []).arrived["a"]
        clock.turn(minutes=1)
        second = store.save([a_packet("b", D), a_packet("a", D, revision=1), a_packet("c", D)], []).arrived
        clock.turn(minutes=1)
        third = store.save([a_packet("b", D + 1)], []).arrived["b"]
        assert list(records.region_days()) == [
            RegionDay(NORTH, D, first, None),
            RegionDay(NORTH, D + 1, third, None),
            RegionDay(SOUTH, D, second["c"], None),
        ]

    def test_a_house_without_a_region_shares_the_sun_of_its_place(
        self, store: Store, records: Records
    ) -> None:
        store.register([a_house("d", latitude=-33.6), a_house("e", latitude=-34.4)])
        store.save([a_packet("d"), a_packet("e")], [])
        assert [r.region for r in records.region_days()] == [a_house().weather_region]

    def test_days_may_close_when_they_were_opened_early_enough(
        self, store: Store, clock: ManualClock
    ) -> None:
        store.save([a_packet("c", D + 2), a_packet("a", D + 1), a_packet("a", D)], [])
        now = store.steady()
        clock.turn(minutes=1)
        store.save([a_packet("a", D + 3)], [])
        assert store.closable(now - 1, 10) == []
        assert days_in(store.closable(now, 10)) == [(NORTH, [0, 1]), (SOUTH, [2])]
        assert days_in(store.closable(now + 60_000, 10)) == [(NORTH, [0, 1, 3]), (SOUTH, [2])]
        assert sum(len(entry.days) for entry in store.closable(LONG, 3)) == 3

    def test_a_day_closes_once(self, store: Store, other: Store, records: Records) -> None:
        store.save([a_packet("a", D), a_packet("a", D + 1), a_packet("c", D)], [])
        assert store.close(NORTH, {D: b"first"}) == 1
        assert other.close(NORTH, {D: b"second", D + 1: b"second"}) == 1
        assert store.close(NORTH, {}) == 0
        profiles = {(r.region, r.day): r.profile for r in records.region_days()}
        assert profiles == {(NORTH, D): b"first", (NORTH, D + 1): b"second", (SOUTH, D): None}
        assert days_in(store.closable(LONG, 10)) == [(SOUTH, [0])]

    def test_later_packets_leave_a_closed_day_as_it_is(self, store: Store, records: Records) -> None:
        store.save([a_packet("a")], [])
        store.close(NORTH, {D: b"closed"})
        before = list(records.region_days())
        store.save([a_packet("a", revision=1), a_packet("b")], [])
        assert list(records.region_days()) == before

    def test_a_day_that_nobody_opened_cannot_close(self, store: Store, records: Records) -> None:
        assert store.close(NORTH, {D: b"closed"}) == 0
        assert list(records.region_days()) == []

    def test_saving_that_fails_opens_nothing(self, store: Store, records: Records) -> None:
        with pytest.raises(BoomError):
            store.save([a_packet("a")], Breaking([]))
        assert list(records.region_days()) == []

    def test_a_profile_is_measured_with_all_packets_of_the_region(self, store: Store) -> None:
        store.save([*days_of("a", D, 5), *days_of("b", D + 2, 5), *days_of("c", D, 5)], [])
        houses, packets = store.region_packets(OpenDays(NORTH, (D, D + 3, D + 9)))
        assert sorted(h.house_id for h in houses) == ["a", "b"]
        assert sorted(packets) == [a_packet("a", D), a_packet("a", D + 3), a_packet("b", D + 3)]
        assert store.region_packets(OpenDays("nowhere", (D,))) == ([], [])

    def test_a_large_region_is_measured_with_a_sample(self, store: Store) -> None:
        names = [f"house-{n}" for n in range(SAMPLE + 20)]
        store.register([a_house(name, region="large") for name in names])
        store.save([a_packet("a")._replace(house_id=name) for name in names], [])
        houses, packets = store.region_packets(OpenDays("large", (D,)))
        assert sorted(h.house_id for h in houses) == sorted(p.house_id for p in packets)
        assert sorted(h.house_id for h in houses) == sorted(sampled(names))

    def test_a_feed_is_read_back_exactly(self, store: Store) -> None:
        rows = [(NORTH, D, b"\x00one"), (NORTH, D + 1, b"two"), (SOUTH, D, b"three")]
        assert store.import_feed(rows) == 3
        assert store.import_feed([(NORTH, D, b"better")]) == 1
        assert store.feed(OpenDays(NORTH, (D, D + 1, D + 2))) == {D: b"better", D + 1: b"two"}
        assert store.feed(OpenDays("nowhere", (D,))) == {}

    def test_work_waits_for_the_region_day_that_was_opened_last(
        self, store: Store, clock: ManualClock
    ) -> None:
        opened = []
        for day in (D, D + 1, D + 2):
            opened.append(store.save([a_packet("b", day), a_packet("c", D + 5)], []).arrived["b"])
            clock.turn(minutes=1)
        store.save(days_of("a", D, 3), [])
        work = open_one(store, "a")
        assert (work.awaits, work.profiles) == (opened[2], {})
        store.close(NORTH, {D + 2: b"three", D: b"one"})
        work = open_one(store, "a")
        assert (work.awaits, work.profiles) == (opened[1], {D: b"one", D + 2: b"three"})
        store.close(NORTH, {D + 1: b"two"})
        work = open_one(store, "a")
        assert (work.awaits, work.profiles) == (None, {D: b"one", D + 1: b"two", D + 2: b"three"})

    def test_evidence_is_kept_and_its_packets_are_not_read_again(self, store: Store) -> None:
        store.save(days_of("a", D, 3), [])
        rows = [(D, a_row(1)), (D + 1, a_row(2)), (D + 2, a_row(3))]
        assert store.commit([an_outcome(open_one(store, "a"), evidence=rows)]) == []
        store.save([a_packet("a", D + 3)], [])
        work = open_one(store, "a")
        assert work.evidence == rows
        assert work.packets == [a_packet("a", D + 3)]

    def test_a_revision_takes_its_evidence_away(self, store: Store) -> None:
        store.save(days_of("a", D, 3, revision=1), [])
        rows = [(D, a_row()), (D + 1, a_row()), (D + 2, a_row())]
        store.commit([an_outcome(open_one(store, "a"), evidence=rows)])
        revised = a_packet("a", D + 1, revision=2)
        store.save([revised, a_packet("a", D, revision=1), a_packet("a", D + 2)], [])
        work = open_one(store, "a")
        assert work.evidence == [rows[0], rows[2]]
        assert work.packets == [revised]

    def test_evidence_of_another_layout_is_measured_again(self, store: Store) -> None:
        store.save(days_of("a", D, 3), [])
        rows = [(D, b"\xfe" + a_row()[1:]), (D + 1, a_row()), (D + 2, a_row()[:-1])]
        store.commit([an_outcome(open_one(store, "a"), evidence=rows)])
        store.save([a_packet("a", D + 3)], [])
        work = open_one(store, "a")
        assert [day for day, _ in work.evidence] == [D + 1]
        assert [p.day for p in work.packets] == [D, D + 2, D + 3]

    def test_void_work_leaves_no_evidence(self, store: Store, other: Store) -> None:
        store.save([a_packet("a")], [])
        work = open_one(store, "a")
        other.save([a_packet("a", revision=1)], [])
        assert store.commit([an_outcome(work, evidence=[(D, a_row())])]) == ["a"]
        assert open_one(store, "a").evidence == []

    def test_a_changed_registration_takes_all_evidence_of_its_house_away(self, store: Store) -> None:
        for house_id in ("a", "b"):
            store.save([a_packet(house_id)], [])
            store.commit([an_outcome(open_one(store, house_id), evidence=[(D, a_row())])])
        store.register([a_house("a", region=NORTH, tilt=30.0), a_house("b", region=NORTH)])
        work = open_one(store, "a")
        assert (work.evidence, work.packets) == ([], [a_packet("a")])
        store.save([a_packet("b", D + 1)], [])
        assert open_one(store, "b").evidence == [(D, a_row())]

    def test_a_move_opens_the_days_that_the_new_region_never_had(
        self, store: Store, records: Records, clock: ManualClock
    ) -> None:
        store.save([*days_of("a", D, 3), a_packet("c", D)], [])
        store.close(NORTH, dict.fromkeys(range(D, D + 3), b"north"))
        store.close(SOUTH, {D: b"south"})
        settle(store, "a")
        clock.turn(minutes=9)
        store.register([a_house("a", region=SOUTH)])
        now = store.steady()
        found = [(r.day, r.opened, r.profile) for r in records.region_days() if r.region == SOUTH]
        assert found[1:] == [(D + 1, now, None), (D + 2, now, None)]
        work = open_one(store, "a")
        assert (work.profiles, work.awaits) == ({D: b"south"}, now)
        store.save([a_packet("a", D + 5)], [])
        assert (SOUTH, D + 5) in {(r.region, r.day) for r in records.region_days()}

    def test_only_what_a_change_can_touch_is_read(self, store: Store) -> None:
        store.save(days_of("a", D, 100), [])
        rows = [(D + n, a_row(n)) for n in range(100) if n != 21]
        store.commit([an_outcome(open_one(store, "a"), evidence=rows)])
        store.save([a_packet("a", D + 50, revision=1)], [])
        work = open_one(store, "a")
        near = range(D + 21, D + 80)
        assert [day for day, _ in work.evidence] == [day for day in near if day not in (D + 21, D + 50)]
        assert [p.day for p in work.packets] == [D + 21, D + 50]
