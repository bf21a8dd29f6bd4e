"""Messages that are cut out of a file by whoever knows its format."""

import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sunsift.adapters.lines import LARGEST_BATCH_BYTES, LineReader, open_source, source_of
from sunsift.domain.errors import MissingExtraError, SunsiftError, UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.parcels import Message

Cut = Callable[[BinaryIO], Iterator[Extract]]
Cutter = Callable[[bytes, str], Cut | None]
"""Given how a file begins and its name, tells how to cut it; None for lines."""

HEAD_BYTES = 64 * 1024


class ExtractReader:
    """Reads one source from an extract on, with the doors of `LineReader`.

    position: 1 as soon as there was an extract; places in the file are the cutter's own affair.
    """

    def __init__(self, file: io.BufferedReader, cut: Cut, skip: int = 0) -> None:
        """Read what `cut` makes of the source, without the first `skip` extracts.

        Errors: MissingExtraError where a package is needed that is not installed.
        """
        self._file = file
        self._source = source_of(file)
        self.name = self._source.name
        self.ended = False
        self.problem: str | None = None
        self.problem_code = "unreadable"
        self._count = skip
        self._extracts = itertools.islice(cut(file), skip, None)

    @property
    def place(self) -> tuple[int, int]:
        """Where the next extract begins: nothing, for bytes do not tell, and extracts before it."""
        return 0, self._count

    def done_bytes(self) -> int:
        """Return how much was read of the file as it lies on the disk."""
        return self._source.done_bytes()

    def read(self, limit: int) -> list[Message]:
        """Read up to `limit` extracts; one that cannot be used is a message with a problem."""
        messages: list[Message] = []
        size = 0
        while len(messages) < limit and size < LARGEST_BATCH_BYTES and not self.ended:
            extract = self._next()
            if extract is None:
                self.ended = True
                break
            self._count += 1
            size += len(extract.body)
            messages.append(self._message(extract))
        return messages

    def _next(self) -> Extract | None:
        """Return the next extract, None at the end, and note what is wrong with the source as a whole."""
        try:
            extract = next(self._extracts, None)
        except MissingExtraError:
            raise
        except SunsiftError as error:
            self.problem = str(error)
            if isinstance(error, UnusableMessageError):
                self.problem_code = error.code
            return None
        if extract is None and self._source.problem:
            self.problem = f"the file breaks off: {self._source.problem}; what came before was used"
        elif extract is None and not self._count:
            self.problem = "the file holds no readings"
        return extract

    def _message(self, extract: Extract) -> Message:
        receipt, source = f"[0, {self._count}]", f"{self.name} {extract.place}".rstrip()
        if extract.code:
            house_id = extract.house_id
            return Message(extract.body, receipt, source, extract.reason, extract.code, house_id=house_id)
        return Message(extract.body, receipt, source)

    def close(self) -> None:
        """Close the source."""
        self._file.close()


Reader = LineReader | ExtractReader


def open_reader(path: Path, cutter: Cutter | None, position: int = 0, count: int = 0) -> Reader:
    """Open a source where `LineReader` or `ExtractReader` left it, whichever reads what is in it.

    Errors: OSError; EOFError if it is shorter than that.
    """
    file = open_source(path)
    try:
        name = source_of(file).name
        cut = cutter(file.peek(HEAD_BYTES)[:HEAD_BYTES], name) if cutter else None
        if cut is None:
            return LineReader(path, position, count if position else 0, file)
        # A note of bytes was made by somebody who took the file for lines: begin anew.
        return ExtractReader(file, cut, 0 if position else count)
    except BaseException:
        file.close()
        raise
