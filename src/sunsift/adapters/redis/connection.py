"""Reaching Redis or Valkey by its URL, with little patience: it only keeps hints."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from sunsift.domain.errors import SettingsError

PATIENCE_SECONDS = 1.0
IDLE_SECONDS = 30
"""A connection that was idle for so long is tried before it is used."""

_USAGE = (
    "the coordinator's URL has to read redis://HOST:6379/0, or rediss://HOST:6379/0 for TLS; "
    "?cluster=true may follow, and ssl_ca_certs=FILE for certificates of your own authority"
)


class Client:
    """A client of redis-py that is made when it is needed: a cluster may be down when the program starts.

    It keeps to itself what it was made of; some versions of redis-py show passwords when they are printed.
    """

    def __init__(self, make: Callable[[], Redis | RedisCluster]) -> None:
        self._make = make
        self._made: Any = None

    def pipeline(self) -> Any:
        """Return a new pipeline, which is no transaction."""
        if self._made is None:
            self._made = self._make()
        return self._made.pipeline(transaction=False)


def connect(url: str) -> Client:
    """Return a client for the URL; it connects when it is first used.

    Errors: SettingsError, without the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        cluster = {"true": True, "false": False}[asked.pop("cluster", "false")]
        paths = r"/?0?" if cluster else r"/?\d*"
        tls = {"ssl_ca_certs"} if parts.scheme == "rediss" else set()
        usable = parts.scheme in {"redis", "rediss"} and parts.hostname and parts.port != 0
    except (ValueError, KeyError):
        # Its text may quote the URL.
        raise SettingsError(_USAGE) from None
    if not usable or not re.fullmatch(paths, parts.path) or asked.keys() - tls:
        raise SettingsError(_USAGE)
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
        "health_check_interval": IDLE_SECONDS,
        "retry": Retry(NoBackoff(), 1),
        **asked,
    }
    kind = RedisCluster if cluster else Redis
    return Client(partial(kind.from_url, urlunsplit(parts._replace(query="")), **options))
