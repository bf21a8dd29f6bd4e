"""A large store in little time: some houses go through all steps, the others are copies of their rows."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sunsift.adapters.files import FilesInbox
from sunsift.adapters.json_lines import JsonLinesSender
from sunsift.local import deliver_all, ingest_all, settle_all
from tests.benchmarks.fleet import make_fleet, write_lines
from tests.benchmarks.parts import sunsift
from tests.benchmarks.stopwatch import Figures, check

DATABASE: Final = "sunsift.sqlite"
# Of these tables every row has its house's number in the column `house`.
_BY_NUMBER: Final = ("progress", "day", "evidence", "prediction", "standing")
_MISPLACED: Final = """
SELECT count(*) FROM standing AS s LEFT JOIN prediction AS p USING (house, day)
WHERE s.day IS NOT (SELECT max(day) FROM prediction WHERE house = s.house)
OR s.status IS NOT coalesce(p.status, 0) OR s.lost IS NOT coalesce(p.lost, -1)
"""


def large_store(data: Path, houses: int, days: int, distinct: int) -> Figures:
    """Make a store of predicted houses; the first `distinct` are simulated, the others are their copies.

    houses: a multiple of `distinct`. A copy lives in its original's region, under its own name.
    """
    fleet = make_fleet(distinct, days)
    mail = data.with_suffix(".jsonl")
    write_lines(fleet.by_date(), mail)
    with sunsift(data) as parts:
        parts.store.register(list(fleet.registrations()))
        ingest_all(parts, FilesInbox([mail]))
        settle_all(parts)
        deliver_all(parts, JsonLinesSender(data / "reports.jsonl", parts.model.explain))
    mail.unlink()
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -65536")
        # As shipped: else a name may be left where a page was parted, and an erasure compacts the file.
        connection.execute("PRAGMA secure_delete = ON")
        for first in range(distinct, houses, distinct):
            _copy(connection, distinct, first)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        check("houses misplaced", connection.execute(_MISPLACED).fetchone()[0], 0)
    with sunsift(data) as parts:
        counts = parts.records.counts()
    check("houses", counts.houses, houses)
    check("days", counts.days, houses * days)
    check("unsettled", counts.unsettled, 0)
    return {"houses": counts.houses, "days": counts.days, "predictions": counts.predictions}


def _copy(connection: sqlite3.Connection, distinct: int, first: int) -> None:
    """Copy the first houses once; the copies begin behind number `first`."""
    connection.execute("BEGIN")
    rest = _columns(connection, "house", without=("id", "house_id"))
    connection.execute(
        f"INSERT INTO house (id, house_id, {rest}) "
        f"SELECT id + ?1, printf('63%08d', id + ?1 - 1), {rest} FROM house WHERE id <= ?2",
        (first, distinct),
    )
    for table in _BY_NUMBER:
        rest = _columns(connection, table, without=("house",))
        connection.execute(
            f"INSERT INTO {table} (house, {rest}) SELECT house + ?1, {rest} FROM {table} WHERE house <= ?2",
            (first, distinct),
        )
    rest = _columns(connection, "report", without=("seq", "key", "house"))
    connection.execute(
        f"INSERT INTO report (key, house, {rest}) "
        f"SELECT key || '-' || ?1, house + ?1, {rest} FROM report WHERE house <= ?2",
        (first, distinct),
    )
    connection.execute("COMMIT")


def _columns(connection: sqlite3.Connection, table: str, without: tuple[str, ...]) -> str:
    names = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    return ", ".join(name for name in names if name not in without)
