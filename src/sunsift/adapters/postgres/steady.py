"""Steady time, one for all workers: the server's clock, slowed down where it leaps."""

from typing import Final

from sunsift.adapters.postgres.database import Database

# So many milliseconds apart are two looks that write: a whole fleet of workers writes the row no more than
# fifty times a second, and whoever looks in between reads.
LEAST_STEP_MS: Final = 20
_CLOCK: Final = "coalesce(%(now)s::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
# Of two that want to advance at once, the second waits and looks at the row again, and at the clock.
_LOOK: Final = f"""
WITH advanced AS (
    UPDATE steady AS s SET (steady, wall) = (
        SELECT s.steady + greatest(0, least(now - s.wall, %(longest)s::bigint)), now
        FROM (SELECT {_CLOCK} AS now OFFSET 0) AS clock)
    WHERE {_CLOCK} - s.wall NOT BETWEEN %(earliest)s::bigint AND %(least)s::bigint - 1
    RETURNING steady)
SELECT steady FROM advanced UNION ALL SELECT steady FROM steady WHERE NOT EXISTS (SELECT FROM advanced)
"""
_BEGIN: Final = f"INSERT INTO steady (steady, wall) VALUES ({_CLOCK}, {_CLOCK}) ON CONFLICT DO NOTHING"
_LONG_AGO: Final = -(1 << 60)


def look(database: Database, now: int | None, longest_step_ms: int | None, *, told: bool) -> int:
    """Advance steady time and return it [ms], as a transaction of its own: nobody holds the row for long.

    now: wall time where a clock was given, every millisecond of which counts; None for the server's.
    longest_step_ms, told: see `PostgresStore`.
    """
    parameters = {
        "now": now,
        "longest": longest_step_ms,
        "least": LEAST_STEP_MS if now is None else 1,
        "earliest": _LONG_AGO if told else 0,
    }
    while (row := database.run(_LOOK, parameters)) is None:
        database.run(_BEGIN, parameters)
    return int(row[0])
