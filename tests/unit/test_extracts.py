"""Files that are cut by whoever knows them: placed, resumed, and honest about what is wrong with them."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from sunsift.adapters.extracts import Cut, Reader, open_reader
from sunsift.adapters.files import FilesInbox
from sunsift.adapters.folder import FolderInbox
from sunsift.adapters.lines import LineReader
from sunsift.domain.errors import MissingExtraError, SunsiftError, UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.parcels import Message
from tests.contract.suites.inbox import drain

MARK = b"WORDS\n"


def words(stream: BinaryIO) -> Iterator[Extract]:
    """Cut a file of words: upper case is wrong, and some words break everything."""
    for number, word in enumerate(stream.read().split()[1:], 1):
        if word == b"unusable":
            raise UnusableMessageError("wrong_words", "these words are of no use")
        if word == b"extra":
            raise MissingExtraError("install more")
        wrong = ("shouting", f"{word.decode()} is too loud") if word.isupper() else ("", "")
        yield Extract(word, f"word {number}", *wrong)


def cutter(head: bytes, name: str) -> Cut | None:
    return words if head.startswith(MARK) else None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.csv"


def read_all(reader: Reader, limit: int = 100) -> list[Message]:
    messages = []
    while not reader.ended:
        messages += reader.read(limit)
    reader.close()
    return messages


@pytest.mark.parametrize("packed", [False, True])
def test_extracts_are_messages_with_their_place_and_trouble(path: Path, packed: bool) -> None:
    text = MARK + b"one TWO three"
    path.write_bytes(gzip.compress(text) if packed else text)
    reader = open_reader(path, cutter)
    assert reader.read(100) == [
        Message(b"one", "[0, 1]", f"{path} word 1"),
        Message(b"TWO", "[0, 2]", f"{path} word 2", "TWO is too loud", "shouting"),
        Message(b"three", "[0, 3]", f"{path} word 3"),
    ]
    assert reader.problem is None
    assert reader.done_bytes() == path.stat().st_size
    reader.close()


def test_other_files_are_lines(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    for reader in (open_reader(path, cutter), open_reader(path, None)):
        assert isinstance(reader, LineReader)
        assert [m.body for m in read_all(reader)] == [b"one", b"two"]


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_reading_goes_on_at_the_place_of_any_message(path: Path, limit: int) -> None:
    path.write_bytes(MARK + b" ".join(b"w%d" % n for n in range(7)))
    whole = read_all(open_reader(path, cutter), limit)
    for n, message in enumerate(whole):
        position, count = json.loads(message.receipt)
        assert read_all(open_reader(path, cutter, position, count), limit) == whole[n + 1 :]


def test_the_place_of_a_line_is_no_place_among_extracts(path: Path) -> None:
    """Who wrote the note took the file for lines: an older version, or one without the mapping."""
    path.write_bytes(MARK + b"one two")
    assert len(read_all(open_reader(path, cutter, 6, 1))) == 2
    path.write_bytes(b"one\ntwo\n")
    assert len(read_all(open_reader(path, cutter, 0, 1))) == 2


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (MARK, "unreadable", "no readings"),
        (MARK + b"one unusable", "wrong_words", "of no use"),
        (gzip.compress(MARK + b"one " * 3000, mtime=0)[:-9], "unreadable", "breaks off"),
    ],
)
def test_a_file_that_is_no_good_as_a_whole(path: Path, text: bytes, code: str, said: str) -> None:
    path.write_bytes(text)
    reader = open_reader(path, cutter)
    read_all(reader)
    assert (reader.problem_code, said in (reader.problem or "")) == (code, True)


def test_named_files_tell_their_trouble_in_their_place(path: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(b"line\n")
    path.write_bytes(MARK + b"one unusable")
    done: list[int] = []
    messages = drain(FilesInbox([path, lines], done.append, cutter), 100)
    assert [(m.body, m.problem_code if m.problem else "") for m in messages] == [
        (b"one", ""), (b"", "wrong_words"), (b"line", ""),
    ]  # fmt: skip
    assert done[-1] == path.stat().st_size + lines.stat().st_size


def test_a_missing_package_is_no_fault_of_the_file(path: Path) -> None:
    path.write_bytes(MARK + b"extra")
    with pytest.raises(MissingExtraError):
        FilesInbox([path], cutter=cutter).receive(10)


def left(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name[0] != ".")


def test_the_folder_takes_more_kinds_of_files_with_a_cutter(tmp_path: Path) -> None:
    for name in ("a.CSV", "b.nem12.gz", "c.json", "columns.toml", "d.txt", "e.jsonl"):
        (tmp_path / name).write_bytes(MARK + b"word LOUD" if name < "e" else b"line\n")
    plain = FolderInbox(tmp_path, 0.0)
    assert [m.body for m in drain(plain, 10)] == [b"line"]
    plain.close()
    inbox = FolderInbox(tmp_path, 0.0, cutter)
    assert [m.body for m in drain(inbox, 10)] == [b"word", b"LOUD"] * 3
    inbox.close()
    assert left(tmp_path) == [
        "columns.toml", "d.txt", "done/a.CSV", "done/b.nem12.gz", "done/c.json", "done/e.jsonl",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [MARK, MARK + b"one extra", MARK + b"unusable"])
def test_the_folder_puts_a_bad_file_away_and_goes_on(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "b.csv").write_bytes(MARK + b"word")
    inbox = FolderInbox(tmp_path, 0.0, cutter)
    messages = drain(inbox, 10)
    inbox.close()
    assert [m.body for m in messages if not m.problem][-1] == b"word"
    assert len([m for m in messages if m.problem]) == 1
    assert left(tmp_path) == ["done/b.csv", "failed/a.csv"]


def test_the_folder_survives_a_cutter_that_cannot_begin(tmp_path: Path) -> None:
    def broken(head: bytes, name: str) -> Cut | None:
        raise SunsiftError("columns.toml: is no TOML")

    (tmp_path / "a.csv").write_bytes(b"x")
    inbox = FolderInbox(tmp_path, 0.0, broken)
    (message,) = drain(inbox, 10)
    inbox.close()
    assert "columns.toml" in (message.problem or "")
    assert left(tmp_path) == ["failed/a.csv"]


def test_a_restart_of_the_folder_goes_on_behind_what_was_stored(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(MARK + b" ".join(b"w%d" % n for n in range(10)))
    first = FolderInbox(tmp_path, 0.0, cutter)
    first.delete(first.receive(4))
    taken = first.receive(4)  # and never stored
    first.close()
    second = FolderInbox(tmp_path, 0.0, cutter)
    messages = drain(second, 100)
    second.close()
    assert messages[:4] == list(taken)
    assert [m.body for m in messages] == [b"w%d" % n for n in range(4, 10)]


def test_the_folder_reads_a_long_file_once(tmp_path: Path) -> None:
    """To find its place again it would have to be read from its beginning, at every batch."""
    begun: list[str] = []

    def counting(head: bytes, name: str) -> Cut | None:
        begun.append(name)
        return cutter(head, name)

    (tmp_path / "a.csv").write_bytes(MARK + b" ".join(b"w%d" % n for n in range(100)))
    inbox = FolderInbox(tmp_path, 0.0, counting)
    assert len(drain(inbox, 5)) == 100
    inbox.close()
    assert len(begun) == 1


def test_extracts_that_come_again_after_a_crash_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(MARK + b" ".join(b"w%d" % n for n in range(10)))
    inbox = FolderInbox(tmp_path, 0.0, cutter)
    first = inbox.receive(4)
    assert inbox.receive(4) == first
    inbox.delete(first)
    assert [m.body for m in inbox.receive(4)] == [b"w4", b"w5", b"w6", b"w7"]
    inbox.close()
