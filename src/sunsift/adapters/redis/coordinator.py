"""The coordinator on Redis or Valkey: quiet clocks and leases for many machines."""

import zlib
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any

from redis.exceptions import RedisClusterException, RedisError

from sunsift.adapters.redis.connection import Client
from sunsift.domain.errors import SunsiftError

KEEP_MS = 7 * 24 * 3_600_000
"""Keys that nobody uses for so long go: a bound on memory. What they knew, the sweep finds."""
_LONGEST_PROBLEM = 300


class CoordinatorDownError(SunsiftError):
    """The coordinator does not answer, or not as it should. Nothing is lost by it but hints."""


def _script(name: str) -> str:
    return resources.files(__package__).joinpath(f"{name}.lua").read_text("utf-8")


class RedisCoordinator:
    """Quiet clocks and leases in shards; every operation is atomic within a shard.

    Scripts are sent whole instead of by their digest. They are short, and so one trip always does, whatever
    the server has forgotten.
    """

    def __init__(self, client: Client, shards: int = 16) -> None:
        """Use the client that `connect` made. Every process has to name the same number of shards."""
        self._client = client
        self._shards = shards
        self._touch, self._claim, self._forget, self._acquire, self._release = map(
            _script, ("touch", "claim", "forget", "acquire", "release")
        )

    def touch(self, arrived: dict[str, int]) -> None:
        """Restart the quiet clock of houses."""
        self._ask(
            _eval(self._touch, _clock_keys(shard), KEEP_MS, *_pairs(houses, arrived))
            for shard, houses in self._by_shard(arrived).items()
        )

    def claim_quiet(self, arrived_by: int, now: int, until: int, limit: int) -> list[str]:
        """Take houses that have been quiet long enough, for as long as `until`."""
        taken: list[str] = []
        # Another shard comes first each time, lest a long queue in one holds up the rest.
        first = self._shard(str(now))
        for shard in (*range(first, self._shards), *range(first)):
            keys = [*_clock_keys(shard), _lease_key(shard)]
            wanted = limit - len(taken)
            if wanted <= 0:
                break
            (found,) = self._ask([_eval(self._claim, keys, KEEP_MS, arrived_by, now, until, wanted)])
            taken += found
        return taken

    def forget(self, settled: dict[str, int]) -> None:
        """Stop the quiet clocks of settled houses, unless touched after the given arrivals."""
        self._ask(
            _eval(self._forget, _clock_keys(shard), *_pairs(houses, settled))
            for shard, houses in self._by_shard(settled).items()
        )

    def waiting(self) -> int:
        """Return how many houses have a running quiet clock."""
        quiet_and_claimed = [key for shard in range(self._shards) for key in _clock_keys(shard)[:2]]
        return sum(self._ask(("ZCARD", key) for key in quiet_and_claimed))

    def acquire(self, house_ids: Sequence[str], token: str, now: int, until: int) -> list[str]:
        """Take the leases that nobody else holds; return the houses of those."""
        answers = self._ask(
            _eval(self._acquire, [_lease_key(shard)], KEEP_MS, token, now, until, *houses)
            for shard, houses in self._by_shard(house_ids).items()
        )
        mine = {house_id for answer in answers for house_id in answer}
        return [house_id for house_id in house_ids if house_id in mine]

    def release(self, house_ids: Sequence[str], token: str) -> None:
        """Give back the leases that `token` still holds."""
        self._ask(
            _eval(self._release, [_lease_key(shard)], token, *houses)
            for shard, houses in self._by_shard(house_ids).items()
        )

    def _shard(self, name: str) -> int:
        return zlib.crc32(name.encode()) % self._shards

    def _by_shard(self, house_ids: Iterable[str]) -> dict[int, list[str]]:
        houses: dict[int, list[str]] = {}
        for house_id in house_ids:
            houses.setdefault(self._shard(house_id), []).append(house_id)
        return houses

    def _ask(self, commands: Iterable[tuple[str | int, ...]]) -> list[Any]:
        """Send commands in one go; return the answers. Errors: CoordinatorDownError."""
        try:
            pipeline = self._client.pipeline()
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = pipeline.execute(raise_on_error=False)
        except (RedisError, RedisClusterException) as error:
            raise _down(error) from error
        for answer in answers:
            if isinstance(answer, Exception):
                raise _down(answer) from answer
        return answers


def _down(error: Exception) -> CoordinatorDownError:
    return CoordinatorDownError(f"{type(error).__name__}: {error}"[:_LONGEST_PROBLEM])


def _clock_keys(shard: int) -> list[str]:
    return [f"sunsift:{{{shard}}}:{name}" for name in ("quiet", "claimed", "arrived")]


def _lease_key(shard: int) -> str:
    return f"sunsift:{{{shard}}}:lease"


def _eval(script: str, keys: Sequence[str], *arguments: str | int) -> tuple[str | int, ...]:
    return ("EVAL", script, len(keys), *keys, *arguments)


def _pairs(house_ids: Iterable[str], times: dict[str, int]) -> Iterable[str | int]:
    return (part for house_id in house_ids for part in (house_id, times[house_id]))
