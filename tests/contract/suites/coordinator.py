"""What every Coordinator does. All times are steady milliseconds that the caller names."""

from sunsift.ports import Coordinator


class CoordinatorContract:
    """Subclasses give the fixtures `coordinator` and `other`, a second worker on the same hints."""

    def claim(
        self, coordinator: Coordinator, arrived_by: int, now: int, until: int = 0, limit: int = 10
    ) -> list[str]:
        """Claim quiet houses until `until`, or for 100 ms."""
        return sorted(coordinator.claim_quiet(arrived_by, now, until or now + 100, limit))

    def test_a_house_is_quiet_from_its_last_arrival_on(self, coordinator: Coordinator) -> None:
        coordinator.touch({"a": 1000, "b": 1001})
        assert self.claim(coordinator, 999, 5000) == []
        assert self.claim(coordinator, 1000, 5000) == ["a"]
        assert self.claim(coordinator, 1001, 5000) == ["b"]

    def test_touching_restarts_the_quiet_clock(self, coordinator: Coordinator) -> None:
        coordinator.touch({"a": 1000})
        coordinator.touch({"a": 2000})
        assert self.claim(coordinator, 1999, 5000) == []
        assert self.claim(coordinator, 2000, 5000) == ["a"]

    def test_touching_never_goes_back(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.touch({"a": 2000})
        other.touch({"a": 1000})
        assert self.claim(coordinator, 1999, 5000) == []
        assert self.claim(coordinator, 2000, 5000) == ["a"]

    def test_touching_nobody_is_fine(self, coordinator: Coordinator) -> None:
        coordinator.touch({})
        coordinator.forget({})
        assert coordinator.waiting() == 0

    def test_a_claimed_house_is_nobody_elses(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.touch({"a": 1000, "b": 1000})
        assert self.claim(coordinator, 1000, 5000, 5100) == ["a", "b"]
        assert self.claim(other, 1000, 5099) == []

    def test_a_claim_that_was_not_kept_comes_again(
        self, coordinator: Coordinator, other: Coordinator
    ) -> None:
        coordinator.touch({"a": 1000})
        assert self.claim(coordinator, 1000, 5000, 5100) == ["a"]
        assert self.claim(other, 1000, 5100, 5200) == ["a"]
        assert self.claim(coordinator, 1000, 5199) == []

    def test_no_more_than_the_limit_is_claimed(self, coordinator: Coordinator) -> None:
        coordinator.touch({f"house-{n}": 1000 for n in range(7)})
        first = self.claim(coordinator, 1000, 5000, limit=3)
        rest = self.claim(coordinator, 1000, 5000)
        assert (len(first), len(rest)) == (3, 4)
        assert not set(first) & set(rest)

    def test_a_settled_house_is_forgotten(self, coordinator: Coordinator) -> None:
        coordinator.touch({"a": 1000, "b": 1000})
        self.claim(coordinator, 1000, 5000)
        coordinator.forget({"a": 1000, "nobody": 1000})
        assert coordinator.waiting() == 1
        assert self.claim(coordinator, 9999, 99_999) == ["b"]

    def test_forgetting_spares_later_arrivals(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.touch({"a": 1000})
        self.claim(coordinator, 1000, 5000)
        other.touch({"a": 1001})
        coordinator.forget({"a": 1000})
        assert coordinator.waiting() == 1
        assert self.claim(coordinator, 1001, 99_999) == ["a"]

    def test_a_forgotten_house_may_come_again(self, coordinator: Coordinator) -> None:
        coordinator.touch({"a": 1000})
        self.claim(coordinator, 1000, 5000, 99_999)
        coordinator.forget({"a": 1000})
        coordinator.touch({"a": 6000})
        assert self.claim(coordinator, 6000, 7000) == ["a"], "the old claim must not hide it"

    def test_a_lease_has_one_holder(self, coordinator: Coordinator, other: Coordinator) -> None:
        assert sorted(coordinator.acquire(["a", "b"], "me", 1000, 2000)) == ["a", "b"]
        assert other.acquire(["a", "b", "c"], "you", 1999, 3000) == ["c"]

    def test_a_lease_expires(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.acquire(["a"], "me", 1000, 2000)
        assert other.acquire(["a"], "you", 2000, 3000) == ["a"]
        assert coordinator.acquire(["a"], "me", 2001, 3000) == []

    def test_a_holder_may_acquire_again(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.acquire(["a"], "me", 1000, 2000)
        assert coordinator.acquire(["a"], "me", 1500, 2500) == ["a"]
        assert other.acquire(["a"], "you", 2400, 3000) == []

    def test_a_released_lease_is_free(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.acquire(["a", "b"], "me", 1000, 2000)
        coordinator.release(["a"], "me")
        assert other.acquire(["a", "b"], "you", 1001, 2000) == ["a"]

    def test_only_the_holder_releases(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.acquire(["a"], "me", 1000, 2000)
        other.acquire(["a"], "you", 2000, 3000)
        coordinator.release(["a", "nobody"], "me")
        assert coordinator.acquire(["a"], "third", 2001, 3000) == []

    def test_a_leased_house_is_claimed_when_the_lease_ends(
        self, coordinator: Coordinator, other: Coordinator
    ) -> None:
        coordinator.touch({"a": 1000, "b": 1000})
        coordinator.acquire(["a"], "me", 1000, 2000)
        assert self.claim(other, 1000, 1999, 3000) == ["b"]
        assert self.claim(other, 1000, 2000, 3000) == ["a"]

    def test_a_released_house_is_claimed_at_once(self, coordinator: Coordinator, other: Coordinator) -> None:
        coordinator.touch({"a": 1000})
        coordinator.acquire(["a"], "me", 1000, 2000)
        coordinator.release(["a"], "me")
        assert self.claim(other, 1000, 1001) == ["a"]

    def test_a_lease_outlives_the_quiet_clock(self, coordinator: Coordinator) -> None:
        coordinator.touch({"a": 1000})
        coordinator.acquire(["a"], "me", 1000, 2000)
        coordinator.forget({"a": 1000})
        assert coordinator.acquire(["a"], "you", 1600, 2000) == []
