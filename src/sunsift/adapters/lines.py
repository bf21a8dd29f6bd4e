"""Messages as lines of a file: plain, gzipped, or standard input; read as a stream."""

import gzip
import sys
import zlib
from pathlib import Path
from typing import IO, Final

from sunsift.ports import Message

# A longer line is cut, so that a file without line ends cannot fill the memory.
LONGEST_LINE_BYTES: Final = 64 * 1024 * 1024
# A batch ends early at this size, for the same reason.
LARGEST_BATCH_BYTES: Final = 16 * 1024 * 1024
STANDARD_INPUT: Final = Path("-")


class LineReader:
    """Reads one source of lines from a position on.

    position: bytes read so far, of the unpacked text.
    ended: whether the end was reached; for a file that still grows, more may follow.
    """

    def __init__(self, path: Path, position: int = 0, line: int = 0) -> None:
        """Open the source at `position`, behind `line` lines. Errors: OSError, EOFError if it is shorter."""
        self.path = path
        self.name = "standard input" if path == STANDARD_INPUT else str(path)
        self.position = position
        self.ended = False
        self.problem: str | None = None
        self._line = line
        self._file = self._open()
        if position:
            self._file.seek(position)

    def _open(self) -> IO[bytes] | gzip.GzipFile:
        if self.path == STANDARD_INPUT:
            return sys.stdin.buffer
        self._packed = file = self.path.open("rb")
        # Peeking needs no way back, so that a pipe can be read too.
        if file.peek(2)[:2] == b"\x1f\x8b":
            # Not behind a larger buffer: when the file breaks off, what that holds would be lost.
            return gzip.GzipFile(fileobj=file)
        return file

    def read(self, limit: int) -> list[Message]:
        """Read up to `limit` lines. Blank lines are no messages.

        A source that breaks off sets `problem`; what was read before it is not lost.
        """
        messages: list[Message] = []
        size = 0
        while len(messages) < limit and size < LARGEST_BATCH_BYTES and not self.ended:
            try:
                line = self._file.readline(LONGEST_LINE_BYTES)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                self.problem = f"the file breaks off after line {self._line}: {error}"
                self.ended = True
                break
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
        return messages

    def close(self) -> None:
        """Close the source."""
        if self.path != STANDARD_INPUT:
            self._file.close()
            # A gzip reader leaves the file below it open.
            self._packed.close()
