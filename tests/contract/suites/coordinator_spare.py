"""What every coordinator does that stands in for another: it can be emptied."""

from sunsift.adapters.fallback import SpareCoordinator


class SpareCoordinatorContract:
    """Subclasses give the fixtures `spare` and `other_spare`, a second worker on the same hints."""

    def test_nothing_is_drained_of_nothing(self, spare: SpareCoordinator) -> None:
        assert spare.drain(10) == {}

    def test_quiet_clocks_are_drained_with_their_arrivals(
        self, spare: SpareCoordinator, other_spare: SpareCoordinator
    ) -> None:
        spare.touch({"a": 1000, "b": 3000})
        spare.touch({"a": 2000, "b": 2000})
        assert other_spare.drain(10) == {"a": 2000, "b": 3000}
        assert spare.waiting() == 0
        assert spare.drain(10) == {}

    def test_no_more_than_the_limit_is_drained_and_the_longest_quiet_first(
        self, spare: SpareCoordinator
    ) -> None:
        spare.touch({f"house-{n}": 1000 - n for n in range(7)})
        assert spare.drain(3) == {"house-6": 994, "house-5": 995, "house-4": 996}
        assert spare.waiting() == 4
        assert len(spare.drain(10)) == 4

    def test_claimed_houses_are_drained_too(self, spare: SpareCoordinator) -> None:
        spare.touch({"a": 1000, "b": 1000})
        assert sorted(spare.claim_quiet(1000, 5000, 9000, 10)) == ["a", "b"]
        assert spare.drain(10) == {"a": 1000, "b": 1000}

    def test_a_drained_house_may_come_again(self, spare: SpareCoordinator) -> None:
        spare.touch({"a": 2000})
        spare.claim_quiet(2000, 5000, 9000, 10)
        spare.drain(10)
        spare.touch({"a": 1000})
        assert spare.claim_quiet(1000, 5000, 9000, 10) == ["a"]

    def test_draining_leaves_leases(self, spare: SpareCoordinator) -> None:
        spare.touch({"a": 1000})
        spare.acquire(["a"], "me", 1000, 2000)
        spare.drain(10)
        assert spare.acquire(["a"], "you", 1999, 3000) == []
