"""What every Store does with packets and registrations."""

from collections.abc import Sequence
from itertools import permutations, product

import numpy as np
import pytest

from sunsift.domain.errors import UnknownHouseError
from sunsift.domain.readings import INTERVALS, MISSING, QUALITIES, Packet
from sunsift.parcels import Refused, Registered
from sunsift.ports import Store
from tests.support.breaking import BoomError, Breaking
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, packet_of
from tests.support.clock import ManualClock
from tests.support.verdicts import FOLD_PREDICTIONS, HISTORY_DAYS, a_prediction, open_one, settle


def is_untouched(store: Store, house_ids: Sequence[str]) -> bool:
    """Say whether the store holds no packet of these houses."""
    return not store.unsettled(10) and not store.open(house_ids, HISTORY_DAYS, FOLD_PREDICTIONS)


class StorePacketsContract:
    """Subclasses give the fixtures `store` and `clock`."""

    @pytest.fixture(autouse=True)
    def _houses(self, store: Store) -> None:
        store.register([a_house("a"), a_house("b")])

    def test_only_registered_houses_are_known(self, store: Store) -> None:
        assert store.houses(["a", "nobody", "b"]) == {"a": a_house("a"), "b": a_house("b")}
        assert store.houses([]) == {}

    def test_a_registration_is_kept_exactly(self, store: Store) -> None:
        full = a_house(
            "Zähler 7'\";--",
            capacity_kwp=6.605,
            azimuth=0.0,
            tilt=22.5,
            export_limit_kw=0.0,
            battery=True,
            region="Süd",
        )
        assert store.register([full]) == Registered(added=1)
        assert store.houses([full.house_id]) == {full.house_id: full}

    def test_registrations_are_counted(self, store: Store) -> None:
        again = [a_house("a"), a_house("b", tilt=10.0), a_house("c")]
        assert store.register(again) == Registered(added=1, changed=1)
        assert store.register(again) == Registered()

    def test_registering_is_all_or_nothing(self, store: Store) -> None:
        with pytest.raises(BoomError):
            store.register(Breaking([a_house("c"), a_house("a", tilt=10.0)]))
        assert store.houses(["a", "c"]) == {"a": a_house("a")}

    @pytest.mark.parametrize("minutes", INTERVALS)
    def test_packets_are_read_back_exactly(self, store: Store, minutes: int) -> None:
        rng = np.random.default_rng(minutes)
        size = 2 * 1440 // minutes
        rows = [
            np.full(size, MISSING),
            np.zeros(size),
            np.full(size, MISSING - 1),
            *rng.integers(0, MISSING, (len(QUALITIES) - 3, size), endpoint=True),
        ]
        packets = [
            packet_of("a", FIRST_DAY + n, row.astype("<u2").tobytes(), minutes, quality)
            for n, (row, quality) in enumerate(zip(rows, QUALITIES, strict=True))
        ]
        store.save(packets, [])
        assert open_one(store, "a").packets == packets

    @pytest.mark.parametrize("at_once", [True, False])
    def test_the_greatest_revision_wins_in_any_order(self, store: Store, at_once: bool) -> None:
        old, new = a_packet("a"), a_packet("a", revision=1)
        same_time = a_packet("a", revision=2)._replace(updated_at=new.updated_at)
        estimate = new._replace(quality="E")
        revisions = [old, new, same_time, estimate]
        winner = max(revisions, key=lambda p: (p.updated_at, p.digest()))
        for turn, order in enumerate(permutations(revisions)):
            house = f"turn-{turn}"
            store.register([a_house(house)])
            arriving = [p._replace(house_id=house) for p in order]
            for batch in [arriving] if at_once else [[p] for p in arriving]:
                store.save(batch, [])
            assert open_one(store, house).packets == [winner._replace(house_id=house)], order

    def test_every_packet_is_counted_once(self, store: Store) -> None:
        old, new = a_packet("a"), a_packet("a", revision=1)
        saved = store.save([new, old, new, a_packet("b")], [])
        assert (saved.accepted, saved.revised, saved.superseded, saved.duplicate) == (2, 0, 1, 1)
        newest = a_packet("a", revision=2)
        saved = store.save([old, newest, newest], [])
        assert (saved.accepted, saved.revised, saved.superseded, saved.duplicate) == (1, 1, 1, 1)

    def test_a_batch_with_a_stranger_leaves_nothing(self, store: Store) -> None:
        refused = [Refused(b"{", "a file", "not_json", "no JSON")]
        with pytest.raises(UnknownHouseError, match="…dy is not"):
            store.save([a_packet("a"), a_packet("nobody"), a_packet("b")], refused)
        assert is_untouched(store, ["a", "b"])

    def test_saving_is_all_or_nothing(self, store: Store) -> None:
        with pytest.raises(BoomError):
            store.save([a_packet("a")], Breaking([Refused(b"{", "a file", "not_json", "no JSON")]))
        assert is_untouched(store, ["a"])

    def test_a_house_waits_from_its_last_packet_on(self, store: Store, clock: ManualClock) -> None:
        first = store.save([a_packet("a")], []).arrived["a"]
        assert first == store.steady()
        clock.turn(minutes=2)
        saved = store.save([a_packet("a", FIRST_DAY + 1), a_packet("b")], [])
        assert saved.arrived == {"a": first + 120_000, "b": first + 120_000}
        assert store.unsettled(10) == saved.arrived
        assert len(store.unsettled(1)) == 1

    def test_every_arrival_is_later_than_the_one_before(self, store: Store, clock: ManualClock) -> None:
        first = store.save([a_packet("a")], []).arrived["a"]
        second = store.save([a_packet("a", FIRST_DAY + 1)], []).arrived["a"]
        clock.turn(hours=-3)
        third = store.save([a_packet("a", FIRST_DAY + 2)], []).arrived["a"]
        assert first < second < third

    def test_a_packet_that_brings_nothing_new_still_breaks_the_quiet(
        self, store: Store, clock: ManualClock
    ) -> None:
        first = store.save([a_packet("a", revision=1)], []).arrived["a"]
        for nothing_new in (a_packet("a", revision=1), a_packet("a", revision=0)):
            clock.turn(minutes=1)
            second = store.save([nothing_new], []).arrived["a"]
            assert second > first
            first = second

    def test_a_settled_house_is_not_woken_by_what_it_knows(self, store: Store) -> None:
        store.save([a_packet("a", revision=1)], [])
        settle(store, "a")
        assert store.save([a_packet("a", revision=1), a_packet("a")], []).arrived == {}
        assert is_untouched(store, ["a"])

    def test_the_range_of_changes_grows_until_the_house_is_settled(self, store: Store) -> None:
        for day in (FIRST_DAY + 5, FIRST_DAY + 9, FIRST_DAY + 2):
            store.save([a_packet("a", day)], [])
        work = open_one(store, "a")
        assert (work.changed_from, work.changed_to) == (FIRST_DAY + 2, FIRST_DAY + 9)
        settle(store, "a")
        store.save([a_packet("a", FIRST_DAY + 7)], [])
        work = open_one(store, "a")
        assert (work.changed_from, work.changed_to) == (FIRST_DAY + 7, FIRST_DAY + 7)

    def test_work_holds_all_days_that_a_changed_period_sees(self, store: Store) -> None:
        days = days_of("a", FIRST_DAY, 70)
        store.save(days, [])
        settle(store, "a")
        revised = a_packet("a", FIRST_DAY + 35, revision=1)
        store.save([revised], [])
        seen = {p.day: p for p in open_one(store, "a").packets}
        near = range(FIRST_DAY + 35 - (HISTORY_DAYS - 1), FIRST_DAY + 35 + HISTORY_DAYS)
        expected: dict[int, Packet] = {p.day: p for p in days if p.day in near} | {revised.day: revised}
        assert seen == expected
        assert list(seen) == sorted(seen)

    def test_a_changed_registration_makes_all_predictions_stale(self, store: Store) -> None:
        store.save([*days_of("a", FIRST_DAY, 40), a_packet("b")], [])
        settle(store, "a", [a_prediction(FIRST_DAY + n) for n in (29, 30)])
        settle(store, "b")
        changed = a_house("a", capacity_kwp=6.6)
        store.register([changed, a_house("b")])
        assert list(store.unsettled(10)) == ["a"]
        work = open_one(store, "a")
        assert work.house == changed
        assert (work.changed_from, work.changed_to) == (FIRST_DAY, FIRST_DAY + 39)
        assert len(work.packets) == 40
        assert [p.folded.as_of for p in work.predictions] == [FIRST_DAY + 29, FIRST_DAY + 30]

    def test_a_changed_registration_without_packets_is_no_work(self, store: Store) -> None:
        store.register([a_house("a", tilt=30.0)])
        assert is_untouched(store, ["a", "b"])

    def test_names_are_never_mixed_up(self, store: Store) -> None:
        names = ["".join(pair) for pair in product("aA1 _%'é", repeat=2)]
        store.register([a_house(name) for name in names if name.strip()])
        packets = [a_packet(name, FIRST_DAY + n) for n, name in enumerate(names) if name.strip()]
        store.save(packets, [])
        for packet in packets:
            assert open_one(store, packet.house_id).packets == [packet]
