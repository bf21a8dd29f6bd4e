"""What the doctor looks for where reports are POSTed to. It POSTs nothing."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from sunsift.adapters.addresses import UnreachableError, places
from sunsift.adapters.webhook import web_address, webhooks_of
from sunsift.cli.doctor_check import MISSING, OK, PROBLEM, WARNING, Check
from sunsift.domain.errors import SettingsError
from sunsift.settings import shown

PATIENCE_SECONDS = 3.0
SOON_DAYS = 14


def look_at_webhook(url: str, *, private: bool) -> Iterator[Check]:
    """Resolve its name, connect, and shake hands by TLS. private: whether that may be an address of our own.

    Errors: SettingsError for what is no web address.
    """
    parts = web_address(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    where = shown(url)
    try:
        goals = places(host, port, private=private, timeout_seconds=PATIENCE_SECONDS)
    except UnreachableError as error:
        yield Check("outbox", PROBLEM, f"{where}: {error}", "correct the address, the DNS, or that setting")
        return
    try:
        with socket.create_connection(goals[0].address, PATIENCE_SECONDS) as plain:
            if parts.scheme == "https":
                yield _secured(where, host, plain)
            else:
                yield _open(where, host)
    except ssl.SSLCertVerificationError as error:
        found = f"{where}: the certificate is refused: {error.verify_message}"
        yield Check("outbox", PROBLEM, found, "have it renewed; SSL_CERT_FILE names authorities of your own")
    except ssl.SSLError as error:
        yield Check("outbox", PROBLEM, f"{where}: no TLS: {error.reason}", "is it http:// after all?")
    except OSError as error:
        found = f"{where}: no connection: {error.strerror or type(error).__name__}"
        yield Check("outbox", PROBLEM, found, "check that it runs, and the firewall; reports wait")


def look_at_secret(secret: str | None) -> Check:
    """Say whether reports are signed."""
    if secret is None:
        advice = "set SUNSIFT_WEBHOOK_SECRET, so that the receiver can tell that reports are yours"
        return Check("webhook secret", MISSING, "reports are not signed", advice)
    try:
        webhooks_of(secret)
    except SettingsError as error:
        return Check("webhook secret", PROBLEM, str(error), "see the text")
    return Check("webhook secret", OK, "reports are signed")


def _secured(where: str, host: str, plain: socket.socket) -> Check:
    with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured:
        certificate = secured.getpeercert() or {}
        version = secured.version()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    found = f"{where}: answers, {version}, certificate until {ends:%Y-%m-%d}"
    if (ends - datetime.now(UTC)).days < SOON_DAYS:
        return Check("outbox", WARNING, found, "its owner should renew the certificate now")
    return Check("outbox", OK, found)


def _open(where: str, host: str) -> Check:
    found = f"{where}: answers, without TLS"
    if _is_here(host):
        return Check("outbox", OK, found)
    return Check("outbox", WARNING, found, "anybody on the way can read the reports: use https://")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
