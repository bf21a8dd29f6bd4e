"""Redis with the store's own tables in its place when it is down, behind the door Coordinator."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sunsift.adapters.fallback import DRAIN, FallingBack
from sunsift.adapters.redis.connection import connect
from sunsift.adapters.redis.coordinator import RedisCoordinator
from sunsift.adapters.sqlite.coordinator import SqliteCoordinator
from sunsift.adapters.sqlite.database import Database
from tests.contract.suites.coordinator import CoordinatorContract
from tests.contract.suites.coordinator_spare import SpareCoordinatorContract
from tests.support.servers.common import free_port
from tests.support.servers.valkey import StartValkey, Valkey

OpenSpare = Callable[[], SqliteCoordinator]


@pytest.fixture
def open_spare(tmp_path: Path) -> Iterator[OpenSpare]:
    """Open coordinators, each like another process, on one file."""
    opened: list[Database] = []

    def open_() -> SqliteCoordinator:
        opened.append(Database(tmp_path / "sunsift.sqlite"))
        return SqliteCoordinator(opened[-1])

    yield open_
    for database in opened:
        database.close()


class TestSpare(SpareCoordinatorContract):
    @pytest.fixture
    def spare(self, open_spare: OpenSpare) -> SqliteCoordinator:
        return open_spare()

    @pytest.fixture
    def other_spare(self, open_spare: OpenSpare) -> SqliteCoordinator:
        return open_spare()


class TestWhileRedisIsUp(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, valkey: Valkey, open_spare: OpenSpare) -> FallingBack:
        valkey.flush()
        return FallingBack(RedisCoordinator(connect(valkey.url)), open_spare())

    @pytest.fixture
    def other(self, valkey: Valkey, open_spare: OpenSpare) -> FallingBack:
        return FallingBack(RedisCoordinator(connect(valkey.url)), open_spare())


class TestWhileRedisIsDown(CoordinatorContract):
    @pytest.fixture(params=["", "?cluster=true"])
    def url(self, request: pytest.FixtureRequest) -> str:
        return f"redis://127.0.0.1:{free_port()}{request.param}"

    @pytest.fixture
    def coordinator(self, url: str, open_spare: OpenSpare) -> FallingBack:
        return FallingBack(RedisCoordinator(connect(url)), open_spare())

    @pytest.fixture
    def other(self, url: str, open_spare: OpenSpare) -> FallingBack:
        # It tries Redis at every call.
        return FallingBack(RedisCoordinator(connect(url)), open_spare(), retry_seconds=0.0)


@dataclass
class Scene:
    """A worker on a Redis of its own, and what it sees: `seconds` is the time that it is told."""

    server: Valkey
    primary: RedisCoordinator
    spare: SqliteCoordinator
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.worker = FallingBack(self.primary, self.spare, retry_seconds=10, clock=lambda: self.seconds)


@pytest.fixture
def scene(start_valkey: StartValkey, open_spare: OpenSpare, caplog: pytest.LogCaptureFixture) -> Scene:
    caplog.set_level(logging.INFO)
    server = start_valkey()
    return Scene(server, RedisCoordinator(connect(server.url)), open_spare())


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the levels of what was logged."""
    return [record.levelname for record in caplog.records]


def test_nothing_is_kept_in_the_store_while_redis_answers(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.worker.touch({"a": 1000})
    assert (scene.primary.waiting(), scene.spare.waiting(), scene.worker.waiting()) == (1, 0, 1)
    assert told(caplog) == []


def test_no_house_is_lost_when_redis_is_killed_and_comes_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    houses = {f"house-{n}": 1000 + n for n in range(3 * DRAIN)}
    names = list(houses)
    before, meanwhile = names[:500], names[500:]
    scene.worker.touch({h: houses[h] for h in before})
    assert sorted(scene.worker.claim_quiet(9999, 10_000, 20_000, 500)) == sorted(before)
    scene.worker.forget({h: houses[h] for h in before})

    assert not scene.worker.down
    scene.server.kill()
    for at in range(0, len(meanwhile), 100):
        scene.seconds += 1.0
        scene.worker.touch({h: houses[h] for h in meanwhile[at : at + 100]})
    assert scene.worker.waiting() == len(meanwhile)
    assert scene.worker.acquire(["house-500"], "me", 10_000, 11_000) == ["house-500"]
    assert scene.worker.acquire(["house-500"], "you", 10_000, 11_000) == []
    claimed = scene.worker.claim_quiet(9999, 12_000, 90_000, 300)
    assert len(claimed) == 300
    scene.worker.forget({h: houses[h] for h in claimed[:200]})
    scene.worker.release(["house-500"], "me")
    assert told(caplog) == ["WARNING"]
    assert scene.worker.down

    scene.server.start()
    scene.seconds += 10.0
    left = set(meanwhile) - set(claimed[:200])
    assert scene.worker.waiting() == len(left)
    assert set(scene.worker.claim_quiet(9999, 13_000, 90_000, 9999)) == left
    assert (scene.spare.waiting(), scene.primary.waiting()) == (0, len(left))
    assert told(caplog) == ["WARNING", "INFO"]
    assert not scene.worker.down
    warning, info = (record.getMessage() for record in caplog.records)
    assert warning.startswith("Redis does not answer: ConnectionError")
    assert warning.endswith("quiet clocks and leases are kept in the store until it does")
    assert info.startswith("Redis answers again")


def test_what_redis_took_with_it_comes_back_with_a_touch(scene: Scene) -> None:
    scene.worker.touch({"a": 1000})
    scene.server.kill()
    scene.worker.touch({"b": 1000})
    # The sweep touches whatever the store knows to be unsettled.
    scene.worker.touch({"a": 1000, "b": 1000})
    scene.server.start()
    scene.seconds += 10.0
    assert sorted(scene.worker.claim_quiet(1000, 5000, 6000, 10)) == ["a", "b"]


def test_redis_is_left_alone_for_a_while(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.server.kill()
    scene.worker.touch({"a": 1000})
    scene.server.start()
    scene.seconds = 9.9
    scene.worker.touch({"b": 1000})
    assert (scene.primary.waiting(), scene.spare.waiting()) == (0, 2)
    scene.seconds = 10.0
    scene.worker.touch({"c": 1000})
    assert (scene.primary.waiting(), scene.spare.waiting()) == (1, 2)
    assert told(caplog) == ["WARNING", "INFO"]


def test_an_outage_is_told_once_and_the_next_one_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        scene.server.kill()
        for _ in range(5):
            scene.seconds += 10.0
            scene.worker.touch({"a": 1000})
        scene.server.start()
        scene.seconds += 10.0
        scene.worker.touch({"a": 1000})
    assert told(caplog) == ["WARNING", "INFO", "WARNING", "INFO"]


def test_asking_for_nothing_does_not_make_redis_seem_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.server.kill()
    scene.worker.touch({"a": 1000})
    scene.seconds = 10.0
    scene.worker.touch({})
    scene.worker.forget({})
    scene.worker.release([], "me")
    assert scene.worker.acquire([], "me", 1000, 2000) == []
    assert told(caplog) == ["WARNING"]


def test_another_process_finds_what_this_one_left_in_the_store(
    scene: Scene, open_spare: OpenSpare, caplog: pytest.LogCaptureFixture
) -> None:
    scene.server.kill()
    scene.worker.touch({"a": 1000})
    scene.server.start()
    other = FallingBack(RedisCoordinator(connect(scene.server.url)), open_spare())
    assert other.claim_quiet(1000, 5000, 6000, 10) == ["a"]
    assert scene.spare.waiting() == 0
    assert told(caplog) == ["WARNING"]


def test_claims_in_the_store_outlive_the_look_whether_redis_is_back(scene: Scene) -> None:
    scene.server.kill()
    scene.worker.touch({"a": 1000, "b": 1000})
    assert sorted(scene.worker.claim_quiet(1000, 5000, 9000, 10)) == ["a", "b"]
    scene.seconds = 10.0
    assert scene.worker.claim_quiet(1000, 6000, 9000, 10) == []


def test_a_redis_that_only_reads_is_given_nothing_for_good(
    start_valkey: StartValkey, open_spare: OpenSpare
) -> None:
    server = start_valkey("--min-replicas-to-write", "1")
    spare = open_spare()
    worker = FallingBack(RedisCoordinator(connect(server.url)), spare, retry_seconds=0.0)
    worker.touch({"a": 1000, "b": 2000})
    assert worker.claim_quiet(1000, 5000, 6000, 10) == ["a"]
    assert spare.drain(10) == {"a": 1000, "b": 2000}
