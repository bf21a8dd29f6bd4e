"""The product as the measured jobs use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sunsift.domain.rules import Rules
from sunsift.settings import Settings
from sunsift.wiring import Sunsift, embedded


def settings_for(data: Path) -> Settings:
    """Return settings as shipped, but for the quiet time: nobody waits three quarters of an hour."""
    return Settings(data=data, data_sets=data, rules=Rules(quiet_minutes=0.0))


@contextmanager
def sunsift(data: Path) -> Iterator[Sunsift]:
    """Lend Sunsift on the store in a folder."""
    parts = embedded(settings_for(data))
    try:
        yield parts
    finally:
        parts.close()
