"""Lines of files, plain or gzipped: streamed, placed, and honest about where they break off."""

import gzip
import json
import os
import threading
from pathlib import Path

import pytest

from sunsift.adapters import lines
from sunsift.adapters.lines import LineReader
from sunsift.parcels import Message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mail.jsonl"


def read_all(reader: LineReader, limit: int = 100) -> list[Message]:
    """Read to the end and close."""
    messages = []
    while not reader.ended:
        messages += reader.read(limit)
    reader.close()
    return messages


@pytest.mark.parametrize("packed", [False, True])
def test_lines_are_messages_with_their_source(path: Path, packed: bool) -> None:
    text = b'{"a": 1}\r\n\n  \n\xff\xfe\nlast line without an end'
    path.write_bytes(gzip.compress(text) if packed else text)
    messages = read_all(LineReader(path))
    assert [m.body for m in messages] == [b'{"a": 1}', b"\xff\xfe", b"last line without an end"]
    assert [m.source for m in messages] == [f"{path} line {n}" for n in (1, 4, 5)]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_reading_goes_on_at_the_place_of_any_message(path: Path, packed: bool, limit: int) -> None:
    text = b"".join(b"line %d\n\n" % n for n in range(7))
    path.write_bytes(gzip.compress(text) if packed else text)
    whole = read_all(LineReader(path), limit)
    for n, message in enumerate(whole):
        position, line = json.loads(message.receipt)
        assert read_all(LineReader(path, position, line), limit) == whole[n + 1 :]


def test_an_empty_file_ends_where_it_begins(path: Path) -> None:
    path.touch()
    reader = LineReader(path)
    assert read_all(reader) == []
    assert (reader.position, reader.problem) == (0, "the file is empty")


@pytest.mark.parametrize(("left", "at_least"), [(5, 0), (12, 0), (60, 1), (-9, 30), (-1, 40)])
def test_a_gzip_file_that_breaks_off_gives_what_it_has(path: Path, left: int, at_least: int) -> None:
    packed = gzip.compress(b"".join(b'{"n": %d}\n' % (n * 7919) for n in range(40)), mtime=0)
    path.write_bytes(packed[:left])
    reader = LineReader(path)
    messages = read_all(reader)
    assert reader.problem is not None
    assert f"breaks off after line {len(messages)}" in reader.problem
    assert len(messages) >= at_least
    assert [m.body for m in messages] == [b'{"n": %d}' % (n * 7919) for n in range(len(messages))]


@pytest.mark.parametrize("place", [3, 40, -6])
def test_a_damaged_gzip_file_is_a_problem(path: Path, place: int) -> None:
    packed = bytearray(gzip.compress(b'{"n": 12345}\n' * 200, mtime=0))
    packed[place] ^= 0xFF
    path.write_bytes(packed)
    reader = LineReader(path)
    read_all(reader)
    assert place == 3 or reader.problem is not None


def test_a_line_without_end_does_not_fill_the_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 1000)
    monkeypatch.setattr(lines, "LARGEST_BATCH_BYTES", 3000)
    path.write_bytes(b"x" * 10_500)
    reader = LineReader(path)
    first = reader.read(100)
    assert [len(m.body) for m in first] == [1000] * 3
    assert sum(len(m.body) for m in first + read_all(reader)) == 10_500


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(b"one\ntwo\n"),))
    writer.start()
    messages = read_all(LineReader(pipe))
    writer.join()
    assert [m.body for m in messages] == [b"one", b"two"]
