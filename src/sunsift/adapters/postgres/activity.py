"""What steps did in each minute, for people."""

from collections.abc import Sequence
from dataclasses import astuple

from sunsift.adapters.postgres.columns import column
from sunsift.adapters.postgres.database import Link
from sunsift.adapters.rows import ACTIVITY_MINUTES
from sunsift.parcels import Activity

_KINDS = {"minute": "integer", "step": "text", "runs": "bigint", "milliseconds": "bigint",
          "done": "bigint", "failed": "bigint"}  # fmt: skip
# Sorted, so that two workers that add to the same rows do not wait for each other crosswise.
_ADD = f"""
INSERT INTO activity AS a ({", ".join(_KINDS)})
SELECT * FROM unnest({", ".join(f"%b::{kind}[]" for kind in _KINDS.values())}) AS g ({", ".join(_KINDS)})
ORDER BY g.minute, g.step COLLATE "C"
ON CONFLICT (minute, step) DO UPDATE SET
    runs = a.runs + excluded.runs, milliseconds = a.milliseconds + excluded.milliseconds,
    done = a.done + excluded.done, failed = a.failed + excluded.failed
"""
_SINCE = f"SELECT {', '.join(_KINDS)} FROM activity WHERE minute >= %s ORDER BY minute, step"


def add(connection: Link, rows: Sequence[Activity]) -> None:
    """Add to the rows that are there; forget what is too old. A minute and step may stand there once."""
    if not rows:
        return
    values = zip(*map(astuple, rows), strict=True)
    connection.execute(_ADD, [column(v, kind) for v, kind in zip(values, _KINDS.values(), strict=True)])
    oldest = max(row.minute for row in rows) - ACTIVITY_MINUTES
    connection.execute("DELETE FROM activity WHERE minute < %s", (oldest,))


def since(connection: Link, minute: int) -> list[Activity]:
    """Return the rows from a minute on."""
    return [Activity(*row) for row in connection.execute(_SINCE, (minute,))]
