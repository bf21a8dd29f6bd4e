"""Reports to the retailer's web server, one POST a report, signed as Standard Webhooks 1.0 says."""

import base64
import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from standardwebhooks import Webhook

from sunsift.adapters.addresses import UnreachableError
from sunsift.adapters.clock import SystemClock
from sunsift.adapters.post import Answer, Line
from sunsift.adapters.report_body import HELD_BACK, Explain, report_body
from sunsift.domain.errors import SettingsError
from sunsift.parcels import Report, Unsent
from sunsift.ports import Clock

POST_SECONDS: Final = 15.0
BATCH_SECONDS: Final = 30.0
"""Nothing is begun after this; with the last POST that is well within a lease."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret starts with
SHORTEST_SECRET_BYTES, LONGEST_SECRET_BYTES = 24, 64
GONE: Final = 410
# Of the whole receiver, not of one report: whoever says so is left alone for the moment.
_BUSY: Final = frozenset({429, 502, 503, 504})
_PORTS: Final = {"http": 80, "https": 443}


class WebhookSender:
    """Posts reports as JSON; an answer of 200 to 299 acknowledges, 410 ends the matter.

    The report's key travels as `webhook-id`, the same on every attempt, so that the receiver can drop
    repetitions. With a secret, `webhook-timestamp` and `webhook-signature` let the receiver check that the
    report is ours, unchanged and fresh. `traceparent` names the ingest that led to the report, where it is
    known. Redirects are not followed.
    """

    batch = 20

    def __init__(
        self,
        url: str,
        explain: Explain,
        secret: str | None = None,
        clock: Clock | None = None,
        *,
        private: bool = False,
        post_seconds: float = POST_SECONDS,
    ) -> None:
        """Post to an address. secret: one or several, see `webhooks_of`. private: see `places`.

        Errors: SettingsError if the address or a secret cannot be one.
        """
        parts = web_address(url)
        self.target = receiver_name(parts)
        self._path = _path(parts)
        self._login = _login(parts)
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        self._line = Line(parts.scheme, host, port, private=private)
        self._explain = explain
        self._webhooks = webhooks_of(secret or "")
        self._clock = clock or SystemClock()
        self._post_seconds = post_seconds

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        """Post each report; after one that says something of the whole receiver, the rest is not tried."""
        problems: dict[str, Unsent] = {}
        end = time.monotonic() + BATCH_SECONDS
        for position, report in enumerate(reports):
            unsent, go_on = self._post(report)
            if unsent is not None:
                problems[report.key] = unsent
            if not go_on or time.monotonic() > end:
                problems |= {r.key: HELD_BACK for r in reports[position + 1 :]}
                break
        # Whoever answers next time may be another machine: names are looked up again, and checked again.
        self._line.close()
        return problems

    def _post(self, report: Report) -> tuple[Unsent | None, bool]:
        """Post one report; return why it was not acknowledged, and whether to go on with others."""
        body = json.dumps(report_body(report, self._explain))
        try:
            headers = self._headers(report, body)
            answer = self._line.post(self._path, body.encode(), headers, self._post_seconds)
        except UnreachableError as error:
            return Unsent(str(error)), False
        if 200 <= answer.status < 300:
            return None, True
        said = f"the receiver answered {answer.status}"
        if 300 <= answer.status < 400:
            said += ", a redirect, and none is followed: give its final address"
        gone = answer.status == GONE
        return Unsent(said, self._asked_seconds(answer), gone), not gone and answer.status not in _BUSY

    def _asked_seconds(self, answer: Answer) -> float | None:
        """Return how long the receiver asks to be left alone; None if it does not, or not in a known way."""
        asked = (answer.retry_after or "").strip()[:64]
        if asked.isascii() and asked.isdecimal():
            return float(asked[:9])
        try:
            moment = parsedate_to_datetime(asked)
        except (ValueError, OverflowError):
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - self._clock.now()).total_seconds())

    def _headers(self, report: Report, body: str) -> dict[str, str]:
        headers = {"content-type": "application/json", "user-agent": "Sunsift", "webhook-id": report.key}
        if self._webhooks:
            # The time of this attempt: receivers refuse old ones, so that nobody can play one back.
            now = self._clock.now()
            headers["webhook-timestamp"] = str(int(now.timestamp()))
            signatures = (webhook.sign(report.key, now, body) for webhook in self._webhooks)
            headers["webhook-signature"] = " ".join(signatures)
        if report.trace:
            span = hashlib.blake2b(report.key.encode(), digest_size=8).hexdigest()
            headers["traceparent"] = f"00-{report.trace}-{span}-01"
        if self._login:
            headers["authorization"] = self._login
        return headers


def web_address(url: str) -> SplitResult:
    """Take an address apart.

    Errors: SettingsError if it is none; its text tells nothing that may be secret.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme in _PORTS and parts.hostname and (parts.port is None or parts.port > 0):
            return parts
    except ValueError:  # a port that is none, or brackets around nothing
        pass
    raise SettingsError(
        f"{url.partition('://')[0]}://... is no web address: it must be http:// or https://, a host, "
        "and perhaps a port and a path"
    )


def receiver_name(parts: SplitResult) -> str:
    """Return an address without what may be secret in it: user, password and query."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _path(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return quote(f"{parts.path or '/'}{query}", safe="/%:=&?~#+!$,;'@()*[]")


def _login(parts: SplitResult) -> str | None:
    """Return the header that lets in the user whom an address names (RFC 7617)."""
    if parts.username is None:
        return None
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(login.encode()).decode()}"


def webhooks_of(secrets: str) -> list[Webhook]:
    """Return what signs with each of several secrets, which are separated by spaces.

    A secret is base64 of 24 to 64 bytes, with or without the prefix "whsec_". While a receiver changes over
    there are two: it accepts a report that either of them signed.
    Errors: SettingsError if one cannot be a secret; its text never tells it.
    """
    return [Webhook(_secret_bytes(secret)) for secret in secrets.split()]


def _secret_bytes(secret: str) -> bytes:
    text = secret.removeprefix(SECRET_PREFIX).rstrip("=")
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
