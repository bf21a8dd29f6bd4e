"""An inbox of named files, read once, in the order given."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sunsift.adapters.extracts import Cutter, Reader, open_reader
from sunsift.domain.errors import SunsiftError
from sunsift.parcels import Message


class FilesInbox:
    """Files, or standard input, as an inbox. The files stay where they are."""

    # Every house of a batch costs the writing of a page or two; a larger batch finds more of its packets
    # on the same pages.
    batch = 5000

    def __init__(
        self,
        paths: Sequence[Path],
        on_bytes: Callable[[int], None] = lambda _: None,
        cutter: Cutter | None = None,
    ) -> None:
        """Take files.

        on_bytes: called with the growing count of bytes read of the files on the disk, for progress.
        cutter: knows files that are no lines.
        """
        self._waiting = list(paths)
        self._cutter = cutter
        self._reader: Reader | None = None
        self._on_bytes = on_bytes
        self._read_before = 0
        self._undelivered: list[Message] = []

    def depth(self) -> int:
        """Return how many files are not read to their end."""
        return len(self._waiting) + (self._reader is not None) + bool(self._undelivered)

    def receive(self, limit: int) -> list[Message]:
        """Read the next messages. Errors: SunsiftError if a file cannot be opened or read."""
        if self._undelivered:
            return self._undelivered
        while self._reader or self._waiting:
            reader = self._reader = self._reader or self._open(self._waiting.pop(0))
            try:
                messages = reader.read(limit)
            except OSError as error:
                raise SunsiftError(f"{reader.name}: cannot be read: {error.strerror}") from error
            if reader.problem:
                messages.append(Message(b"", "", reader.name, reader.problem, reader.problem_code))
            self._on_bytes(self._read_before + reader.done_bytes())
            if reader.ended:
                self._read_before += reader.done_bytes()
                reader.close()
                self._reader = None
            if messages:
                self._undelivered = messages
                return messages
        return []

    def _open(self, path: Path) -> Reader:
        try:
            return open_reader(path, self._cutter)
        except OSError as error:
            raise SunsiftError(f"{path}: cannot be opened: {error.strerror}") from error

    def delete(self, messages: Sequence[Message]) -> None:
        """Go on behind these messages; until then they come again."""
        done = {id(m) for m in messages}
        self._undelivered = [m for m in self._undelivered if id(m) not in done]
