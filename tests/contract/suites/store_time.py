"""How every Store tells steady time, whatever the clock does."""

import random
from collections.abc import Callable

import pytest

from sunsift.ports import Store
from tests.support.clock import ManualClock

LONGEST_MS = 300_000
OpenStore = Callable[[int | None], Store]


class StoreTimeContract:
    """Subclasses give `open_store` (longest step [ms] -> a store on the same data) and `clock`."""

    def test_time_passes_as_the_clock_says(self, open_store: OpenStore, clock: ManualClock) -> None:
        store = open_store(None)
        start = store.steady()
        clock.turn(days=400, milliseconds=7)
        assert store.steady() - start == 400 * 86_400_000 + 7

    def test_many_small_looks_add_up(self, open_store: OpenStore, clock: ManualClock) -> None:
        store = open_store(LONGEST_MS)
        start = store.steady()
        for _ in range(500):
            clock.turn(milliseconds=3)
            store.steady()
        assert store.steady() - start == 1500

    def test_a_leap_counts_for_no_more_than_allowed(self, open_store: OpenStore, clock: ManualClock) -> None:
        store = open_store(LONGEST_MS)
        start = store.steady()
        clock.turn(days=3650)
        assert store.steady() - start == LONGEST_MS
        clock.turn(seconds=10)
        assert store.steady() - start == LONGEST_MS + 10_000

    def test_a_clock_set_back_does_not_stop_time(self, open_store: OpenStore, clock: ManualClock) -> None:
        store = open_store(LONGEST_MS)
        start = store.steady()
        clock.turn(days=-3650)
        assert store.steady() == start
        clock.turn(seconds=10)
        assert store.steady() - start == 10_000

    def test_time_goes_on_after_a_restart(self, open_store: OpenStore, clock: ManualClock) -> None:
        start = open_store(LONGEST_MS).steady()
        clock.turn(seconds=30)
        assert open_store(LONGEST_MS).steady() - start == 30_000

    @pytest.mark.parametrize("seed", range(20))
    def test_time_never_goes_back_nor_leaps(
        self, open_store: OpenStore, clock: ManualClock, seed: int
    ) -> None:
        # Two workers look at one clock that goes wild; each look may add what is allowed and no more.
        rng = random.Random(seed)
        workers = [open_store(LONGEST_MS), open_store(LONGEST_MS)]
        before = workers[0].steady()
        for _ in range(60):
            size = 10 ** rng.uniform(0, 9)
            clock.turn(milliseconds=round(rng.choice([-1, 1, 1]) * size))
            now = rng.choice(workers).steady()
            assert 0 <= now - before <= LONGEST_MS
            before = now
