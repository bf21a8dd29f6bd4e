"""What the doctor looks for in a queue of Azure. It takes and adds no message."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sunsift.cli.doctor_check import OK, PROBLEM, WARNING, Check
from sunsift.settings import AZURE_CREDENTIALS
from sunsift.wiring import needs

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

SOON_DAYS = 14
INBOX_RIGHTS, OUTBOX_RIGHTS = "rup", "a"
_RIGHTS = {"r": "read", "a": "add", "u": "update", "p": "process"}
# One try with little patience: the doctor says what is so now.
_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 3, "read_timeout": 4}


def look_at_queue(what: str, url: str, credentials: Mapping[str, str]) -> Iterator[Check]:
    """Look at one queue. what: "inbox" or "outbox". Errors: SunsiftError that says what is wrong."""
    with needs("azure"):
        from sunsift.adapters.azure.client import azure_trouble, queue_client
    client = queue_client(url, credentials)
    rights = INBOX_RIGHTS if what == "inbox" else OUTBOX_RIGHTS
    lacking = _lacking(rights, credentials)
    if lacking:
        found = f"{url}: the SAS does not allow to {', '.join(_RIGHTS[right] for right in lacking)}"
        yield Check(what, PROBLEM, found, f"have one made with sp={rights}")
        return
    if what == "outbox" and _lacking("r", credentials):
        yield Check(what, OK, f"{url}: the SAS may only add, so nobody has looked whether the queue is there")
        return
    with azure_trouble(client), client:
        yield Check(what, OK, f"{url}: {_waiting(client)}")


def look_at_sas(credentials: Mapping[str, str]) -> Iterator[Check]:
    """Say when the SAS ends, if it is one that lets in."""
    sas = _sas(credentials)
    if sas is None:
        return
    ends_at = sas.get("se")
    if ends_at is None:
        yield Check("Azure SAS", OK, "its end is in a policy of the queue, not in it")
        return
    try:
        ends = datetime.fromisoformat(ends_at)
    except ValueError:
        yield Check("Azure SAS", PROBLEM, f"its end se={ends_at} is no time", "copy it again, whole")
        return
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    left = ends - datetime.now(UTC)
    found = f"ends {ends:%Y-%m-%d %H:%M} UTC"
    if left < timedelta(0):
        yield Check("Azure SAS", PROBLEM, f"ended {ends:%Y-%m-%d %H:%M} UTC", "have a new one made")
    elif left.days < SOON_DAYS:
        yield Check("Azure SAS", WARNING, f"{found}, in {left.days} days", "have a new one made before that")
    else:
        yield Check("Azure SAS", OK, f"{found}, in {left.days} days")


def _waiting(client: "QueueClient") -> str:
    depth = client.get_queue_properties(**_ONCE).approximate_message_count or 0
    oldest = client.peek_messages(max_messages=1, **_ONCE) if depth else []
    if not (oldest and oldest[0].inserted_on):
        return f"about {depth:,} messages"
    age = datetime.now(UTC) - oldest[0].inserted_on
    return f"about {depth:,} messages, the first is there for {_duration(age)}"


def _duration(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _sas(credentials: Mapping[str, str]) -> dict[str, str] | None:
    """Return the parameters of the SAS that is used; None if something else lets in."""
    connection_string, token = (credentials.get(name, "") for name in AZURE_CREDENTIALS)
    if connection_string:
        token = connection_string.partition("SharedAccessSignature=")[2].partition(";")[0]
    fields = parse_qs(token.strip().lstrip("?"))
    return {name: values[0] for name, values in fields.items()} or None


def _lacking(rights: str, credentials: Mapping[str, str]) -> str:
    """Return the rights that the SAS says that it lacks; one that names a policy does not say."""
    granted = (_sas(credentials) or {}).get("sp")
    return "" if granted is None else "".join(right for right in rights if right not in granted)
