"""What kind of file it is, told by how it begins."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.errors import SunsiftError
from sunsift.formats.meter import HEAD_BYTES, MeterFormat, read_columns, recognise
from tests.support.build import a_packet, message_of
from tests.support.nem12 import EXAMPLES

BY_NAME = {
    "nem": MeterFormat.NEM12,
    "cdr": MeterFormat.CDR,
    "gre": MeterFormat.GREENBUTTON,
    "csv": MeterFormat.CSV,
}


@pytest.mark.parametrize(
    "path", [p for p in sorted(EXAMPLES.iterdir()) if p.suffix != ".toml"], ids=lambda path: path.name
)
def test_examples_are_known_by_their_content(path: Path) -> None:
    head = path.read_bytes()[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    expected = BY_NAME[path.name[:3]]
    assert recognise(head, path.name) is expected
    # A title above the heading of a table is known by the file's name alone.
    name = path.name if path.name == "csv_wide.csv" else "-"
    assert recognise(b"\xef\xbb\xbf\r\n" + head, name) is expected


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"PAR1\x15\x04", "x", MeterFormat.PARQUET),
        (b"100,NEM13,2025", "x.csv", MeterFormat.NEM12),
        (b'"100","NEM12",2025', "x", MeterFormat.NEM12),
        (b"200,6102000001,E1B1", "x", MeterFormat.NEM12),
        (b"rubbish", "x.NEM12.gz", MeterFormat.NEM12),
        (b"\xff\xfe<\0?\0", "x", MeterFormat.GREENBUTTON),
        (b"  <feed>", "x", MeterFormat.GREENBUTTON),
        (b"house_id;time;import_kwh\n", "x", MeterFormat.CSV),
        (b"a\tb\tc\n1\t2\t3", "x", MeterFormat.CSV),
        (b"only\n", "x.csv", MeterFormat.CSV),
        (b"1,2,3\n", "x", None),
        (b"nonsense\n", "x", None),
        (b"", "x.csv", None),
        (message_of(a_packet()), "x.csv", None),
        (b'{"specversion": "1.0", "data": {"servicePointId": 1}}', "x", None),
        (b'{"a": 1}', "x.json", None),
    ],
)
def test_beginnings(head: bytes, name: str, kind: MeterFormat | None) -> None:
    assert recognise(head, name) is kind


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_something_or_nothing(head: bytes, name: str) -> None:
    assert recognise(head, name) in (*MeterFormat, None)


@pytest.mark.parametrize(("text", "said"), [(b"a = [", "TOML"), (b"\xff", "UTF-8"), (None, "cannot be read")])
def test_a_broken_mapping_file_is_an_error(tmp_path: Path, text: bytes | None, said: str) -> None:
    path = tmp_path / "columns.toml"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(SunsiftError, match=said):
        read_columns(path)
