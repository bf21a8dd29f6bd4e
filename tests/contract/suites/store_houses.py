"""What every Store does with words on houses: the newest holds, whatever order they come in."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from sunsift.domain.house import House
from sunsift.parcels import Registered
from sunsift.ports import Store
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.clock import ManualClock
from tests.support.verdicts import a_prediction, open_one, settle

# The clock of these tests shows the first day of 2026.
NOW = round(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
SECOND = 1_000_000


def holds(store: Store, house_id: str = "a") -> House:
    """Return what is registered of a house."""
    return store.houses([house_id])[house_id]


class StoreHousesContract:
    """Subclasses give the fixtures `store` and `clock`."""

    @pytest.mark.parametrize("at_once", [True, False])
    def test_the_newest_word_holds_in_any_order(self, store: Store, at_once: bool) -> None:
        words: list[tuple[dict[str, Any], int]]
        words = [({"tilt": 10.0}, 1), ({"tilt": 20.0}, 2), ({"region": "south"}, 2), ({"tilt": 20.0}, 1)]
        for turn, order in enumerate(permutations(words)):
            name = f"house-{turn}"
            said = [(a_house(name, **changes), NOW + at) for changes, at in order]
            newest, _ = max(said, key=lambda word: (word[1], word[0].digest()))
            for batch in [said] if at_once else [[word] for word in said]:
                store.register([house for house, _ in batch], [at for _, at in batch])
            assert holds(store, name) == newest, order

    def test_an_older_word_does_nothing_and_is_counted(self, store: Store) -> None:
        kept = a_house("a", tilt=20.0)
        assert store.register([kept], [NOW]) == Registered(added=1)
        older = [a_house("a", tilt=10.0), kept, a_house("b")]
        assert store.register(older, [NOW - 1, NOW - 2, NOW - 3]) == Registered(added=1, superseded=1)
        assert holds(store) == kept

    def test_a_word_that_changes_nothing_is_remembered_and_judges_nobody(self, store: Store) -> None:
        kept = a_house("a", tilt=20.0)
        store.register([kept], [NOW])
        store.save(days_of("a", FIRST_DAY, 3), [])
        settle(store, "a", [a_prediction(FIRST_DAY + 2)])
        assert store.register([kept], [NOW + 5]) == Registered()
        assert store.unsettled(10) == {}
        assert store.register([a_house("a", tilt=10.0)], [NOW + 4]) == Registered(superseded=1)
        assert holds(store) == kept
        assert store.register([a_house("a", tilt=10.0)], [NOW + 6]).changed == 1

    def test_a_changed_house_says_when_it_waits_to_be_settled(self, store: Store) -> None:
        store.register([a_house("a"), a_house("b"), a_house("empty")], [NOW] * 3)
        store.save([*days_of("a", FIRST_DAY, 3), *days_of("b", FIRST_DAY, 3)], [])
        settle(store, "a")
        settle(store, "b")
        words = [a_house("a", tilt=1.0), a_house("b"), a_house("empty", tilt=1.0)]
        done = store.register(words, [NOW + 1] * 3)
        assert done == Registered(changed=2, arrived=store.unsettled(10))
        assert list(done.arrived) == ["a"]
        assert open_one(store, "a").house == a_house("a", tilt=1.0)
        # Whoever said it may have died before anybody's clock was started, and says it again.
        assert store.register(words, [NOW + 1] * 3) == Registered(arrived=done.arrived)

    def test_there_and_back_within_one_call_changes_nothing(self, store: Store) -> None:
        store.register([a_house("a")], [NOW])
        store.save(days_of("a", FIRST_DAY, 3), [])
        settle(store, "a")
        done = store.register([a_house("a", tilt=1.0), a_house("a")], [NOW + 1, NOW + 2])
        assert (done.changed, done.arrived) == (2, {})
        assert store.unsettled(10) == {}
        assert store.register([a_house("a", tilt=1.0)], [NOW + 1]) == Registered(superseded=1)

    def test_a_person_has_the_last_word(self, store: Store, clock: ManualClock) -> None:
        # Messages may be a day ahead of the clock, and a person may change her mind within a moment.
        store.register([a_house("a", tilt=1.0)], [NOW + 86_400 * SECOND])
        for tilt in (2.0, 3.0, 2.0):
            assert store.register([a_house("a", tilt=tilt)]) == Registered(changed=1)
            assert holds(store).tilt == tilt
        clock.turn(hours=-1)
        assert store.register([a_house("a", tilt=4.0)]) == Registered(changed=1)
        assert store.register([a_house("a", tilt=5.0), a_house("a", tilt=6.0)]).changed == 2
        assert holds(store).tilt == 6.0

    def test_what_a_person_says_is_said_at_that_moment(self, store: Store, clock: ManualClock) -> None:
        store.register([a_house("a", tilt=1.0)], [NOW - SECOND])
        store.register([a_house("a", tilt=1.0)])
        assert store.register([a_house("a", tilt=2.0)], [NOW - 1]).superseded == 1
        assert store.register([a_house("a", tilt=2.0)], [NOW + 1]).changed == 1
        clock.turn(seconds=10)
        store.register([a_house("a", tilt=3.0), a_house("new")])
        words = [a_house("a", tilt=4.0), a_house("new", tilt=4.0)]
        assert store.register(words, [NOW + 10 * SECOND - 1] * 2).superseded == 2
        assert (holds(store).tilt, holds(store, "new")) == (3.0, a_house("new"))
