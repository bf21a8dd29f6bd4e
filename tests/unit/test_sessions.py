"""Sessions end; guessing is counted."""

import ast
import inspect

import pytest

from sunsift.domain.errors import SettingsError
from sunsift.web.security import sessions as module
from sunsift.web.security.sessions import IDLE_SECONDS, LONGEST_SECONDS, Session, Sessions
from sunsift.web.security.throttle import ADDRESSES, FAILURES, WITHIN_SECONDS, Throttle


class Time:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sessions(time: Time) -> Sessions:
    return Sessions(None, time)


def test_a_session_comes_back_from_its_cookie(sessions: Sessions) -> None:
    session = sessions.new("token")
    assert sessions.open(sessions.seal(session)) == session


def test_a_session_that_lies_idle_ends(sessions: Sessions, time: Time) -> None:
    cookie = sessions.seal(sessions.new("token"))
    time.now += IDLE_SECONDS
    assert sessions.open(cookie)
    time.now += 1
    assert sessions.open(cookie) is None


def test_a_session_that_is_used_goes_on_but_not_for_ever(sessions: Sessions, time: Time) -> None:
    session = sessions.new("token")
    for _ in range(LONGEST_SECONDS // 1800):
        time.now += 1800
        opened = sessions.open(sessions.seal(session))
        assert opened
        session = sessions.renewed(opened)
    time.now += 1
    assert sessions.open(sessions.seal(session)) is None


def test_a_session_of_a_clock_that_was_ahead_is_void(sessions: Sessions, time: Time) -> None:
    cookie = sessions.seal(sessions.new("token"))
    time.now -= 3600
    assert sessions.open(cookie) is None


def test_a_session_is_renewed_once_a_minute_at_most(sessions: Sessions, time: Time) -> None:
    session = sessions.new("token")
    time.now += 59
    assert sessions.renewed(session) is session
    time.now += 1
    assert sessions.renewed(session) == Session(session.id, "token", session.began, session.began + 60)


def test_names_of_ended_sessions_are_kept_no_longer_than_needed(sessions: Sessions, time: Time) -> None:
    first, second = sessions.new("token"), sessions.new("token")
    sessions.end(first)
    assert sessions.open(sessions.seal(first)) is None
    time.now += 2 * LONGEST_SECONDS
    sessions.end(second)
    assert list(sessions._ended) == [second.id]


def test_csrf_tokens_belong_to_one_session(sessions: Sessions) -> None:
    one, other = sessions.new(), sessions.new()
    assert sessions.is_csrf_token(one, sessions.csrf_token(one))
    assert not sessions.is_csrf_token(one, sessions.csrf_token(other))
    assert not sessions.is_csrf_token(one, "")
    assert not sessions.is_csrf_token(one, "\udc80")


def test_csrf_tokens_are_compared_in_constant_time() -> None:
    tree = ast.parse(inspect.getsource(module))
    checks = [node for node in ast.walk(tree) if getattr(node, "name", "") == "is_csrf_token"]
    assert len(checks) == 1
    assert "hmac.compare_digest(" in ast.unparse(checks[0])
    assert not [node for node in ast.walk(checks[0]) if isinstance(node, ast.Compare)]


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(SettingsError, match="SUNSIFT_SESSION_SECRET is shorter than 32 characters") as told:
        Sessions("short")
    assert "'short'" not in str(told.value)


def test_secrets_decide_who_reads_whose_cookies(time: Time) -> None:
    one, same, other = (Sessions(letter * 32, time) for letter in "aab")
    cookie = one.seal(one.new("token"))
    assert same.open(cookie)
    assert other.open(cookie) is None


def test_failures_are_forgotten_one_by_one(time: Time) -> None:
    throttle = Throttle(time)
    for _ in range(FAILURES):
        assert throttle.wait_seconds("a") == 0
        throttle.failed("a")
        time.now += 1
    assert throttle.wait_seconds("a") == WITHIN_SECONDS - FAILURES + 1
    assert throttle.wait_seconds("b") == 0
    time.now += WITHIN_SECONDS - FAILURES
    assert throttle.wait_seconds("a") == 1
    time.now += 1
    assert throttle.wait_seconds("a") == 0


def test_who_gets_in_may_fail_again(time: Time) -> None:
    throttle = Throttle(time)
    for _ in range(FAILURES):
        throttle.failed("a")
    throttle.succeeded("a")
    assert throttle.wait_seconds("a") == 0


def test_many_addresses_fill_no_memory(time: Time) -> None:
    throttle = Throttle(time)
    for number in range(ADDRESSES + 1):
        throttle.failed(str(number))
    assert len(throttle._failures) == ADDRESSES
