"""What the doctor looks for in Redis or Valkey."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sunsift.cli.doctor_check import OK, PROBLEM, WARNING, Check
from sunsift.settings import shown
from sunsift.wiring import needs

if TYPE_CHECKING:
    from redis.exceptions import RedisError

OLDEST = (6, 2)
SLOW_SECONDS = 0.05
FULL = 0.9


def look_at_redis(url: str) -> Iterator[Check]:
    """Look whether a server suits as coordinator. It is written nothing.

    Errors: SettingsError for what is no such URL, or without the extra.
    """
    with needs("redis"):
        from redis.exceptions import RedisError

        from sunsift.adapters.redis.connection import connect
    connect(url)  # refuses what the service would refuse
    cluster = "cluster=true" in urlsplit(url).query
    client = connect(_of_one_node(url))
    try:
        # A script too, for without the right to run any it is of no use.
        info, _ = _ask(client, ["INFO"], ["EVAL", "return 1", "0"])
        state = _ask(client, ["CLUSTER INFO"]) if cluster else []
        begun = time.perf_counter()
        _ask(client, ["PING"])
        seconds = time.perf_counter() - begun
    except RedisError as error:
        yield Check("coordinator", PROBLEM, f"{shown(url)}: {_said(error)}", _advice(error))
        return
    yield _version(url, info, seconds)
    yield _memory(info)
    if state:
        yield _cluster(state[0])
    elif info.get("cluster_enabled"):
        yield Check("coordinator cluster", PROBLEM, "this is a cluster", "add ?cluster=true to the URL")


def _ask(client: Any, *commands: list[str]) -> list[Any]:
    pipeline = client.pipeline()
    for command in commands:
        pipeline.execute_command(*command)
    answers: list[Any] = pipeline.execute()
    return answers


def _of_one_node(url: str) -> str:
    parts = urlsplit(url)
    options = [(name, value) for name, value in parse_qsl(parts.query) if name != "cluster"]
    return urlunsplit(parts._replace(query=urlencode(options)))


def _version(url: str, info: dict[str, Any], seconds: float) -> Check:
    # Valkey tells the version of Redis that it is like, and its own beside it.
    like = str(info.get("redis_version", "0"))
    server = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {like}"
    found = f"{shown(url)}: {server}, answers in {seconds * 1000:.1f} ms"
    if tuple(int(part) for part in like.split(".")[:2]) < OLDEST:
        return Check("coordinator", PROBLEM, found, "use Redis 6.2, Valkey 7.2 or newer")
    if info.get("role") == "slave":
        return Check("coordinator", PROBLEM, f"{found}, a replica", "give the address of the primary")
    if seconds > SLOW_SECONDS:
        return Check("coordinator", WARNING, found, "every step asks it several times: put it closer")
    return Check("coordinator", OK, found)


def _memory(info: dict[str, Any]) -> Check:
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    policy = str(info.get("maxmemory_policy", "unknown"))
    found = f"{used / 1e6:,.1f} MB used, " + (
        f"{limit / 1e6:,.1f} MB allowed, {policy}" if limit else "no limit"
    )
    if limit and policy != "noeviction":
        advice = "set maxmemory-policy noeviction: what it throws away, only the hourly sweep finds"
        return Check("coordinator memory", PROBLEM, found, advice)
    if limit and used > FULL * limit:
        return Check("coordinator memory", WARNING, found, "raise maxmemory, or give it to Sunsift alone")
    return Check("coordinator memory", OK, found)


def _cluster(state: dict[str, Any]) -> Check:
    found = f"state {state.get('cluster_state')}, {state.get('cluster_slots_ok')} of 16384 slots served"
    if state.get("cluster_state") == "ok":
        return Check("coordinator cluster", OK, found)
    return Check("coordinator cluster", PROBLEM, found, "see CLUSTER NODES; the store stands in")


def _said(error: "RedisError") -> str:
    return " ".join(str(error).split())


def _advice(error: "RedisError") -> str:
    from redis import exceptions

    said = str(error)
    if isinstance(error, exceptions.AuthenticationError) or "NOAUTH" in said or "WRONGPASS" in said:
        return "the user or the password was refused: check both in the URL, with % signs for odd characters"
    if isinstance(error, exceptions.NoPermissionError) or "NOPERM" in said:
        return "allow its user INFO, scripts, sorted sets, hashes and strings of the keys sunsift:*"
    if "cluster support disabled" in said:
        return "this is no cluster: take ?cluster=true out of the URL"
    if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
        return "check that it runs, host, port, TLS (rediss://); the store stands in for it"
    return "see the text; the store stands in for it"
