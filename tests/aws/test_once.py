"""The memory of events, on a real Redis."""

import time

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from sunsift.aws.once import Once, once_in
from sunsift.domain.errors import StoreError
from tests.aws.events import Context
from tests.support.kill import wait_until
from tests.support.servers.valkey import StartValkey, Valkey, ValkeyCluster


def begun(valkey: Valkey, step: str = "ingest", remaining_ms: int = 90_000) -> Once:
    once = once_in(valkey.url, step)
    once.begin(Context(remaining_ms=[remaining_ms]))
    return once


@pytest.fixture(params=["valkey", "valkey_cluster"])
def any_valkey(request: pytest.FixtureRequest) -> Valkey:
    valkey: Valkey | ValkeyCluster = request.getfixturevalue(request.param)
    valkey.flush()
    return valkey


def test_an_event_is_worked_on_once_whoever_gets_it(any_valkey: Valkey) -> None:
    done: list[str] = []
    for event in ("a", "b", "a", "b"):
        begun(any_valkey).do(event, lambda event=event: done.append(event))  # type: ignore[misc]
    assert done == ["a", "b"]


def test_each_step_remembers_its_own_events(any_valkey: Valkey) -> None:
    done: list[str] = []
    for step in ("ingest", "predict"):
        begun(any_valkey, step).do("a", lambda: done.append("a"))
    assert done == ["a", "a"]


def test_an_event_that_failed_is_forgotten(any_valkey: Valkey) -> None:
    def fail() -> None:
        raise StoreError("the disk is full")

    done: list[str] = []
    with pytest.raises(StoreError, match="the disk is full"):
        begun(any_valkey).do("a", fail)
    begun(any_valkey).do("a", lambda: done.append("a"))
    assert done == ["a"]


def test_nobody_else_works_on_it_meanwhile(any_valkey: Valkey) -> None:
    done: list[str] = []

    def work() -> None:
        with pytest.raises(IdempotencyAlreadyInProgressError):
            begun(any_valkey).do("a", lambda: done.append("other"))
        done.append("first")

    begun(any_valkey).do("a", work)
    assert done == ["first"]


def test_what_a_dead_invocation_left_is_begun_again(any_valkey: Valkey) -> None:
    class Killed(BaseException):
        """Lambda ended the invocation."""

    def die() -> None:
        raise Killed

    done: list[str] = []

    def again() -> bool:
        try:
            begun(any_valkey).do("a", lambda: done.append("a"))
        except IdempotencyAlreadyInProgressError:
            return False
        return True

    started = time.monotonic()
    with pytest.raises(Killed):
        begun(any_valkey, remaining_ms=300).do("a", die)
    wait_until(again)
    assert done == ["a"]
    assert time.monotonic() - started >= 0.25


def test_redis_may_go_in_the_middle(start_valkey: StartValkey) -> None:
    valkey = start_valkey()
    done: list[str] = []

    def work() -> None:
        done.append("a")
        valkey.kill()

    begun(valkey).do("a", work)
    assert done == ["a"]


def test_the_error_of_the_work_is_told_even_if_redis_goes(start_valkey: StartValkey) -> None:
    valkey = start_valkey()

    def work() -> None:
        valkey.kill()
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        begun(valkey).do("a", work)


def test_without_redis_every_event_is_worked_on() -> None:
    once = once_in(None, "ingest")
    once.begin(Context())
    done: list[str] = []
    for _ in range(2):
        once.do("a", lambda: done.append("a"))
    assert done == ["a", "a"]
