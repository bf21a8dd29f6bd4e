"""Messages as lines of a file: plain, gzipped, or standard input; read as a stream."""

import io
from pathlib import Path
from typing import Final

from sunsift.adapters.source import Source
from sunsift.parcels import Message

# A longer line is cut, so that a file without line ends cannot fill the memory.
LONGEST_LINE_BYTES: Final = 64 * 1024 * 1024
# A batch ends early at this size, for the same reason.
LARGEST_BATCH_BYTES: Final = 16 * 1024 * 1024


class LineReader:
    """Reads one source of lines from a position on.

    position: bytes read so far, of the unpacked text.
    ended: whether the end was reached; for a file that still grows, more may follow.
    problem, problem_code: why the source is broken, if it is.
    """

    def __init__(
        self, path: Path, position: int = 0, line: int = 0, opened: io.BufferedReader | None = None
    ) -> None:
        """Read the source from `position` on, behind `line` lines.

        opened: the source, if it is open already. Errors: OSError, EOFError if it is shorter.
        """
        self._file = opened or open_source(path)
        self._source = source_of(self._file)
        self.name = self._source.name
        self.position = position
        self.ended = False
        self.problem: str | None = None
        self.problem_code = "unreadable"
        self._line = line
        if position:
            self._file.seek(position)

    @property
    def place(self) -> tuple[int, int]:
        """Where the next line begins: bytes and lines before it."""
        return self.position, self._line

    def done_bytes(self) -> int:
        """Return how much was read of the file as it lies on the disk."""
        return self._source.done_bytes()

    def read(self, limit: int) -> list[Message]:
        """Read up to `limit` lines. Blank lines are no messages.

        A source that breaks off sets `problem`; what was read before it is not lost.
        """
        messages: list[Message] = []
        size = 0
        while len(messages) < limit and size < LARGEST_BATCH_BYTES and not self.ended:
            line = self._file.readline(LONGEST_LINE_BYTES)
            if self._source.problem and not line.endswith(b"\n"):
                self.problem = f"the file breaks off after line {self._line}: {self._source.problem}"
                line = b""
            if not line:
                self.ended = True
                break
            self._line += 1
            self.position += len(line)
            size += len(line)
            body = line.strip()
            if body:
                source = f"{self.name} line {self._line}"
                messages.append(Message(body, f"[{self.position}, {self._line}]", source))
        if self.ended and not self.position and not self.problem:
            self.problem = "the file is empty"
        return messages

    def close(self) -> None:
        """Close the source."""
        self._file.close()


def open_source(path: Path) -> io.BufferedReader:
    """Open a source for reading, such that its beginning can be looked at. Errors: OSError."""
    return io.BufferedReader(Source(path), 64 * 1024)


def source_of(file: io.BufferedReader) -> Source:
    """Return the source below an open file."""
    assert isinstance(file.raw, Source)
    return file.raw
