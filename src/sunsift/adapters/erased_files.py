"""Taking a house out of the files around the store: packets that were read, reports that were written."""

import gzip
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from sunsift.adapters.erased import names

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class ErasedFiles:
    """changed: lines that went, by file. left: files that name the house still, and are not ours to cut."""

    changed: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def erase_from(paths: Iterable[Path], house_id: str) -> ErasedFiles:
    """Remove the lines that name a house from files of JSON lines; list other files that name it."""
    result = ErasedFiles()
    for path in paths:
        if not mentions(path, house_id):
            continue
        if path.name.endswith(_LINES):
            result.changed[str(path)] = _cut(path, house_id)
        else:
            result.left.append(str(path))
    return result


def mentions(path: Path, house_id: str) -> bool:
    """Say whether a text file names a house, packed or not."""
    return _any(path, house_id, lambda text: names(text, house_id))


def holds(path: Path, house_id: str) -> bool:
    """Say whether the bytes of a name stand in a file, as a part of something longer as well.

    In a database's file values follow each other without anything between them.
    """
    name = house_id.encode()
    return path.exists() and _any(path, house_id, lambda content: name in content)


def _any(path: Path, house_id: str, found: Callable[[bytes], bool]) -> bool:
    overlap = len(house_id.encode()) + 2
    before = b""
    try:
        with _opened(path) as file:
            while chunk := file.read(_CHUNK_BYTES):
                if found(before + chunk):
                    return True
                before = chunk[-overlap:]
    except (EOFError, gzip.BadGzipFile, zlib.error):  # broken off: what could be read did not name it
        return False
    return False


def _opened(path: Path) -> gzip.GzipFile:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def _cut(path: Path, house_id: str) -> int:
    """Write a file anew without the lines that name a house; return how many there were."""
    draft = path.with_name(f".{path.name}.draft")
    gone = 0
    # The sender of reports takes the same lock.
    with FileLock(f"{path}.lock"), _opened(path) as file:
        packed = path.name.endswith(".gz")
        with gzip.open(draft, "wb") if packed else draft.open("wb") as kept:
            for line in file:
                if names(line, house_id):
                    gone += 1
                else:
                    kept.write(line)
        draft.replace(path)
    return gone
