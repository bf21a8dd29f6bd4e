"""The inboxes: named files, plain or gzipped, and a watched folder."""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sunsift.adapters.files import FilesInbox
from sunsift.adapters.folder import FolderInbox
from tests.contract.suites.inbox import InboxContract, OpenInbox, drain


def write_lines(path: Path, bodies: Sequence[bytes]) -> Path:
    """Write bodies as lines; gzipped if the name says so."""
    text = b"".join(body + b"\n" for body in bodies)
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


class TestFiles(InboxContract):
    @pytest.fixture(params=["plain", "gzipped", "in two files"])
    def open_inbox(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenInbox]:
        opened: list[FilesInbox] = []

        def open_(bodies: Sequence[bytes]) -> FilesInbox:
            parts = {"one.jsonl.gz" if request.param == "gzipped" else "one.jsonl": bodies}
            if request.param == "in two files":
                half = len(bodies) // 2
                parts = {"one.jsonl": bodies[:half], "two.jsonl.gz": bodies[half:]}
            opened.append(FilesInbox([write_lines(tmp_path / name, part) for name, part in parts.items()]))
            return opened[-1]

        yield open_
        for inbox in opened:
            drain(inbox, inbox.batch)


class TestFolder(InboxContract):
    @pytest.fixture(params=["all.jsonl", "all.ndjson.gz"])
    def open_inbox(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenInbox]:
        opened: list[FolderInbox] = []

        def open_(bodies: Sequence[bytes]) -> FolderInbox:
            write_lines(tmp_path / request.param, bodies)
            opened.append(FolderInbox(tmp_path, grown_after=0.0))
            return opened[-1]

        yield open_
        for inbox in opened:
            inbox.close()
