"""An inbox folder: whoever has packets drops a file into it."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from sunsift.adapters.extracts import Cutter, Reader, open_reader
from sunsift.adapters.lines import LARGEST_BATCH_BYTES
from sunsift.domain.errors import SunsiftError
from sunsift.parcels import Message

SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
METER_SUFFIXES = (
    *(kind + packed for kind in (".csv", ".nem12", ".json", ".xml") for packed in ("", ".gz")),
    ".parquet",
)
# About the size of a packet; only for guessing how many lines a file holds.
_BYTES_A_LINE, _GZIPPED_BYTES_A_LINE = 700, 120


class FolderInbox:
    """Files in a folder, read once they have stopped growing, then moved to `done/`.

    How far each file was read is kept beside it, so that a restart goes on there. That note is a hint:
    where it is lost the file is read again, and packets that are already stored change nothing.
    One process at a time reads a folder; for others it looks empty. A file that breaks off, or that is
    empty, ends in `failed/`.
    """

    batch = 2000

    def __init__(self, folder: Path, grown_after: float = 2.0, cutter: Cutter | None = None) -> None:
        """Watch a folder, which is created.

        grown_after: a file is whole if it did not grow so long [s]. cutter: knows files that are no lines;
        without it only lines are read.
        """
        self.folder = folder
        self._cutter = cutter
        self._suffixes = SUFFIXES + METER_SUFFIXES if cutter else SUFFIXES
        # The file at hand stays open: to find a place in it may take as long as reading all before it.
        self._open: tuple[Path, int, Reader] | None = None
        self._grown_after = grown_after
        self._lock = FileLock(folder / ".lock")
        self._seen: dict[str, tuple[int, float]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SunsiftError(f"{folder}: cannot be created: {error.strerror}") from error

    def depth(self) -> int:
        """Return about how many lines wait; 0 if another process reads this folder."""
        depth = 0
        for path in self._whole_files():
            size = path.stat().st_size
            if path.name.endswith(".gz"):
                depth += 1 + size // _GZIPPED_BYTES_A_LINE
            else:
                depth += 1 + (size - self._place(path)[0]) // _BYTES_A_LINE
        return depth

    def receive(self, limit: int) -> list[Message]:
        """Read the next lines, of as many files as it takes: a packet may come in a file of its own."""
        messages: list[Message] = []
        size = 0
        for path in self._whole_files():
            if len(messages) >= limit or size >= LARGEST_BATCH_BYTES:
                break
            more = self._read(path, limit - len(messages))
            size += sum(len(m.body) for m in more)
            messages += more
        return messages

    def delete(self, messages: Sequence[Message]) -> None:
        """Note how far files were read; a file that broke off is moved away."""
        places: dict[str, tuple[int, int]] = {}
        broken = set()
        for message in messages:
            name, position, count = json.loads(message.receipt)
            places[name] = max((position, count), places.get(name, (0, 0)))
            if not count:  # a problem of the file as a whole
                broken.add(name)
        for name, place in places.items():
            path = self.folder / name
            if name in broken:
                self._finish(path, "failed")
            else:
                note = _note(path)
                draft = note.with_suffix(".draft")
                draft.write_text(json.dumps(place), encoding="ascii")
                draft.replace(note)

    def close(self) -> None:
        """Let another process read the folder."""
        self._put_away()
        # It was acquired at every look.
        self._lock.release(force=True)

    def _whole_files(self) -> list[Path]:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return []
        paths = sorted(p for p in self.folder.iterdir() if self._is_ours(p.name))
        return [path for path in paths if self._stopped_growing(path)]

    def _is_ours(self, name: str) -> bool:
        return name[0] != "." and name.lower().endswith(self._suffixes)

    def _stopped_growing(self, path: Path) -> bool:
        # By the clock of this process alone: the files' own times come from clocks that may jump.
        size, now = path.stat().st_size, time.monotonic()
        known_size, since = self._seen.get(path.name, (-1, now))
        if size != known_size:
            since = now
        self._seen[path.name] = (size, since)
        return now - since >= self._grown_after

    def _read(self, path: Path, limit: int) -> list[Message]:
        try:
            reader = self._reader(path)
            messages = [
                replace(m, receipt=json.dumps([path.name, *json.loads(m.receipt)]))
                for m in reader.read(limit)
            ]
        except (OSError, EOFError, SunsiftError) as error:
            return [self._problem(path, f"the file cannot be read: {error}")]
        if reader.problem:
            messages.append(self._problem(path, reader.problem, reader.problem_code))
        elif not messages:
            self._finish(path, "done")
        return messages

    def _reader(self, path: Path) -> Reader:
        """Return the reader of a file, at the place to which it was read."""
        place, size = self._place(path), path.stat().st_size
        if self._open and self._open[:2] == (path, size) and self._open[2].place == place:
            return self._open[2]
        self._put_away()
        reader = open_reader(path, self._cutter, *place)
        self._open = (path, size, reader)
        return reader

    def _put_away(self) -> None:
        if self._open:
            self._open[2].close()
            self._open = None

    def _problem(self, path: Path, problem: str, code: str = "unreadable") -> Message:
        return Message(b"", json.dumps([path.name, 0, 0]), str(path), problem, code)

    def _place(self, path: Path) -> tuple[int, int]:
        """Return how many bytes and lines of a file were read, or, without bytes, how many extracts."""
        try:
            position, line = json.loads(_note(path).read_text(encoding="ascii"))
            return int(position), int(line)
        except (OSError, ValueError, TypeError):
            return 0, 0

    def _finish(self, path: Path, where: str) -> None:
        if self._open and self._open[0] == path:
            self._put_away()
        target = self.folder / where
        target.mkdir(exist_ok=True)
        self._seen.pop(path.name, None)
        free = target / path.name
        number = 1
        while free.exists():
            free = target / f"{path.name}.{number}"
            number += 1
        path.replace(free)
        _note(path).unlink(missing_ok=True)


def _note(path: Path) -> Path:
    return path.with_name(f".{path.name}.place")
