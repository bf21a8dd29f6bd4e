"""What must never be shown."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sunsift.settings import Settings


def secrets_of(settings: "Settings", *more: str | None) -> list[str]:
    """Return the secrets among the settings. more: URLs that were given beside them."""
    from sunsift.logs import secrets_in

    places = (settings.store, settings.coordinator, settings.inbox_at, settings.to, *more)
    known = settings.secrets
    webhook = (known.webhook or "").split()
    secrets = (*known.azure.values(), *webhook, known.session, os.environ.get("PGPASSWORD"))
    # Of folders and files nothing is secret.
    return secrets_in([*(place for place in places if place and "://" in place), *secrets])
