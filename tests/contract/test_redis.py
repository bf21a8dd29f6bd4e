"""Redis behind the door Coordinator: on a real server, and on a cluster that refuses to mix slots."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from redis import Redis

from sunsift.adapters.redis.connection import connect
from sunsift.adapters.redis.coordinator import KEEP_MS, CoordinatorDownError, RedisCoordinator
from sunsift.domain.errors import SettingsError
from tests.contract.suites.coordinator import CoordinatorContract
from tests.support.servers.valkey import StartValkey, Valkey, ValkeyCluster

WORKERS = 4
TLS_HANDSHAKE = b"\x16"


class TestPlain(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, valkey: Valkey) -> RedisCoordinator:
        valkey.flush()
        return RedisCoordinator(connect(valkey.url))

    @pytest.fixture
    def other(self, valkey: Valkey) -> RedisCoordinator:
        return RedisCoordinator(connect(valkey.url))


class TestCluster(CoordinatorContract):
    @pytest.fixture
    def coordinator(self, valkey_cluster: ValkeyCluster) -> RedisCoordinator:
        valkey_cluster.flush()
        return RedisCoordinator(connect(valkey_cluster.url))

    @pytest.fixture
    def other(self, valkey_cluster: ValkeyCluster) -> RedisCoordinator:
        return RedisCoordinator(connect(valkey_cluster.url))


@pytest.fixture
def server(valkey: Valkey) -> Iterator[Redis]:
    """Look into the emptied server that the tests share."""
    valkey.flush()
    with Redis.from_url(valkey.url, decode_responses=True) as client:
        yield client


@pytest.fixture
def coordinator(valkey: Valkey, server: Redis) -> RedisCoordinator:
    return RedisCoordinator(connect(valkey.url))


def at_once(valkey: Valkey, work: Callable[[RedisCoordinator, int], list[str]]) -> list[str]:
    """Let workers, each with a connection of its own, do the same at the same time; join their answers."""
    ready = Barrier(WORKERS)

    def run(number: int) -> list[str]:
        mine = RedisCoordinator(connect(valkey.url))
        ready.wait()
        return work(mine, number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return [house for houses in pool.map(run, range(WORKERS)) for house in houses]


def test_no_house_is_claimed_twice_at_the_same_time(valkey: Valkey, coordinator: RedisCoordinator) -> None:
    houses = {f"house-{n}": 1000 + n for n in range(3000)}
    coordinator.touch(houses)

    def claim_all(mine: RedisCoordinator, number: int) -> list[str]:
        claimed: list[str] = []
        while found := mine.claim_quiet(9999, 10_000, 20_000, 7):
            claimed += found
        return claimed

    assert sorted(at_once(valkey, claim_all)) == sorted(houses)


def test_no_lease_is_given_twice_at_the_same_time(valkey: Valkey, coordinator: RedisCoordinator) -> None:
    houses = [f"house-{n}" for n in range(3000)]

    def acquire_all(mine: RedisCoordinator, number: int) -> list[str]:
        order = houses[number * 700 :] + houses[: number * 700]
        chunks = [order[at : at + 50] for at in range(0, len(order), 50)]
        return [house for chunk in chunks for house in mine.acquire(chunk, f"worker {number}", 1000, 2000)]

    assert sorted(at_once(valkey, acquire_all)) == sorted(houses)


def test_a_claim_among_many_looks_at_few(server: Redis, coordinator: RedisCoordinator) -> None:
    waiting = {f"house-{n}": n for n in range(100_000)}
    coordinator.touch(waiting)
    claimed: set[str] = set()
    for now in range(200_000, 200_010):
        server.config_resetstat()
        found = coordinator.claim_quiet(100_000, now, 300_000, 1000)
        assert len(found) == 1000
        stats = server.info("commandstats")
        calls = {name.removeprefix("cmdstat_"): told["calls"] for name, told in stats.items()}
        # A search of each shard asked for expired claims, and chunks of quiet houses.
        assert calls["zrangebyscore"] < 20, calls
        assert calls["zadd"] == calls["zrem"] == calls["hget"] == 1000, calls
        assert not claimed & set(found)
        claimed.update(found)
    assert coordinator.waiting() == 100_000


def test_many_leased_houses_do_not_hide_the_rest(coordinator: RedisCoordinator) -> None:
    leased = [f"leased-{n}" for n in range(10_000)]
    coordinator.touch(dict.fromkeys(leased, 1000))
    coordinator.acquire(leased, "me", 1000, 9000)
    coordinator.touch({f"free-{n}": 2000 for n in range(300)})
    found = coordinator.claim_quiet(2000, 5000, 6000, 1000)
    assert sorted(found) == sorted(f"free-{n}" for n in range(300))


def test_many_claims_that_ended_together_all_come_again(coordinator: RedisCoordinator) -> None:
    houses = {f"house-{n}": 1000 for n in range(10_000)}
    coordinator.touch(houses)
    assert len(coordinator.claim_quiet(1000, 5000, 6000, 20_000)) == 10_000
    assert sorted(coordinator.claim_quiet(1000, 6000, 7000, 20_000)) == sorted(houses)


def keys_of(server: Redis) -> list[str]:
    """Return all keys."""
    return [str(key) for key in server.keys("*")]


def use_every_key(coordinator: RedisCoordinator) -> None:
    """Leave quiet houses, claimed houses and leases behind."""
    houses = {f"house-{n}": 1000 for n in range(200)}
    coordinator.touch(houses)
    coordinator.acquire(list(houses), "me", 1000, 2000)
    coordinator.claim_quiet(1000, 3000, 9000, 100)


def test_every_key_names_the_tag_of_its_shard_and_goes_in_time(
    server: Redis, coordinator: RedisCoordinator
) -> None:
    use_every_key(coordinator)
    keys = keys_of(server)
    shards = {key.split(":")[1] for key in keys}
    assert shards == {f"{{{shard}}}" for shard in range(16)}
    assert {key.split(":")[2] for key in keys} == {"quiet", "claimed", "arrived", "lease"}
    for key in keys:
        assert key.startswith("sunsift:{")
        assert KEEP_MS - 600_000 < server.pttl(key) <= KEEP_MS


def test_leases_that_ended_are_cleaned_as_they_are_met(server: Redis, coordinator: RedisCoordinator) -> None:
    use_every_key(coordinator)
    coordinator.claim_quiet(1000, 9000, 9999, 1000)
    assert [key for key in keys_of(server) if key.endswith(":lease")] == []


def test_nothing_stays_behind_when_all_is_settled(server: Redis, coordinator: RedisCoordinator) -> None:
    use_every_key(coordinator)
    houses = [f"house-{n}" for n in range(200)]
    coordinator.forget(dict.fromkeys(houses, 1000))
    coordinator.release(houses, "me")
    assert keys_of(server) == []


def test_an_emptied_server_is_filled_again(server: Redis, coordinator: RedisCoordinator) -> None:
    coordinator.touch({"a": 1000, "b": 1000})
    coordinator.acquire(["a"], "me", 1000, 9000)
    coordinator.claim_quiet(1000, 2000, 9000, 1)
    server.flushall()
    assert coordinator.waiting() == 0
    assert coordinator.claim_quiet(1000, 2000, 9000, 10) == []
    coordinator.forget({"a": 1000})
    coordinator.release(["a"], "me")
    coordinator.touch({"a": 1000})
    assert coordinator.acquire(["a"], "you", 1000, 1500) == ["a"]
    assert coordinator.claim_quiet(1000, 2000, 9000, 10) == ["a"]


@pytest.mark.parametrize("lost", ["quiet", "claimed", "arrived"])
def test_a_shard_that_lost_one_key_mends_when_its_houses_are_touched(
    server: Redis, coordinator: RedisCoordinator, lost: str
) -> None:
    houses = {f"house-{n}": 1000 for n in range(200)}
    coordinator.touch(houses)
    coordinator.claim_quiet(1000, 2000, 3000, 100)
    server.delete(*server.keys(f"*:{lost}"))
    coordinator.touch(houses)
    assert sorted(coordinator.claim_quiet(1000, 3000, 4000, 1000)) == sorted(houses)


def test_a_server_that_forgot_its_scripts_is_no_hindrance(
    server: Redis, coordinator: RedisCoordinator
) -> None:
    coordinator.touch({"a": 1000})
    server.script_flush()
    coordinator.touch({"a": 2000})
    server.script_flush()
    assert coordinator.acquire(["a"], "me", 1000, 1500) == ["a"]
    server.script_flush()
    assert coordinator.claim_quiet(2000, 3000, 4000, 10) == ["a"]
    server.script_flush()
    coordinator.release(["a"], "me")
    server.script_flush()
    coordinator.forget({"a": 2000})
    assert keys_of(server) == []


def test_a_restarted_server_is_found_again(start_valkey: StartValkey) -> None:
    server = start_valkey()
    coordinator = RedisCoordinator(connect(server.url))
    coordinator.touch({"a": 1000})
    server.kill()
    with pytest.raises(CoordinatorDownError, match="ConnectionError"):
        coordinator.touch({"a": 1000})
    server.start()
    assert coordinator.waiting() == 0
    coordinator.touch({"a": 1000})
    assert coordinator.waiting() == 1


def test_a_lost_connection_is_made_again(server: Redis, coordinator: RedisCoordinator) -> None:
    coordinator.touch({"a": 1000})
    server.client_kill_filter(_type="normal", skipme=True)
    assert coordinator.waiting() == 1


def test_a_server_that_hangs_counts_as_down(start_valkey: StartValkey) -> None:
    server = start_valkey()
    coordinator = RedisCoordinator(connect(server.url))
    coordinator.touch({"a": 1000})
    os.kill(server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(CoordinatorDownError, match="Timeout"):
            coordinator.waiting()
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert coordinator.waiting() == 1


def test_a_server_that_refuses_to_write_counts_as_down(start_valkey: StartValkey) -> None:
    coordinator = RedisCoordinator(connect(start_valkey("--min-replicas-to-write", "1").url))
    with pytest.raises(CoordinatorDownError, match="NOREPLICAS"):
        coordinator.touch({"a": 1000})


@pytest.mark.parametrize("cluster", ["", "?cluster=true"])
def test_a_refused_password_is_told_without_it(start_valkey: StartValkey, cluster: str) -> None:
    server = start_valkey("--requirepass", "the-right-one")
    client = connect(f"redis://:a-wrong-one@127.0.0.1:{server.port}{cluster}")
    with pytest.raises(CoordinatorDownError) as refused:
        RedisCoordinator(client).waiting()
    assert "password" in str(refused.value)
    assert "a-wrong-one" not in f"{refused.value!r} {refused.value.__cause__!r} {client!r}"
    right = connect(f"redis://:the-right-one@127.0.0.1:{server.port}/0")
    assert RedisCoordinator(right).waiting() == 0


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://:secret@localhost:6379",
        "redis://",
        "redis://:secret@localhost:port",
        "redis://:sec/secret@localhost:6379",
        "redis://:secret@localhost:6379/0?socket_timeout=1",
        "redis://:secret@localhost:6379?secret",
        "rediss://:secret@[::1:6379",
        "redis://:secret@localhost:6379/secret",
        "redis://:secret@localhost:6379/1?cluster=true",
        "redis://:secret@localhost:6379?cluster=secret",
        "redis://:secret@localhost:6379?ssl_ca_certs=authority.pem",
    ],
)
def test_a_wrong_url_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="redis://HOST") as refused:
        connect(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("query", ["", "?cluster=true"])
def test_tls_is_spoken_where_the_url_says_so(query: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def first_byte() -> bytes:
            connection, _ = listener.accept()
            with connection:
                return connection.recv(1)

        heard = pool.submit(first_byte)
        client = connect(f"rediss://127.0.0.1:{listener.getsockname()[1]}{query}")
        # Nobody answers a second try.
        with pytest.raises(CoordinatorDownError):
            RedisCoordinator(client).waiting()
        assert heard.result() == TLS_HANDSHAKE
