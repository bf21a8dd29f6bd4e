"""What the embedded system makes of the same packets, under the same sunlight."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.e2e.cloud import Servers
from tests.e2e.fleets import Sent
from tests.support.process import Row, SunsiftHere


@dataclass(frozen=True, slots=True)
class Expected:
    """Predictions, statuses and quarantine; and what the retailer is told last of each house."""

    result: dict[str, Any]
    latest: dict[str, Row]


def embedded_run(servers: Servers, sent: Sent, data: Path) -> Expected:
    """Send the same mail to a file on this machine, and settle it once.

    When a region's day closes depends on when its packets came, so the days close with the sunlight that they
    closed with on the servers. Everything else must come out the same.
    """
    with closing(servers.parts()) as parts:
        closed = [(r.region, r.day, r.profile) for r in parts.records.region_days() if r.profile is not None]
    assert closed
    here = SunsiftHere(data)
    for houses_csv in sent.houses_csv:
        here.do("houses", "add", houses_csv)
    with closing(embedded(read_settings({}, data))) as parts:
        parts.store.import_feed(closed)
    mail = data / "mail.jsonl"
    mail.write_bytes(b"".join(message + b"\n" for message in sent.mail))
    here.do("ingest", mail)
    here.do("settle", "--quiet-minutes", 0)
    return Expected(here.result(), here.latest_reports())
