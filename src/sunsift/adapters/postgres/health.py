"""What of a PostgreSQL behind Sunsift is as it should be, and what to do about the rest."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from sunsift.adapters.postgres.migrate import OLDEST_SERVER, administered, last_year, revision_of
from sunsift.adapters.postgres.migrations import HEAD
from sunsift.adapters.postgres.roles import lacking
from sunsift.domain.errors import StoreError

MOST_SKEW_SECONDS: Final = 5.0
MANY_CONNECTIONS: Final = 0.8
"""This share of the connections is many."""
_CONNECTIONS: Final = """
SELECT (SELECT sum(numbackends)::integer FROM pg_stat_database),
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
"""

_Link = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing. advice: what to do; with `ok`, it can wait."""

    what: str
    ok: bool
    found: str
    advice: str = ""


def check(url: str) -> list[Finding]:
    """Look at the server, its tables and what the role of the URL may do with them; change nothing."""
    try:
        with administered(url) as connection:
            return list(_findings(connection))
    except StoreError as error:
        return [Finding("server", False, str(error), "see the text")]


def _findings(connection: _Link) -> Iterator[Finding]:
    yield _server(connection)
    yield _connections(connection)
    yield _clock(connection)
    revision = revision_of(connection)
    yield _tables(revision)
    if revision == HEAD:
        yield _rights(connection)
        yield _years(connection)


def _server(connection: _Link) -> Finding:
    number = connection.info.server_version
    found = f"PostgreSQL {number // 10_000}.{number % 10_000}, as {connection.info.user}"
    if number < OLDEST_SERVER * 10_000:
        return Finding("server", False, found, f"upgrade it to {OLDEST_SERVER} or newer")
    ((replica, forbidden),) = connection.execute(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')"
    ).fetchall()
    if replica or forbidden == "on":
        return Finding("server", False, f"{found}, takes no writes", "give the URL of the primary")
    return Finding("server", True, found)


def _connections(connection: _Link) -> Finding:
    ((used, most),) = connection.execute(_CONNECTIONS).fetchall()
    few_left = used > MANY_CONNECTIONS * most
    advice = "pool them with PgBouncer, or let fewer workers run" if few_left else ""
    return Finding("connections", True, f"{used} of {most} used", advice)


def _clock(connection: _Link) -> Finding:
    before = time.time()
    ((there,),) = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchall()
    ahead = float(there) - (before + time.time()) / 2
    if abs(ahead) <= MOST_SKEW_SECONDS:
        return Finding("clock", True, f"within {MOST_SKEW_SECONDS:.0f} s of this machine's")
    side = "ahead of" if ahead > 0 else "behind"
    # All workers go by the server's, so a wrong one is wrong only for people who read times.
    return Finding("clock", True, f"{abs(ahead):,.0f} s {side} this machine's", "set both by NTP")


def _tables(revision: str | None) -> Finding:
    if revision is None:
        return Finding("tables", False, "there are none", "make them: sunsift --store URL store migrate")
    if revision < HEAD:
        advice = "bring them up: sunsift --store URL store migrate"
        return Finding("tables", False, f"revision {revision}, older than {HEAD} of this Sunsift", advice)
    if revision > HEAD:
        return Finding("tables", False, f"revision {revision}, newer than {HEAD}", "upgrade this Sunsift")
    return Finding("tables", True, f"revision {revision}")


def _rights(connection: _Link) -> Finding:
    role = connection.info.user
    missing = lacking(connection)
    if missing:
        found = f"{role} lacks {', '.join(missing[:3])}" + (" and more" if len(missing) > 3 else "")
        return Finding("rights", False, found, f"as the owner: sunsift --store URL store grant {role}")
    return Finding("rights", True, f"{role} may read and write all tables")


def _years(connection: _Link) -> Finding:
    last, next_year = last_year(connection), datetime.now(UTC).year + 1
    found = f"partitions up to {last}"
    if last < next_year:
        # Later days are kept all the same, only in one table for all of them.
        return Finding("years", True, found, f"add the next: sunsift store years {next_year + 9} | psql URL")
    return Finding("years", True, found)
