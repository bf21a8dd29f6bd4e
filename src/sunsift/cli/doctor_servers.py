"""What the doctor looks for on the servers that the settings name, on all of them at the same time."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from sunsift.cli.doctor_azure import look_at_queue, look_at_sas
from sunsift.cli.doctor_check import OK, PROBLEM, WARNING, Check, Look, together
from sunsift.cli.doctor_redis import look_at_redis
from sunsift.cli.doctor_webhook import look_at_secret, look_at_webhook
from sunsift.settings import names_postgres, shown
from sunsift.wiring import needs

if TYPE_CHECKING:
    from sunsift.settings import Settings


def server_checks(settings: "Settings", contents: Callable[[], Iterable[Check]]) -> list[Check]:
    """Look at every server that the settings name. contents: what to say of the state on such a store."""
    looks: list[Look] = []
    if settings.store is not None:
        store = settings.store
        looks += [("store", lambda: _store(store)), ("contents", contents)]
    if settings.coordinator is not None:
        coordinator = settings.coordinator
        looks.append(("coordinator", lambda: look_at_redis(coordinator)))
    queues = {"inbox": settings.inbox_at or "", "outbox": settings.to or ""}
    queues = {what: url for what, url in queues.items() if url.startswith("azure://")}
    for what, url in queues.items():
        looks.append((what, partial(look_at_queue, what, url, settings.secrets.azure)))
    if queues:
        looks.append(("Azure SAS", lambda: look_at_sas(settings.secrets.azure)))
    if settings.to is not None and "://" in settings.to and "outbox" not in queues:
        to, private = settings.to, settings.private_receivers
        looks.append(("outbox", lambda: look_at_webhook(to, private=private)))
        looks.append(("webhook secret", lambda: [look_at_secret(settings.secrets.webhook)]))
    _import_for(settings)
    checks = together(looks)
    if any(check.check.startswith("store") and check.state == PROBLEM for check in checks):
        # It would only say the same again.
        checks = [check for check in checks if check.check != "contents"]
    return checks


def _store(url: str) -> Iterator[Check]:
    if not names_postgres(url):
        found = f"{shown(url)} is no address of a store"
        yield Check("store", PROBLEM, found, "give it as postgresql://USER@HOST/DATABASE")
        return
    with needs("postgres"):
        from sunsift.adapters.postgres.health import check
    for finding in check(url):
        state = OK if finding.ok and not finding.advice else WARNING if finding.ok else PROBLEM
        yield Check(f"store {finding.what}", state, finding.found, finding.advice)


def _import_for(settings: "Settings") -> None:
    """Import what takes long before time is measured; what is missing is said by the look that needs it."""
    places = (settings.store, settings.coordinator, settings.inbox_at, settings.to)
    schemes = {place.partition("://")[0] for place in places if place}
    try:
        if "azure" in schemes:
            import azure.identity
            import azure.storage.queue  # noqa: F401
        if schemes & {"redis", "rediss"}:
            import redis.cluster  # noqa: F401
        if schemes & {"postgresql", "postgres"}:
            import psycopg  # noqa: F401
    except ImportError:
        pass
