"""The watched folder: whole files only, one reader, and a place to go on from."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sunsift.adapters.folder import FolderInbox
from sunsift.domain.errors import SunsiftError
from tests.contract.suites.inbox import drain

Watch = Callable[..., FolderInbox]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def watch(folder: Path) -> Iterator[Watch]:
    """Watch the folder as a further process would."""
    opened: list[FolderInbox] = []

    def watch_(grown_after: float = 0.0) -> FolderInbox:
        opened.append(FolderInbox(folder, grown_after))
        return opened[-1]

    yield watch_
    for inbox in opened:
        inbox.close()


def left(folder: Path) -> list[str]:
    """Return what lies in the folder and below, hints of ours aside."""
    return sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")
    )


def test_a_file_is_moved_away_when_it_was_read(folder: Path, watch: Watch) -> None:
    inbox = watch()
    (folder / "b.jsonl").write_bytes(b"3\n")
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(b"1\n2\n"))
    (folder / "readme.txt").write_bytes(b"no packets")
    (folder / ".hidden.jsonl").write_bytes(b"half a copy")
    assert [m.body for m in drain(inbox, 10)] == [b"1", b"2", b"3"]
    assert left(folder) == ["done/a.jsonl.gz", "done/b.jsonl", "readme.txt"]


def test_a_growing_file_waits(folder: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr("sunsift.adapters.folder.time.monotonic", lambda: seconds[0])
    inbox = watch(grown_after=2.0)
    file = folder / "slow.jsonl"
    file.write_bytes(b"1\n")
    assert inbox.receive(10) == []
    seconds[0] = 1.9
    file.write_bytes(b"1\n2\n")
    assert (inbox.receive(10), inbox.depth()) == ([], 0)
    seconds[0] = 3.8
    assert (inbox.receive(10), inbox.depth()) == ([], 0)
    seconds[0] = 4.0
    assert inbox.depth() > 0
    assert [m.body for m in drain(inbox, 10)] == [b"1", b"2"]


def test_a_restart_goes_on_where_it_was(folder: Path, watch: Watch) -> None:
    inbox = watch()
    (folder / "mail.jsonl").write_bytes(b"1\n2\n3\n4\n5\n")
    inbox.delete(inbox.receive(2))
    inbox.receive(2)
    inbox.close()
    again = watch()
    first = again.receive(1)
    assert [(m.body, m.source) for m in first] == [(b"3", f"{folder / 'mail.jsonl'} line 3")]


@pytest.mark.parametrize("note", [None, "", "[", "{}", "[1]", '["a", "b"]', "null"])
def test_a_lost_place_means_reading_again(folder: Path, watch: Watch, note: str | None) -> None:
    inbox = watch()
    (folder / "mail.jsonl").write_bytes(b"1\n2\n3\n")
    inbox.delete(inbox.receive(2))
    place = folder / ".mail.jsonl.place"
    if note is None:
        place.unlink()
    else:
        place.write_text(note)
    assert [m.body for m in drain(inbox, 10)] == [b"1", b"2", b"3"]


def test_one_process_reads_a_folder(folder: Path, watch: Watch) -> None:
    first, second = watch(), watch()
    (folder / "mail.jsonl").write_bytes(b"1\n")
    assert len(first.receive(10)) == 1
    assert (second.receive(10), second.depth()) == ([], 0)
    first.close()
    assert len(second.receive(10)) == 1


@pytest.mark.parametrize(
    ("name", "content", "readable", "problem"),
    [
        ("empty.jsonl", b"", 0, "empty"),
        ("cut.jsonl.gz", gzip.compress(b"1\n" * 5, mtime=0)[:-6], 5, "breaks off after line 5"),
        ("head.jsonl.gz", gzip.compress(b"1\n", mtime=0)[:4], 0, "breaks off after line 0"),
    ],
)
def test_a_broken_file_fails_after_what_it_has(
    folder: Path, watch: Watch, name: str, content: bytes, readable: int, problem: str
) -> None:
    inbox = watch()
    (folder / name).write_bytes(content)
    (folder / "zz.jsonl").write_bytes(b"other\n")
    messages = drain(inbox, 10)
    assert [m.problem is None for m in messages] == [True] * readable + [False, True]
    assert problem in str(messages[readable].problem)
    assert messages[readable].source == str(folder / name)
    assert left(folder) == ["done/zz.jsonl", f"failed/{name}"]


def test_a_name_may_come_again(folder: Path, watch: Watch) -> None:
    inbox = watch()
    for n in range(3):
        (folder / "daily.jsonl").write_bytes(b"%d\n" % n)
        assert [m.body for m in drain(inbox, 10)] == [b"%d" % n]
    assert left(folder) == ["done/daily.jsonl", "done/daily.jsonl.1", "done/daily.jsonl.2"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SunsiftError, match="cannot be created"):
        FolderInbox(tmp_path / "file" / "inbox")
