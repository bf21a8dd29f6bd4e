"""What tests of the running service share."""

import json
from contextlib import closing
from pathlib import Path

from sunsift.adapters.sqlite.database import Database
from sunsift.adapters.sqlite.records import SqliteRecords
from tests.support.process import Sunsift

DATABASE = "sunsift.sqlite"
# Everything at once, and leases that end soon; else a service sleeps most of a short test.
AT_ONCE = (
    *("--quiet-minutes", "0", "--poll-seconds", "0.02", "--settle-seconds", "0.1"),
    *("--deliver-seconds", "0.1", "--sweep-seconds", "0.5", "--whole-after", "0"),
)


def delivered(sunsift: Sunsift) -> set[str]:
    """Return the keys that the retailer got; no line may be torn and no key come twice."""
    text = (sunsift.data / "reports.jsonl").read_bytes()
    assert text.endswith(b"\n")
    keys = [json.loads(line)["data"]["key"] for line in text.splitlines()]
    assert len(set(keys)) == len(keys)
    return set(keys)


def is_done(database: Path, inbox: Path) -> bool:
    """Say whether a service has nothing left to do."""
    if any(inbox.glob("*.jsonl")):
        return False
    with closing(Database(database)) as opened:
        counts = SqliteRecords(opened).counts()
    return not counts.unsettled and not counts.undelivered
