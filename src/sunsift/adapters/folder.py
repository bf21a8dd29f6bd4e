"""An inbox folder: whoever has packets drops a file into it."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from sunsift.adapters.lines import LARGEST_BATCH_BYTES, LineReader
from sunsift.domain.errors import SunsiftError
from sunsift.ports import Message

SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
# About the size of a packet; only for guessing how many lines a file holds.
_BYTES_A_LINE, _GZIPPED_BYTES_A_LINE = 700, 120


class FolderInbox:
    """Files in a folder, read line by line once they have stopped growing, then moved to `done/`.

    How far each file was read is kept beside it, so that a restart goes on there. That note is a hint:
    where it is lost the file is read again, and packets that are already stored change nothing.
    One process at a time reads a folder; for others it looks empty. A file that breaks off, or that is
    empty, ends in `failed/`.
    """

    batch = 2000

    def __init__(self, folder: Path, grown_after: float = 2.0) -> None:
        """Watch a folder, which is created. grown_after: a file is whole if it did not grow so long [s]."""
        self.folder = folder
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
        for message in messages:
            name, position, line = json.loads(message.receipt)
            places[name] = max((position, line), places.get(name, (0, 0)))
        broken = {json.loads(m.receipt)[0] for m in messages if m.problem}
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
        # It was acquired at every look.
        self._lock.release(force=True)

    def _whole_files(self) -> list[Path]:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return []
        paths = sorted(p for p in self.folder.iterdir() if p.name.endswith(SUFFIXES) and p.name[0] != ".")
        return [path for path in paths if self._stopped_growing(path)]

    def _stopped_growing(self, path: Path) -> bool:
        # By the clock of this process alone: the files' own times come from clocks that may jump.
        size, now = path.stat().st_size, time.monotonic()
        known_size, since = self._seen.get(path.name, (-1, now))
        if size != known_size:
            since = now
        self._seen[path.name] = (size, since)
        return now - since >= self._grown_after

    def _read(self, path: Path, limit: int) -> list[Message]:
        position, line = self._place(path)
        try:
            reader = LineReader(path, position, line)
        except (OSError, EOFError) as error:
            return [self._problem(path, f"the file cannot be read: {error}")]
        try:
            messages = [
                replace(m, receipt=json.dumps([path.name, *json.loads(m.receipt)]))
                for m in reader.read(limit)
            ]
        finally:
            reader.close()
        if reader.problem:
            messages.append(self._problem(path, reader.problem))
        elif not messages and not reader.position:
            messages.append(self._problem(path, "the file is empty"))
        elif not messages:
            self._finish(path, "done")
        return messages

    def _problem(self, path: Path, problem: str) -> Message:
        return Message(b"", json.dumps([path.name, 0, 0]), str(path), problem)

    def _place(self, path: Path) -> tuple[int, int]:
        """Return how many bytes and lines of a file were read."""
        try:
            position, line = json.loads(_note(path).read_text(encoding="ascii"))
            return int(position), int(line)
        except (OSError, ValueError, TypeError):
            return 0, 0

    def _finish(self, path: Path, where: str) -> None:
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
