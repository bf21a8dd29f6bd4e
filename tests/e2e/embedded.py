"""What the embedded system makes of the same packets, under the same sunlight."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.acceptance.conftest import write_mail
from tests.e2e.cloud import Servers
from tests.e2e.fleets import Sent
from tests.support.process import Row, SunsiftHere
from tests.support.sunlight import copy_sunlight


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
    here = SunsiftHere(data)
    for houses_csv in sent.houses_csv:
        here.do("houses", "add", houses_csv)
    with closing(servers.parts()) as known, closing(embedded(read_settings({}, data))) as new:
        copy_sunlight(known, new)
    here.do("ingest", write_mail(data / "mail.jsonl", sent.mail))
    here.do("settle", "--quiet-minutes", 0)
    return Expected(here.result(), here.latest_reports())
