"""Reports to the retailer's web server, one POST a report, signed as Standard Webhooks 1.0 says."""

import base64
import hashlib
import json
from collections.abc import Sequence

import urllib3
from standardwebhooks import Webhook

from sunsift.adapters.clock import SystemClock
from sunsift.adapters.report_body import report_body
from sunsift.domain.errors import SettingsError
from sunsift.ports import Clock, Report

TIMEOUT_SECONDS = 5.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret starts with
SHORTEST_SECRET_BYTES, LONGEST_SECRET_BYTES = 24, 64


class WebhookSender:
    """Posts reports as JSON; an answer of 200 to 299 acknowledges.

    The report's key travels as `webhook-id`, the same on every attempt, so that the receiver can drop
    repetitions. With a secret, `webhook-timestamp` and `webhook-signature` let the receiver check that the
    report is ours, unchanged and fresh. `traceparent` names the ingest that led to the report, where it is
    known. Redirects are not followed.
    """

    batch = 20

    def __init__(self, url: str, secret: str | None = None, clock: Clock | None = None) -> None:
        """Post to an address. secret: base64 of 24 to 64 bytes, with or without the prefix "whsec_".

        Errors: SettingsError if the address or the secret cannot be one.
        """
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"{url!r} is no web address: it must start with http:// or https://")
        self._url = url
        self._webhook = Webhook(_secret_bytes(secret)) if secret else None
        self._clock = clock or SystemClock()
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS)

    def send(self, reports: Sequence[Report]) -> dict[str, str]:
        """Post each report; after one that got no answer the rest waits for the next attempt."""
        problems: dict[str, str] = {}
        for position, report in enumerate(reports):
            try:
                problem = self._post(report)
            except urllib3.exceptions.HTTPError as error:
                unreachable = f"no answer: {type(error).__name__}"
                problems |= {r.key: unreachable for r in reports[position:]}
                break
            if problem:
                problems[report.key] = problem
        return problems

    def _post(self, report: Report) -> str | None:
        body = json.dumps(report_body(report))
        answer = self._pool.request(
            "POST", self._url, body=body.encode(), headers=self._headers(report, body), redirect=False
        )
        return None if 200 <= answer.status < 300 else f"the receiver answered {answer.status}"

    def _headers(self, report: Report, body: str) -> dict[str, str]:
        headers = {"content-type": "application/json", "webhook-id": report.key}
        if self._webhook:
            # The time of this attempt: receivers refuse old ones, so that nobody can play one back.
            now = self._clock.now()
            headers["webhook-timestamp"] = str(int(now.timestamp()))
            headers["webhook-signature"] = self._webhook.sign(report.key, now, body)
        if report.trace:
            span = hashlib.blake2b(report.key.encode(), digest_size=8).hexdigest()
            headers["traceparent"] = f"00-{report.trace}-{span}-01"
        return headers


def _secret_bytes(secret: str) -> bytes:
    """Return the key within a secret; the text of the error never tells the secret."""
    text = secret.strip().removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        key = b""
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise SettingsError(
            f"the webhook's secret cannot be one: it must be {SECRET_PREFIX} and base64 of "
            f"{SHORTEST_SECRET_BYTES} to {LONGEST_SECRET_BYTES} bytes; make one with: "
            f"echo {SECRET_PREFIX}$(openssl rand -base64 32)"
        )
    return key
