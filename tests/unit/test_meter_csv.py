"""CSV tables of readings: layouts, mappings, and one clear word for each kind of bad row."""

import io
import itertools
import os
import re
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunsift.domain.errors import SunsiftError
from sunsift.formats.meter import MeterFormat, MeterOptions, cut
from sunsift.formats.meter import rows as rows_module
from sunsift.formats.meter.layout import NUMBERS
from sunsift.formats.meter.mapping import Always, Columns, TableMapping, Time, Wide
from sunsift.formats.meter.packet_body import FLAGS
from tests.support.meter import HOUSE, UPDATED_AT, cut_text, energies, expected, instants, packets, problems

HEADING = "house_id,time,import_kwh,export_kwh"
ALWAYS = {"updated_at": UPDATED_AT}


def day(date_text: str = "2025-11-21", house: str = HOUSE, kwh: str = "0.5,0.25") -> list[str]:
    return [f"{house},{date_text}T{n // 2:02}:{n % 2 * 30:02},{kwh}" for n in range(48)]


def table(*rows: str, heading: str = HEADING) -> str:
    return "\n".join([heading, *rows]) + "\n"


def test_columns_named_as_ours_need_no_mapping() -> None:
    heading = "quality,House_ID ,time,import_kwh,export_kwh,updated_at,interval_minutes,customer"
    rows = [f'A,{HOUSE},2025-11-21T{n:02}:00+11:00,0.5,0.25,{UPDATED_AT},60,"x, y"' for n in range(24)]
    rows.append(rows[0].replace("11-21T", "11-22T"))
    (packet,) = packets(
        cut_text("\ufeff" + table(*rows, heading=heading).replace("\n", "\r\n"), offset=10.0)
    ).values()
    # The summer's first hour is the last of the day before in standard time, which is too little of it.
    assert packet.pop("id")
    assert packet == {
        "schema": 1,
        "house_id": HOUSE,
        "date": "2025-11-21",
        "interval_minutes": 60,
        "import_kwh": [0.5] * 24,
        "export_kwh": [0.25] * 24,
        "quality": "A",
        "updated_at": UPDATED_AT,
        "utc_offset_hours": 10.0,
    }


def test_the_same_file_twice_says_the_same() -> None:
    text = table(*day())
    assert cut_text(text, columns={"always": ALWAYS}) == cut_text(text, columns={"always": ALWAYS})


def test_plain_times_are_the_standard_time_of_the_house() -> None:
    (known,) = packets(cut_text(table(*day()), offset=9.5)).values()
    (unknown,) = packets(cut_text(table(*day()))).values()
    assert known["import_kwh"] == unknown["import_kwh"] == [0.5] * 48
    assert known["utc_offset_hours"] == 9.5
    assert "utc_offset_hours" not in unknown


def test_times_in_utc_need_to_know_the_standard_time_of_the_house() -> None:
    rows = [row.replace(",0.5", "Z,0.5") for row in day()]
    (bad,) = cut_text(table(*rows))
    assert (bad.code, bad.place, bad.body.decode()) == ("no_clock", "line 2", rows[0])
    assert "register the house first" in bad.reason
    (packet,) = packets(cut_text(table(*rows), timezone="Etc/UTC")).values()
    assert packet["utc_offset_hours"] == 0.0


def test_the_offset_of_the_registration_wins_over_the_zone() -> None:
    rows = [row for d in (20, 21, 22) for row in day(f"2025-07-{d}")]
    found = packets(cut_text(table(*rows), timezone="Australia/Adelaide", offset=10.0))
    assert {packet["utc_offset_hours"] for packet in found.values()} == {10.0}
    assert found[HOUSE, "2025-07-21"]["import_kwh"] == [0.5] * 48
    zoned = packets(cut_text(table(*rows), timezone="Australia/Adelaide"))
    assert {packet["utc_offset_hours"] for packet in zoned.values()} == {9.5}


def test_the_time_of_the_file_is_the_time_of_change_where_nothing_else_says_it(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(table(*day()))
    os.utime(path, (1_780_272_000, 1_780_272_000.25))
    with path.open("rb") as file:
        (extract,) = cut(MeterFormat.CSV, file, "readings.csv", MeterOptions())
    assert b'"updated_at":"2026-06-01T00:00:00.250000Z"' in extract.body


def test_a_retailers_own_layout() -> None:
    """Semicolons, decimal commas, ends of intervals in watt-hours, two lines above the heading."""
    rows = [f"{HOUSE};21.11.2025;{(n + 1) // 2:02}:{(n + 1) % 2 * 30:02};500,5;0;gemessen" for n in range(48)]
    text = "\n".join(["Zählerdaten;;;;;", "", "Nummer;Tag;Uhr;Bezug;Einspeisung;Art", *rows])
    mapping = {
        "heading_line": 3,
        "columns": {
            "house_id": "Nummer",
            "date": "Tag",
            "time": "Uhr",
            "import": "Bezug",
            "export": "Einspeisung",
            "quality": "Art",
        },
        "always": {"unit": "Wh", "interval_minutes": 30, "updated_at": UPDATED_AT},
        "time": {"format": "%d.%m.%Y %H:%M", "marks": "end", "timezone": "Europe/Berlin"},
        "quality": {"A": ["gemessen"], "E": ["geschätzt"]},
    }
    extracts = cut_text(text, columns=mapping)
    assert problems(extracts) == []
    (packet,) = packets(extracts).values()
    assert packet["import_kwh"] == [0.5005] * 48
    assert packet["utc_offset_hours"] == 1.0


def test_registers_in_rows_are_added_up_by_their_role() -> None:
    names = {"E1": "0.5", "E2": "0.25", "B1": "1", "Q1": "9"}
    rows = [f"{HOUSE},{name},2025-11-21 {n:02}:00,{kwh}" for name, kwh in names.items() for n in range(24)]
    mapping = {
        "columns": {"register": "channel", "value": "kwh"},
        "registers": {"import": ["E1", "E2"], "export": ["B1"], "ignore": ["Q1"]},
    }
    heading = "house_id,channel,time,kwh"
    (packet,) = packets(cut_text(table(*rows, heading=heading), columns=mapping)).values()
    assert (packet["import_kwh"], packet["export_kwh"]) == ([0.75] * 24, [1.0] * 24)
    mapping["registers"] = {"import": ["E1", "E2"], "export": ["B1"]}
    bad = problems(cut_text(table(*rows, heading=heading), columns=mapping))
    assert bad == [(f"line {line}", "wrong_register") for line in range(74, 98)]


def test_mean_power_of_one_net_column() -> None:
    rows = [f"{HOUSE},2025-11-21T{n // 4:02}:{n % 4 * 15:02},{'-2' if n % 4 else '1'}" for n in range(96)]
    mapping = {"columns": {"net": "power"}, "always": {"unit": "kW"}}
    (packet,) = packets(cut_text(table(*rows, heading="house_id,time,power"), columns=mapping)).values()
    assert packet["interval_minutes"] == 15
    assert packet["import_kwh"] == [0.25, 0.0, 0.0, 0.0] * 24
    assert packet["export_kwh"] == [0.0, 0.5, 0.5, 0.5] * 24


def test_a_day_in_a_row_with_gross_generation() -> None:
    """The layout of a well-known study of solar homes: consumption, controlled load and generation."""
    slots = [f"{n // 2}:{n % 2 * 30:02}" for n in range(1, 48)] + ["0:00"]
    heading = ",".join(["Customer", "Consumption Category", "date", *slots, "Row Quality"])
    values = {"GC": ["0.5"] * 48, "CL": ["0.25"] * 48, "GG": ["0"] * 24 + ["1"] * 24}
    rows = [",".join(["12", name, "21/11/2025", *kwh, ""]) for name, kwh in values.items()]
    mapping = {
        "columns": {
            "house_id": "Customer",
            "date": "date",
            "register": "Consumption Category",
            "quality": "Row Quality",
        },
        "wide": {"first": "0:30", "last": "0:00"},
        "time": {"format": "%d/%m/%Y"},
        "registers": {"net": ["GC", "CL"], "generation": ["GG"]},
    }
    (packet,) = packets(cut_text(table(*rows, heading=heading), columns=mapping)).values()
    assert packet["import_kwh"] == [0.75] * 24 + [0.0] * 24
    assert packet["export_kwh"] == [0.0] * 24 + [0.25] * 24
    assert packet["date"] == "2025-11-21"


def wide_days(zone: str, first: str, values: dict[int, str]) -> list[Any]:
    heading = "house_id,date," + ",".join(f"h{n}" for n in range(24))
    cells = [values.get(n, "1") for n in range(24)]
    dates = [str(date.fromordinal(date.fromisoformat(first).toordinal() + n)) for n in range(3)]
    rows = [f"{HOUSE},{d},{','.join(cells if n == 1 else ['1'] * 24)}" for n, d in enumerate(dates)]
    mapping = {"wide": {"first": "h0", "last": "h23", "role": "import"}, "columns": {"date": "date"}}
    return cut_text(table(*rows, heading=heading), columns=mapping, timezone=zone)


def test_a_day_in_a_row_when_clocks_change() -> None:
    spring = wide_days("Australia/Sydney", "2025-10-04", {2: ""})
    assert problems(spring) == []
    assert packets(spring)[HOUSE, "2025-10-05"]["import_kwh"] == [1.0] * 24
    assert problems(wide_days("Australia/Sydney", "2025-10-04", {2: "1"}))[0] == ("line 3", "no_such_time")
    autumn = wide_days("Australia/Sydney", "2025-04-05", {})
    assert problems(autumn)[0] == ("line 3", "repeated_hour")
    # Both of the hours are unknown, and nothing else is.
    assert packets(autumn)[HOUSE, "2025-04-06"]["import_kwh"] == [1.0, None, None, *[1.0] * 21]


BAD_ROWS = {
    f"{HOUSE},2025-11-21T00:10": "wrong_row",
    f"{HOUSE},2025-11-21T00:00,0.5,0.25,9": "wrong_row",
    f'{HOUSE},"2025-11-21T00:00,0.5,0.25': "wrong_row",
    f"{HOUSE},yesterday,0.5,0.25": "wrong_time",
    f"{HOUSE},2025-11-31T00:00,0.5,0.25": "wrong_time",
    f"{HOUSE},2025-11-21T00:00,0.5.1,0.25": "wrong_number",
    f"{HOUSE},2025-11-21T00:00,inf,0.25": "wrong_number",
    f"{HOUSE},2025-11-21T00:00,1_0,0.25": "wrong_number",
    f"{HOUSE},2025-11-21T00:00,-1,0.25": "impossible",
    f"{HOUSE},2025-11-21T00:00,1e9,0.25": "impossible",
    ",2025-11-21T00:00,0.5,0.25": "wrong_shape",
    f"{HOUSE}{'0' * 60},2025-11-21T00:00,0.5,0.25": "wrong_shape",
    f"{HOUSE},2025-11-21T00:00Z,0.5,0.25": "wrong_time",
}


@pytest.mark.parametrize(("row", "code"), BAD_ROWS.items())
def test_a_bad_row_is_put_aside_whole_and_the_rest_goes_on(row: str, code: str) -> None:
    extracts = cut_text(table(*day()[:9], row, *day()[9:]), offset=0.0)
    ((bad),) = (extract for extract in extracts if extract.code)
    assert (bad.code, bad.place, bad.body.decode()) == (code, "line 11", row)
    assert packets(extracts)[HOUSE, "2025-11-21"]["import_kwh"] == [0.5] * 48


def test_bytes_that_are_no_text_harm_only_a_cell_that_counts() -> None:
    heading = f"{HEADING},owner"
    rows = [f"{row},Müller".encode("latin-1") for row in day()]
    rows.insert(5, "Müller,2025-11-21T00:00,0.5,0.25,x".encode("latin-1"))
    extracts = cut_text(b"\n".join([heading.encode(), *rows]))
    assert problems(extracts) == [("line 7", "wrong_shape")]
    assert next(e.body for e in extracts if e.code) == rows[5]
    assert len(packets(extracts)) == 1


@pytest.mark.parametrize("empty", ["", " ", "null", "NaN", "n/a", "-"])
def test_what_is_missing_is_missing_and_never_zero(empty: str) -> None:
    rows = day()
    rows[7] = f"{HOUSE},2025-11-21T03:30,{empty},0.25"
    (packet,) = packets(cut_text(table(*rows))).values()
    assert packet["import_kwh"] == [0.5] * 7 + [None] + [0.5] * 40


def test_blank_lines_and_empty_cells_at_the_end_are_nothing() -> None:
    rows = [f"{row},," for row in day()]
    assert problems(cut_text(table("", *rows, ",,,", ";;;"))) == []


def test_the_interval_is_measured_for_each_house() -> None:
    hourly = [row.replace(HOUSE, "other") for row in day()[::2]]
    mixed = [row for pair in itertools.zip_longest(day(), hourly) for row in pair if row]
    found = packets(cut_text(table(*mixed)))
    assert {house: packet["interval_minutes"] for (house, _), packet in found.items()} == {
        HOUSE: 30,
        "other": 60,
    }


def test_one_row_does_not_say_how_long_it_is() -> None:
    (bad,) = cut_text(table(day()[0]))
    assert bad.code == "wrong_interval"
    assert "say interval_minutes" in bad.reason
    with_others = cut_text(table(*day(), day(house="other")[0]))
    assert problems(with_others) == [("parts of days", "part_of_a_day")]


def test_rows_that_wait_to_be_measured_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "_ROWS_TO_HOLD", 50)
    houses = [f"house {n}" for n in range(40)]
    by_time = [day(house=house)[n] for n in range(48) for house in houses]
    assert len(packets(cut_text(table(*by_time)))) == 40
    strangers = [day(house=f"row {n}")[n % 48] for n in range(60)]
    with pytest.raises(SunsiftError, match="no two of the first 50 rows are of the same house"):
        cut_text(table(*strangers))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([0, 1, 2, 3, 4, 5], "holds it only once"),
        ([0, 1, 2, 3, 4, 6, 5, 7], "not in the order of time"),
        ([0, 1, 2, 3, 4, 5, 4, 5, 6, 7], "not in the order of time"),
    ],
)
def test_an_hour_that_cannot_be_told_from_its_repetition_is_refused(order: list[int], words: str) -> None:
    """Rows are half-hours of summer time; 4 and 5 are 02:00 and 02:30, and so are 6 and 7."""
    zone = ZoneInfo("Australia/Sydney")
    starts = list(instants(zone, date(2025, 4, 6), 1, 30))
    written = [datetime.fromtimestamp(starts[n], zone).replace(tzinfo=None) for n in [*order, *range(8, 50)]]
    extracts = cut_text(table(*(f"{HOUSE},{w},0.5,0.25" for w in written)), timezone="Australia/Sydney")
    (bad,) = (extract for extract in extracts if extract.code == "repeated_hour")
    assert (bad.place, words in bad.reason) == (f"lines 6 to {1 + len(order)}", True)
    (packet,) = packets(extracts).values()
    assert packet["import_kwh"] == [0.5] * 2 + [None] * 4 + [0.5] * 42


def test_an_offset_with_each_time_needs_no_order() -> None:
    zone = ZoneInfo("Australia/Sydney")
    starts = list(instants(zone, date(2025, 4, 5), 3, 30))
    rows = []
    for start in sorted(starts, key=lambda n: n % 7919):
        drawn, sent = energies(start)
        rows.append(f"{HOUSE},{datetime.fromtimestamp(start, zone).isoformat()},{drawn},{sent}")
    found = packets(cut_text(table(*rows), offset=10.0))
    assert found[HOUSE, "2025-04-06"]["import_kwh"] == expected(starts, 10.0, 30)["2025-04-06"]["import_kwh"]


@given(st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_rows_may_come_in_any_order(random: Random) -> None:
    rows = [
        row.replace(",0", "+10:00,0", 1)
        for house in ("one", "two")
        for row in (*day(house=house), *day("2025-11-22", house))
    ]
    mapping = {"always": {"interval_minutes": 30, **ALWAYS}}
    ordered = packets(cut_text(table(*rows), offset=10.0, columns=mapping))
    random.shuffle(rows)
    assert packets(cut_text(table(*rows), offset=10.0, columns=mapping)) == ordered


def test_a_time_that_the_clock_left_out_is_refused() -> None:
    extracts = cut_text(table(*day("2025-10-05")), timezone="Australia/Sydney")
    assert problems(extracts)[:2] == [("line 6", "no_such_time"), ("line 7", "no_such_time")]
    assert "if the file is in standard time" in extracts[0].reason


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("", {}, "has no heading"),
        ("\n \n", {}, "has no heading"),
        ("a,b,c\n1,2,3\n", {}, "names no column house_id"),
        ("house_id,time,kwh\n1,2,3\n", {}, "a column import_kwh, export_kwh or net_kwh"),
        (HEADING, {"columns": {"import": "E1"}}, "columns.import 'E1' is not in the heading"),
        ("house_id,time,x,x\n", {"columns": {"net": "x"}}, "is 2 times in the heading"),
        (HEADING, {"colums": {}}, "unknown field `colums`"),
        (HEADING, {"time": {"timezone": "Sydney"}}, "'Sydney' is unknown"),
        (HEADING, {"time": {"timezone": "../etc/passwd"}}, "is unknown"),
        (HEADING, {"time": {"timezone": "Etc/UTC", "utc_offset_hours": 1}}, "exclude each other"),
        (HEADING, {"time": {"utc_offset_hours": 36}}, "must be -12 to 14"),
        (HEADING, {"always": {"unit": "therm"}}, "must be kWh, Wh, MWh, kW or W"),
        (HEADING, {"always": {"interval_minutes": 10}}, "must be 5, 15, 30 or 60"),
        (HEADING, {"always": {"updated_at": "today"}}, "'today' is not an ISO 8601 time"),
        (HEADING, {"columns": {"register": "time"}}, "go together"),
        (HEADING, {"registers": {"import": ["E1"], "export": ["E1"]}}, "stands in two lists"),
        (HEADING, {"wide": {"first": "import_kwh", "last": "export_kwh", "role": "net"}}, "are 2 columns"),
        (HEADING, {"wide": {"first": "import_kwh", "last": "export_kwh"}}, "say wide.role"),
        ("house_id,time\xff".encode("latin-1"), {}, "not UTF-8"),
        (HEADING.encode("utf-16"), {}, "UTF-16"),
        ('house_id,"time', {}, "the heading in line 1 is no CSV"),
    ],
)
def test_what_makes_a_whole_file_unusable_is_said(text: Any, columns: dict[str, Any], words: str) -> None:
    with pytest.raises(SunsiftError) as caught:
        cut_text(text, columns=columns)
    assert words in str(caught.value)


def test_every_key_of_a_mapping_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "meter-tables.md").read_text("utf-8")
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`([^`]+)`", row)
    }
    for field in msgspec.structs.fields(TableMapping):
        names = {
            "columns": msgspec.structs.fields(Columns),
            "always": msgspec.structs.fields(Always),
            "time": msgspec.structs.fields(Time),
            "wide": msgspec.structs.fields(Wide),
        }.get(field.encode_name, ())
        if field.encode_name == "registers":
            assert {f"registers.{role}" for role in (*NUMBERS, "ignore")} <= listed
        elif field.encode_name == "quality":
            assert {f"quality.{flag}" for flag in FLAGS} <= listed
        elif names:
            assert {f"{field.encode_name}.{name.encode_name}" for name in names} <= listed
        else:
            assert field.encode_name in listed


def test_a_mapping_that_fits_no_row_leaves_the_file_alone() -> None:
    mapping = {"time": {"format": "%d/%m/%Y %H:%M"}}
    with pytest.raises(
        SunsiftError, match=r"first 50 rows cannot be used.*line 2: '2025-11-21T00:00' is not"
    ):
        cut_text(table(*day(), *day("2025-11-22")), columns=mapping)
    assert len(problems(cut_text(table(*day()), columns=mapping))) == 48


def test_a_point_in_a_file_of_decimal_commas_is_not_guessed() -> None:
    rows = [row.replace("0.5,0.25", "0,5,0,25").replace(",", ";", 2).replace("5,0", "5;0") for row in day()]
    heading = HEADING.replace(",", ";")
    (packet,) = packets(cut_text(table(*rows, heading=heading))).values()
    assert packet["export_kwh"] == [0.25] * 48
    points = [row.replace(",", ";") for row in day()]
    assert problems(cut_text(table(*points[:9], heading=heading)))[0] == ("line 2", "wrong_number")
    (packet,) = packets(cut_text(table(*points, heading=heading), columns={"decimal": "."})).values()
    assert packet["import_kwh"] == [0.5] * 48


@given(st.binary(max_size=400), st.booleans())
@settings(max_examples=150)
def test_no_bytes_break_the_reader(noise: bytes, with_heading: bool) -> None:
    body = (HEADING.encode() + b"\n" if with_heading else b"") + noise
    try:
        extracts = list(cut(MeterFormat.CSV, io.BytesIO(body), "x", MeterOptions()))
    except SunsiftError:
        return
    assert all(extract.code for extract in extracts)
