"""What must never be shown."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sunsift.settings import Settings


def secrets_of(settings: "Settings", *more: str | None) -> list[str]:
    """Return the secrets among the settings. more: URLs that were given beside them."""
    from sunsift.logs import secrets_in

    return secrets_in(
        [
            settings.store,
            settings.coordinator,
            settings.inbox_at,
            settings.to,
            *more,
            *settings.secrets.azure.values(),
            settings.secrets.webhook,
            os.environ.get("PGPASSWORD"),
        ]
    )
