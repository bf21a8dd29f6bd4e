"""Deliver: send the reports that are due until the retailer acknowledges them, or three days have passed."""

import hashlib
import logging
from dataclasses import dataclass

from sunsift.domain.house import veiled
from sunsift.domain.rules import Rules
from sunsift.parcels import Report, Unsent
from sunsift.ports import Sender, Store

log = logging.getLogger(__name__)
FIRST_RETRY_MS = 60_000
LONGEST_RETRY_MS = 6 * 3_600_000
MOST_JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one deliver did.

    failed: not acknowledged; of these, given_up: for good. gone: whether the receiver wants no more reports.
    """

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    gone: bool = False


def deliver(store: Store, sender: Sender, rules: Rules) -> Delivered:
    """Send one batch of due reports; nothing to a receiver that left, until it is enabled.

    A report is acknowledged after it was sent, so a crash in between sends it again, with its key.
    """
    if store.gone(sender.target) is not None:
        return Delivered(gone=True)
    now = store.steady()
    reports = store.claim_reports(now, now + rules.lease_ms, sender.batch)
    if not reports:
        return Delivered()
    unsent = sender.send(reports)
    store.acknowledge([r.key for r in reports if r.key not in unsent])
    if untried := [key for key, why in unsent.items() if not why.tried]:
        store.release(untried, now)
    failed = [(r, unsent[r.key]) for r in reports if r.key in unsent and unsent[r.key].tried]
    given_up = sum(_put_off(store, report, why, now, rules) for report, why in failed)
    left = next((why.problem for _, why in failed if why.gone), None)
    if left is not None:
        log.error("%s wants no more reports (%s); they wait until it is enabled", sender.target, left)
        store.disable(sender.target, left)
    return Delivered(len(reports) - len(unsent), len(failed), given_up, left is not None)


def _put_off(store: Store, report: Report, why: Unsent, now: int, rules: Rules) -> bool:
    """Have a report that failed wait for its next attempt, or give it up; say whether it was given up."""
    told = {"house_id": veiled(report.house_id), "trace_id": report.trace, "report_key": report.key}
    if why.gone or now - report.first_tried < rules.trying_ms:
        log.warning("report %s was not delivered: %s", report.key, why.problem, extra=told)
        store.postpone(report.key, now + retry_after_ms(report, now, why.retry_after_seconds), why.problem)
        return False
    attempts = f"after {report.attempt} attempts"
    log.warning("report %s is given up %s: %s", report.key, attempts, why.problem, extra=told)
    store.give_up(report.key, why.problem)
    return True


def retry_after_ms(report: Report, now: int, asked_seconds: float | None = None) -> int:
    """Return how long to wait after an attempt that failed [ms].

    As long again as has passed since the first attempt, which doubles the waits; at least a minute, at most
    six hours. Up to a quarter is added, so that what failed together does not come back together; key and
    attempt say how much. asked_seconds: what the receiver asks for, which counts if it is longer.
    """
    wait = min(max(now - report.first_tried, FIRST_RETRY_MS), LONGEST_RETRY_MS)
    digest = hashlib.blake2b(f"{report.key} {report.attempt}".encode(), digest_size=4).digest()
    wait += int(wait * MOST_JITTER * int.from_bytes(digest) / (1 << 32))
    return max(wait, min(round((asked_seconds or 0.0) * 1000), LONGEST_RETRY_MS))
