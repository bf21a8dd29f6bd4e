"""Registrations as CSV: what is read, and errors that name file, line and column."""

import math
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.errors import InvalidHouseError
from sunsift.domain.house import House
from sunsift.formats.houses_csv import read_houses
from tests.support.build import a_house

HEADER = "house_id,capacity_kwp,latitude,longitude,utc_offset_hours"
ROW = "6102000001,5,-33.9,151.2,10"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "houses.csv"


def problem(path: Path, text: str | bytes) -> str:
    """Write a file that must be refused, and return why it was."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InvalidHouseError) as caught:
        read_houses(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_required_columns_are_enough(path: Path) -> None:
    path.write_text(f"{HEADER}\n{ROW}\n")
    assert read_houses(path) == [a_house("6102000001")]


def test_every_column_is_read(path: Path) -> None:
    path.write_text(
        f"region,battery,{HEADER},azimuth,tilt,export_limit_kw\nnorth coast,yes,{ROW},350,22.5,5\n"
    )
    (house,) = read_houses(path)
    assert house == a_house(
        "6102000001", azimuth=350.0, tilt=22.5, export_limit_kw=5.0, battery=True, region="north coast"
    )


def test_a_file_of_excel_is_read(path: Path) -> None:
    path.write_bytes(f"\ufeff{HEADER}, tilt \r\n 6102000001 ,5.0,-33.9,151.2,10, \r\n".encode())
    assert read_houses(path) == [a_house("6102000001")]


def test_empty_cells_are_unknown(path: Path) -> None:
    path.write_text(f"{HEADER},azimuth,tilt,export_limit_kw,battery,region\n{ROW},,,,,\n{ROW}\n")
    assert read_houses(path) == [a_house("6102000001")] * 2


@pytest.mark.parametrize(
    ("word", "battery"), [("1", True), ("TRUE", True), ("y", True), ("0", False), ("No", False)]
)
def test_words_for_a_battery(path: Path, word: str, battery: bool) -> None:
    path.write_text(f"{HEADER},battery\n{ROW},{word}\n")
    assert [h.battery for h in read_houses(path)] == [battery]


def test_columns_that_mean_nothing_are_named(path: Path) -> None:
    path.write_text(f"{HEADER},azimut,owner\n{ROW},0,me\n")
    ignored: list[str] = []
    assert read_houses(path, ignored.extend) == [a_house("6102000001")]
    assert ignored == ["azimut", "owner"]


@pytest.mark.parametrize("text", ["", "\n", "house_id,tilt\n1,2\n", ROW])
def test_missing_columns_are_named(path: Path, text: str) -> None:
    assert "capacity_kwp, latitude" in problem(path, text)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",5,-33.9,151.2,10", "house_id must be 1 to 64"),
        (f"{'x' * 65},5,-33.9,151.2,10", "house_id must be 1 to 64"),
        ("a\x00b,5,-33.9,151.2,10", "house_id must be 1 to 64"),
        ("1,five,-33.9,151.2,10", "capacity_kwp is 'five', must be a number"),
        ("1,,-33.9,151.2,10", "capacity_kwp is '', must be a number"),
        ("1", "capacity_kwp is '', must be a number"),
        ("1,0,-33.9,151.2,10", "capacity_kwp is 0.0, must lie in 0.1 to 1000"),
        ("1,-5,-33.9,151.2,10", "capacity_kwp is -5.0"),
        ("1,nan,-33.9,151.2,10", "capacity_kwp is nan"),
        ("1,inf,-33.9,151.2,10", "capacity_kwp is inf"),
        ("1,5,-91,151.2,10", "latitude is -91.0"),
        ("1,5,-33.9,181,10", "longitude is 181.0"),
        ("1,5,-33.9,151.2,600", "utc_offset_hours is 600.0"),
        ('1,"5,0",-33.9,151.2,10', "capacity_kwp is '5,0'"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(path: Path, row: str, words: str) -> None:
    why = problem(path, f"{HEADER}\n{ROW}\n{row}\n")
    assert words in why
    assert "line 3" in why


@pytest.mark.parametrize(
    ("column", "value"), [("azimuth", "361"), ("tilt", "-1"), ("export_limit_kw", "x"), ("battery", "maybe")]
)
def test_a_wrong_optional_value_is_named(path: Path, column: str, value: str) -> None:
    assert column in problem(path, f"{HEADER},{column}\n{ROW},{value}\n")


def test_what_is_no_text_is_refused(path: Path) -> None:
    assert "not UTF-8" in problem(path, HEADER.encode("utf-16"))
    assert "not UTF-8" in problem(path, f"{HEADER}\nZ\u00e4hler,5,0,0,0\n".encode("latin-1"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(InvalidHouseError, match="cannot be read"):
            read_houses(path)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda rest: f"{HEADER}\n{rest}".encode()))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(text)
    houses = []
    with suppress(InvalidHouseError):
        houses = read_houses(path)
    assert all(isinstance(h, House) and math.isfinite(h.capacity_kwp) for h in houses)
