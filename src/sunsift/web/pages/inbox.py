"""How much waits at the entrance, seen from outside: by a server that does not read it."""

import logging
from dataclasses import dataclass

from sunsift.domain.errors import SunsiftError
from sunsift.settings import Settings
from sunsift.wiring import inbox_at

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InboxDepth:
    """How many wait, and of what: files of a folder, messages of a queue."""

    waiting: int
    what: str


def inbox_depth(settings: Settings) -> InboxDepth | None:
    """Look at the inbox that the settings name; None if it cannot be seen from here."""
    where = settings.inbox_at
    try:
        if where is not None and "://" in where:
            inbox = inbox_at(where, settings)
            try:
                return InboxDepth(inbox.depth(), "messages")
            finally:
                inbox.close()
        # Not through the folder's own inbox: who looks through that keeps the service from reading.
        folder = settings.inbox if where is None else settings.inbox.parent.joinpath(where)
        if not folder.is_dir():
            return None
        files = sum(path.is_file() and not path.name.startswith(".") for path in folder.iterdir())
        return InboxDepth(files, "file" if files == 1 else "files")
    except (SunsiftError, OSError) as error:
        log.debug("the inbox cannot be seen: %s", error)
        return None
