"""Reports to a file of JSON lines, each line once."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from sunsift.adapters.report_body import Explain, report_body
from sunsift.parcels import Report, Unsent


class JsonLinesSender:
    """Appends reports to a file and acknowledges them when they are on the disk."""

    batch = 1000

    def __init__(self, path: Path, explain: Explain) -> None:
        self.target = str(path)
        self._path = path
        self._explain = explain

    def send(self, reports: Sequence[Report]) -> dict[str, Unsent]:
        """Append reports that the file does not hold yet.

        A report that was tried before may be there already: a crash can fall between the write and its
        acknowledgement, and one that is sent again on purpose may stand there still. A line that a crash cut
        short is removed.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock"), self._path.open("a+b") as file:
                _drop_torn_line(file.fileno())
                known = self._keys() if any(r.attempt > 1 for r in reports) else set()
                new = [report_body(r, self._explain) for r in reports if r.key not in known]
                file.write("".join(json.dumps(body) + "\n" for body in new).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return {r.key: Unsent(f"{self._path}: {error.strerror}") for r in reports}
        return {}

    def _keys(self) -> set[str]:
        with self._path.open("rb") as file:
            return {_key(json.loads(line)) for line in file}


def _key(body: dict[str, Any]) -> str:
    # The first version had everything at the top, and its lines may still be there.
    return str(body.get("data", body)["key"])


def _drop_torn_line(descriptor: int) -> None:
    end = os.fstat(descriptor).st_size
    start = end
    while start > 0:
        step = min(4096, start)
        tail = os.pread(descriptor, step, start - step)
        if (newline := tail.rfind(b"\n")) >= 0:
            start += newline + 1 - step
            break
        start -= step
    if start != end:
        os.ftruncate(descriptor, start)
