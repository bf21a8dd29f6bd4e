"""Files that appear under their name only when they are complete."""

from collections.abc import Iterable
from pathlib import Path


def part_of(path: Path) -> Path:
    """Return the name under which a file is written until it is complete."""
    return path.with_name(path.name + ".part")


def finish(paths: Iterable[Path], *, complete: bool) -> None:
    """Give the parts, which must be closed, their names if all are complete; else remove them."""
    for path in paths:
        if complete:
            part_of(path).replace(path)
        else:
            part_of(path).unlink(missing_ok=True)
