"""Deliver: send the reports that are due until the retailer acknowledges them."""

import logging
from dataclasses import dataclass

from sunsift.domain.rules import Rules
from sunsift.ports import Sender, Store

log = logging.getLogger(__name__)
FIRST_RETRY_MS = 60_000
LONGEST_RETRY_MS = 6 * 3_600_000


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one deliver did."""

    sent: int = 0
    failed: int = 0


def deliver(store: Store, sender: Sender, rules: Rules) -> Delivered:
    """Send one batch of due reports.

    A report is acknowledged after it was sent, so a crash in between sends it again, with its key.
    """
    now = store.steady()
    reports = store.claim_reports(now, now + rules.lease_ms, sender.batch)
    if not reports:
        return Delivered()
    problems = sender.send(reports)
    store.acknowledge([r.key for r in reports if r.key not in problems])
    for report in reports:
        if report.key in problems:
            told = {"house_id": report.house_id, "trace_id": report.trace, "report_key": report.key}
            log.warning("report %s was not delivered: %s", report.key, problems[report.key], extra=told)
            store.postpone(report.key, now + retry_after_ms(report.attempt), problems[report.key])
    return Delivered(len(reports) - len(problems), len(problems))


def retry_after_ms(attempt: int) -> int:
    """Return how long to wait after the given attempt failed [ms]: a minute, doubling up to six hours."""
    return min(FIRST_RETRY_MS << min(attempt - 1, 20), LONGEST_RETRY_MS)
