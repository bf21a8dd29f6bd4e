"""Equal sunlight for two states, so that nothing but what is tested makes them differ."""

from contextlib import closing
from pathlib import Path

from sunsift.settings import read_settings
from sunsift.wiring import Sunsift, embedded


def copy_sunlight(source: Sunsift, target: Sunsift) -> None:
    """Let the region days of one state close with the profiles that those of another closed with."""
    closed = [(r.region, r.day, r.profile) for r in source.records.region_days() if r.profile is not None]
    assert closed
    target.store.import_feed(closed)


def share_sunlight(source: Path, target: Path) -> None:
    """Do so between two data folders."""
    with (
        closing(embedded(read_settings({}, source))) as known,
        closing(embedded(read_settings({}, target))) as new,
    ):
        copy_sunlight(known, new)
