"""A file or standard input as a stream of bytes: unpacked, and ended where it breaks off."""

import gzip
import io
import sys
import zlib
from pathlib import Path
from typing import Final, cast

STANDARD_INPUT: Final = Path("-")
_BROKEN: Final = (EOFError, gzip.BadGzipFile, zlib.error)
_GZIP: Final = b"\x1f\x8b"


class Source(io.RawIOBase):
    """What is in a file. Gzip is unpacked, a pipe is read like a file.

    problem: why it broke off, if it did; for those who read it, it just ends there.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. Errors: OSError."""
        super().__init__()
        self.path = path
        self.name = "standard input" if path == STANDARD_INPUT else str(path)
        self.problem: str | None = None
        self._unpacked_bytes = 0
        self._plain = cast(io.BufferedReader, sys.stdin.buffer) if path == STANDARD_INPUT else path.open("rb")
        # Peeking needs no way back, so that a pipe can be read too.
        packed = self._plain.peek(2)[:2] == _GZIP
        self._file = gzip.GzipFile(fileobj=self._plain) if packed else self._plain

    def done_bytes(self) -> int:
        """Return how much was read of the file as it lies on the disk."""
        if self._file is not self._plain and self._plain.seekable():
            return self._plain.tell()
        return self._unpacked_bytes

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is something to fill it with."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self.problem is None:
            try:
                # One step at a time: when the file breaks off, nothing that came before is lost.
                part = self._file.read1(len(view) - filled)
            except _BROKEN as error:
                self.problem = str(error)
                break
            if not part:
                break
            view[filled : filled + len(part)] = part
            filled += len(part)
        self._unpacked_bytes += filled
        return filled

    def seekable(self) -> bool:
        """Say whether one can go back; in what is packed only forwards, at the cost of reading."""
        return self.path != STANDARD_INPUT and self._plain.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place. Errors: EOFError if the file broke off before it."""
        try:
            return self._file.seek(offset, whence)
        except zlib.error as error:
            raise EOFError(str(error)) from error

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def fileno(self) -> int:
        """Return the number of the open file."""
        return self._plain.fileno()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if not self.closed and self.path != STANDARD_INPUT:
            self._file.close()
            # A gzip reader leaves the file below it open.
            self._plain.close()
        super().close()
