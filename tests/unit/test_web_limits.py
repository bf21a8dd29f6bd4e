"""Buckets of requests: full at first, filled steadily, forgotten when there are too many."""

from sunsift.web.limits import CALLERS, Buckets, Limits


class Time:
    """Steady time that a test turns on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_bucket_is_emptied_and_fills_again() -> None:
    time = Time()
    buckets = Buckets(Limits(burst=3, per_second=0.5), time)
    assert [buckets.wait_seconds("a") for _ in range(5)] == [0, 0, 0, 2, 2]
    time.seconds += 1.0
    assert buckets.wait_seconds("a") == 1
    time.seconds += 1.0
    assert [buckets.wait_seconds("a") for _ in range(2)] == [0, 2]
    time.seconds += 3600.0
    assert [buckets.wait_seconds("a") for _ in range(4)] == [0, 0, 0, 2], "never more than full"


def test_callers_do_not_share_one() -> None:
    buckets = Buckets(Limits(burst=1, per_second=0.1), Time())
    assert [buckets.wait_seconds(caller) for caller in "abab"] == [0, 0, 10, 10]


def test_memory_is_bounded_and_whoever_asks_is_remembered() -> None:
    buckets = Buckets(Limits(burst=1, per_second=0.001), Time())
    for n in range(3 * CALLERS):
        assert buckets.wait_seconds(f"stranger {n}") == 0
        assert buckets.wait_seconds("busy") == (0 if n == 0 else 1000)
    assert len(buckets._left) == CALLERS
