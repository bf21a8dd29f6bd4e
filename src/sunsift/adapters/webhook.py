"""Reports to the retailer's web server, one POST a report."""

import json
from collections.abc import Sequence

import urllib3

from sunsift.adapters.json_lines import report_body
from sunsift.domain.errors import SettingsError
from sunsift.ports import Report

TIMEOUT_SECONDS = 5.0


class WebhookSender:
    """Posts reports as JSON; an answer of 200 to 299 acknowledges.

    The report's key travels as `webhook-id`, the same on every attempt, so that the receiver can drop
    repetitions. Redirects are not followed.
    """

    batch = 20

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"{url!r} is no web address: it must start with http:// or https://")
        self._url = url
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
        answer = self._pool.request(
            "POST",
            self._url,
            body=json.dumps(report_body(report)).encode(),
            headers={"content-type": "application/json", "webhook-id": report.key},
            redirect=False,
        )
        return None if 200 <= answer.status < 300 else f"the receiver answered {answer.status}"
