"""The steps on SQLite, where they meet trouble that the command line seldom shows."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from sunsift.domain.rules import Rules
from sunsift.domain.status import Change, Status
from sunsift.local import deliver_all
from sunsift.parcels import Message, Refused, Report, Unsent, Which
from sunsift.ports import DELIVER, PREDICT
from sunsift.settings import read_settings
from sunsift.steps.deliver import Delivered, retry_after_ms
from sunsift.steps.poll import Polled, poll
from sunsift.wiring import Sunsift, embedded
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, message_of
from tests.support.clock import ManualClock
from tests.support.models import ExportModel, FailingModel
from tests.support.verdicts import tell

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def parts(tmp_path: Path, clock: ManualClock) -> Iterator[Sunsift]:
    parts = replace(embedded(read_settings({}, tmp_path), clock=clock), model=ExportModel())
    parts.store.register([a_house("a"), a_house("b")])
    yield parts
    parts.close()


def arrive(parts: Sunsift, *house_ids: str, days: int = 40) -> None:
    """Let packets arrive."""
    for house_id in house_ids:
        saved = parts.store.save(days_of(house_id, FIRST_DAY, days), [])
        parts.coordinator.touch(saved.arrived)


class Post:
    """A sender that refuses the houses it is told to."""

    batch = 10
    target = "post"

    def __init__(self, *refuses: str) -> None:
        self.refuses: tuple[str, ...] = refuses
        self.keys: list[str] = []

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        self.keys += [r.key for r in reports]
        return {r.key: Unsent("nobody home") for r in reports if r.house_id in self.refuses}


class Leaving(Post):
    """A receiver that wants no more after the first."""

    target = "left"

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        self.keys.append(reports[0].key)
        held = {r.key: Unsent("held back", tried=False) for r in reports[1:]}
        return {reports[0].key: Unsent("the receiver answered 410", gone=True)} | held


class Depth:
    """An inbox of which only the depth is known."""

    batch = 32

    def __init__(self, depth: int) -> None:
        self._depth = depth

    def depth(self) -> int:
        return self._depth

    def receive(self, limit: int) -> list[Message]:
        raise NotImplementedError

    def delete(self, messages: Sequence[Message]) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(("depth", "wake_ups"), [(0, 0), (1, 1), (32, 1), (33, 2), (3200, 100)])
def test_poll_wakes_a_worker_for_each_batch(parts: Sunsift, depth: int, wake_ups: int) -> None:
    assert poll(Depth(depth), parts.topic) == Polled(depth, wake_ups)
    assert len(parts.topic.take("wake", 1000)) == wake_ups


def test_a_house_that_breaks_the_model_holds_up_no_other(
    parts: Sunsift, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    parts = replace(parts, model=FailingModel("a"))
    arrive(parts, "a", "b")
    clock.turn(hours=1)
    parts.close_days()
    with caplog.at_level(logging.ERROR):
        assert parts.predict(["a", "b"]).houses == 1
    assert "house … cannot be judged" in caplog.text
    assert list(parts.store.unsettled(10)) == ["a"]
    assert {house_id for house_id, _, _ in parts.records.predictions()} == {"b"}
    cured = replace(parts, model=ExportModel())
    assert cured.predict(["a"]).houses == 1


def test_a_house_that_is_not_quiet_is_not_predicted(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a")
    clock.turn(minutes=44)
    assert parts.predict(["a"]).houses == 0
    assert list(parts.records.predictions()) == []
    clock.turn(minutes=1)
    parts.close_days()
    assert parts.predict(["a"]).houses == 1


def test_a_doubled_hint_is_predicted_once(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a")
    clock.turn(hours=1)
    parts.close_days()
    done = parts.predict(["a", "a", "nobody", "a"])
    assert (done.houses, done.reports, done.overtaken) == (1, 1, 0)
    assert len(parts.topic.take(DELIVER, 10)) == 1
    assert len(list(parts.records.reports())) == 1


def test_a_leased_house_is_left_to_its_holder(parts: Sunsift, clock: ManualClock) -> None:
    arrive(parts, "a", "b")
    clock.turn(hours=1)
    parts.close_days()
    now = parts.store.steady()
    parts.coordinator.acquire(["a"], "somebody", now, now + 120_000)
    assert parts.predict(["a", "b"]).houses == 1
    clock.turn(minutes=2)
    assert parts.predict(["a", "b"]).houses == 1


def test_lost_hints_are_found_by_the_sweep(parts: Sunsift, clock: ManualClock) -> None:
    parts.store.save(days_of("a", FIRST_DAY, 40), [])
    clock.turn(hours=1)
    assert parts.settle() == 0
    assert parts.sweep() == 1
    assert parts.settle() == 1
    parts.topic.take(PREDICT, 10)
    clock.turn(minutes=3)
    assert parts.settle() == 1, "the claim ran out with the lost message"


def test_a_message_that_cannot_be_used_stays_on_redrive(parts: Sunsift) -> None:
    early, broken = message_of(a_packet("late")), message_of(a_packet("late"), quality="X")
    parts.store.save(
        [],
        [
            Refused(early, "mail line 1", "unknown_house", "who?", "late"),
            Refused(broken, "mail line 2", "wrong_quality", "what?", "late"),
            Refused(b"", "cut.jsonl.gz", "unreadable", "the file breaks off"),
        ],
    )
    waiting = list(parts.records.quarantine())
    tried = parts.redrive(waiting)
    assert (tried.taken, tried.saved.accepted, tried.saved.quarantined) == (3, 0, 3)
    assert list(parts.records.quarantine()) == waiting, "a vain try changes nothing"
    parts.store.register([a_house("late")])
    assert parts.redrive(waiting).saved.accepted == 1
    assert sorted(q.code for q in parts.records.quarantine()) == ["unreadable", "wrong_quality"]


def test_a_report_that_was_not_acknowledged_is_sent_again(parts: Sunsift, clock: ManualClock) -> None:
    for house_id in ("a", "b"):
        tell(parts.store, house_id, Change(FIRST_DAY, Status.WELL, Status.UNKNOWN))
    post = Post("a")
    assert parts.deliver(post) == Delivered(sent=1, failed=1)
    assert parts.deliver(post) == Delivered()
    clock.turn(seconds=59)
    assert parts.deliver(post) == Delivered()
    clock.turn(seconds=16)
    assert parts.deliver(post) == Delivered(failed=1)
    clock.turn(seconds=74)
    assert parts.deliver(post) == Delivered(), "the second wait is as long as all the time before it"
    clock.turn(seconds=20)
    post.refuses = ()
    assert parts.deliver(post) == Delivered(sent=1)
    assert len(post.keys) == 4
    assert len(set(post.keys)) == 2
    assert parts.records.counts().undelivered == 0


def test_a_report_that_nobody_takes_is_given_up_after_three_days(
    parts: Sunsift, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    for change in (
        Change(FIRST_DAY, Status.WELL, Status.UNKNOWN),
        Change(FIRST_DAY + 9, Status.POOR, Status.WELL),
    ):
        tell(parts.store, "a", change)
    post = Post("a")
    began, done = clock.now(), Delivered()
    while not done.given_up:
        clock.turn(minutes=4)
        done = parts.deliver(post)
    assert timedelta(days=3) <= clock.now() - began < timedelta(days=3, hours=7.6)
    assert done == Delivered(failed=1, given_up=1)
    assert 14 <= len(post.keys) <= 22
    assert len(set(post.keys)) == 1, "the second one waited"
    assert (
        caplog.messages[-1]
        == f"report {post.keys[0]} is given up after {len(post.keys)} attempts: nobody home"
    )
    post.refuses = ()
    assert parts.deliver(post) == Delivered(sent=1)
    assert post.keys[-1] != post.keys[0]
    waits = parts.records.waiting()
    assert (waits.undelivered, waits.given_up) == (0, 1)


def test_nothing_is_sent_to_a_receiver_that_left(parts: Sunsift, clock: ManualClock) -> None:
    tell(parts.store, "a", Change(FIRST_DAY, Status.WELL, Status.UNKNOWN))
    tell(parts.store, "b", Change(FIRST_DAY, Status.WELL, Status.UNKNOWN))
    post = Leaving()
    assert parts.deliver(post) == Delivered(failed=1, gone=True)
    clock.turn(days=9)
    assert parts.deliver(post) == Delivered(gone=True)
    assert len(post.keys) == 1
    other = Post()
    assert parts.deliver(other) == Delivered(sent=2), "another one gets them"
    parts.store.replay(Which(house_id="a"))
    assert parts.store.enable(post.target)
    assert parts.deliver(post) == Delivered(failed=1, gone=True), (
        "it has its say again, and no report is lost"
    )
    assert parts.records.counts().undelivered == 1


def test_a_batch_in_which_nothing_arrived_is_the_last(parts: Sunsift) -> None:
    parts.store.register([a_house(f"h{n}") for n in range(30)])
    for n in range(30):
        tell(parts.store, f"h{n}", Change(FIRST_DAY, Status.WELL, Status.UNKNOWN))
    post = Post(*(f"h{n}" for n in range(20)))
    assert deliver_all(parts, post) == Delivered(failed=10)
    assert len(post.keys) == post.batch, "a receiver in trouble is left alone"
    assert deliver_all(parts, post) == Delivered(failed=10)
    assert deliver_all(parts, post) == Delivered(sent=10), "and holds up nobody else"


def test_a_worker_that_died_while_sending_delays_a_report_by_a_lease(
    parts: Sunsift, clock: ManualClock
) -> None:
    tell(parts.store, "a", Change(FIRST_DAY, Status.WELL, Status.UNKNOWN))
    now = parts.store.steady()
    parts.store.claim_reports(now, now + parts.rules.lease_ms, 10)
    assert parts.deliver(Post()) == Delivered()
    clock.turn(seconds=parts.rules.lease_seconds)
    assert parts.deliver(Post()) == Delivered(sent=1)


def a_report(key: str, first_tried: int = 0, attempt: int = 1) -> Report:
    return Report(key, "a", Status.WELL, Status.UNKNOWN, FIRST_DAY, "", attempt, "", first_tried)


def test_retries_grow_rarer() -> None:
    now = 0
    waits: list[int] = []
    while now < Rules().trying_ms:
        waits.append(retry_after_ms(a_report("k", attempt=len(waits) + 1), now))
        now += waits[-1]
    assert 60_000 <= waits[0] <= 75_000
    assert waits[-1] <= 1.25 * 6 * HOUR_MS
    assert all(b <= 1.25 * 2.25 * a for a, b in pairwise(waits)), "from one attempt to the next no gap opens"
    assert 15 <= len(waits) <= 22, "so many attempts are made in three days"


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {retry_after_ms(a_report(f"k{n}"), 8 * HOUR_MS) for n in range(100)}
    assert len(waits) == 100
    assert 6 * HOUR_MS <= min(waits) < 6.3 * HOUR_MS < 7.2 * HOUR_MS < max(waits) <= 7.5 * HOUR_MS
    assert retry_after_ms(a_report("k1"), 8 * HOUR_MS) in waits, "equal keys and attempts wait equally long"


@pytest.mark.parametrize(("asked", "least"), [(30.0, 60_000), (600.0, 600_000), (1e9, 6 * HOUR_MS)])
def test_a_receiver_may_ask_to_be_left_alone_for_a_while(asked: float, least: int) -> None:
    assert least <= retry_after_ms(a_report("k"), 0, asked) <= max(75_000, least)
