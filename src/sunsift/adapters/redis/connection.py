"""Reaching Redis or Valkey by its URL, with little patience: it only keeps hints."""

from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit, urlunsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import RedisError
from redis.retry import Retry

from sunsift.domain.errors import SettingsError

PATIENCE_SECONDS = 1.0
IDLE_SECONDS = 30
"""A connection that was idle for so long is tried before it is used."""

_USAGE = (
    "the coordinator's URL has to read redis://HOST:6379/0, or rediss://HOST:6379/0 for TLS; "
    "?cluster=true may follow, and ssl_ca_certs=FILE for certificates of your own authority"
)


class Client(Protocol):
    """The one method of redis-py's clients that is used here."""

    def pipeline(self, transaction: bool) -> Any:
        """Return a new pipeline."""
        ...


class Cluster:
    """A cluster that is looked for when it is needed, so that it may be down when the program starts."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self._url = url
        self._options = options
        self._client: Client | None = None

    def pipeline(self, transaction: bool) -> Any:
        """Return a new pipeline; find the cluster if it was not found yet."""
        if self._client is None:
            self._client = RedisCluster.from_url(self._url, **self._options)
        return self._client.pipeline(transaction=transaction)


def connect(url: str) -> Client:
    """Return a client for the URL; it connects when it is first used.

    Errors: SettingsError, without the URL, which may hold a password.
    """
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
        "health_check_interval": IDLE_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
        cluster = asked.pop("cluster", ["false"]) == ["true"]
        authority = asked.pop("ssl_ca_certs", None)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname or asked:
            raise SettingsError(_USAGE)
        if authority:
            options["ssl_ca_certs"] = authority[0]
        plain = urlunsplit(parts._replace(query=""))
        return Cluster(plain, options) if cluster else Redis.from_url(plain, **options)
    except (ValueError, RedisError):
        # Their texts may quote the URL.
        raise SettingsError(_USAGE) from None
