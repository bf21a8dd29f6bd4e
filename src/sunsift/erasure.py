"""Forgetting one house everywhere that Sunsift keeps anything, and checking that nothing is left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sunsift.adapters.erased_files import erase_from, holds, mentions
from sunsift.adapters.sqlite.database import Database
from sunsift.domain.times import iso_ms
from sunsift.settings import Settings
from sunsift.wiring import Sunsift

# Later than any steady time, so that no quiet clock is newer. [ms]
_END_OF_TIME: Final = 1 << 52


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was done about one house, and what was found afterwards.

    removed: rows by table. files: lines by file. left: places that name it still, each with what to do.
    """

    house_id: str
    erased_at: str
    removed: Mapping[str, int]
    files: Mapping[str, int]
    left: tuple[str, ...]


def erase_house(parts: Sunsift, settings: Settings, house_id: str) -> Certificate:
    """Erase a house from the store, the coordinator and the files in the data folder, then look for it.

    Packets of it that come later are dropped and counted, until it is registered again.
    """
    erasure = parts.store.erase(house_id)
    parts.coordinator.forget({house_id: _END_OF_TIME})
    files = erase_from(_read_or_written(settings), house_id)
    left = [f"{path}: names the house and is not cut by Sunsift; delete it by hand" for path in files.left]
    left += [
        f"{path}: waits to be read; erase the house again after that" for path in _waiting(settings, house_id)
    ]
    left += _left_in_store(parts, settings, house_id)
    return Certificate(house_id, iso_ms(erasure.erased_at_ms), erasure.removed, files.changed, tuple(left))


def _left_in_store(parts: Sunsift, settings: Settings, house_id: str) -> Iterator[str]:
    again = parts.store.erase(house_id).removed
    yield from (
        f"table {table}: {count} rows came meanwhile and went, too" for table, count in again.items() if count
    )
    if settings.store is not None:
        return
    database, log = settings.database, settings.database.with_name(f"{settings.database.name}-wal")
    if not (holds(database, house_id) or holds(log, house_id)):
        return
    # From before deleting overwrote, or part of a longer name: a file written anew has live rows alone.
    opened = Database(database)
    opened.compact()
    opened.close()
    if holds(log, house_id) or mentions(database, house_id):
        yield f"{database}: somebody reads what was there before; erase the house again when that has ended"


def _read_or_written(settings: Settings) -> Iterator[Path]:
    """Return the files in the data folder that packets came in and that reports went to."""
    if settings.outbox.exists():
        yield settings.outbox
    for folder in ("done", "failed"):
        yield from sorted(path for path in (settings.inbox / folder).glob("*") if path.is_file())


def _waiting(settings: Settings, house_id: str) -> list[Path]:
    files = sorted(path for path in settings.inbox.glob("*") if path.is_file() and path.name[0] != ".")
    return [path for path in files if mentions(path, house_id)]
