"""Days of local standard time, whatever clock the readings were written by."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sunsift.domain.errors import UnusableMessageError
from sunsift.domain.extract import Extract
from sunsift.formats import packet_json
from sunsift.formats.meter.clocks import Shift
from sunsift.formats.meter.days import Channel, DayCutter, Reading
from tests.support.meter import (
    HOUSE,
    UPDATED_AT,
    cut_text,
    energies,
    expected,
    instants,
    packets,
    problems,
)

IMPORT, EXPORT = Channel("import"), Channel("export")
DAY = 20_000  # 2024-10-04


def readings(
    day: int, slots: range, channel: Channel = IMPORT, kwh: float = 0.5, **other: object
) -> list[Reading]:
    base = Reading(HOUSE, channel, 0, 30, kwh, "A", 1, 1)
    return [base._replace(start=day * 86_400 + slot * 1800, **other) for slot in slots]  # type: ignore[arg-type]


def cut_days(given_readings: list[Reading], open_readings: int = 10_000) -> list[Extract]:
    cutter = DayCutter("line", open_readings)
    extracts: list[Extract] = []
    for reading in given_readings:
        if not cutter.knows(reading.house_id):
            cutter.meet(reading.house_id, Shift(0, 0.0))
        cutter.add(reading)
        extracts += cutter.due() if cutter.full else ()
    return [*extracts, *cutter.rest()]


def test_a_house_without_an_export_register_has_no_exports() -> None:
    (packet,) = packets(cut_days(readings(DAY, range(48)))).values()
    assert packet["import_kwh"] == [0.5] * 48
    assert packet["export_kwh"] == [None] * 48


def test_a_register_that_a_day_lacks_leaves_its_sum_unknown() -> None:
    two = [Channel("import", "E1"), Channel("import", "E2"), EXPORT]
    rows = [r for channel in two for r in readings(DAY, range(48), channel)]
    rows += [r for channel in (two[0], two[2]) for r in readings(DAY + 1, range(48), channel)]
    first, second = packets(cut_days(rows)).values()
    assert (first["import_kwh"], first["export_kwh"]) == ([1.0] * 48, [0.5] * 48)
    assert (second["import_kwh"], second["export_kwh"]) == ([None] * 48, [0.5] * 48)


def test_net_and_generation_become_import_and_export() -> None:
    rows = readings(DAY, range(48), Channel("net", "load"), 0.7)
    rows += readings(DAY, range(24), Channel("generation"), 0.2) + readings(
        DAY, range(24, 48), Channel("generation"), 1.0
    )
    (packet,) = packets(cut_days(rows)).values()
    assert packet["import_kwh"] == [0.5] * 24 + [0.0] * 24
    assert packet["export_kwh"] == [0.0] * 24 + [0.3] * 24


def test_the_larger_part_of_a_day_goes_on_and_the_smaller_is_told_of_once() -> None:
    rows = readings(DAY, range(46, 48)) + readings(DAY + 1, range(48)) + readings(DAY + 2, range(25))
    *extracts, notice = cut_days(rows)
    assert [date for _, date in packets(extracts)] == ["2024-10-05", "2024-10-06"]
    assert packets(extracts)[HOUSE, "2024-10-06"]["import_kwh"] == [0.5] * 25 + [None] * 23
    assert notice.code == "part_of_a_day"
    assert "2024-10-04 (2 of 48 readings)" in notice.reason
    assert b'"import_kwh":[null' in notice.body


def test_half_a_day_is_not_more_than_half() -> None:
    assert problems(cut_days(readings(DAY, range(24)))) == [("parts of days", "part_of_a_day")]
    assert problems(cut_days(readings(DAY, range(25)))) == []


def test_a_part_at_the_edge_loses_against_any_whole_day_that_was_published_later() -> None:
    published = (DAY + 9) * 86_400_000_000
    small = readings(DAY, range(30), updated_at=published)
    large = readings(DAY, range(40), updated_at=published)
    (of_small,), (of_large,) = packets(cut_days(small)).values(), packets(cut_days(large)).values()
    end = datetime.fromtimestamp((DAY + 1) * 86_400, UTC)
    assert (
        end > datetime.fromisoformat(of_large["updated_at"]) > datetime.fromisoformat(of_small["updated_at"])
    )
    (whole,) = packets(cut_days(readings(DAY, range(48), updated_at=published))).values()
    assert datetime.fromisoformat(whole["updated_at"]) == end + timedelta(days=8)


def test_a_gap_in_the_middle_of_a_file_keeps_its_time_of_change() -> None:
    rows = [
        r for day, count in ((DAY, 48), (DAY + 1, 40), (DAY + 2, 48)) for r in readings(day, range(count))
    ]
    assert {packet["updated_at"] for packet in packets(cut_days(rows)).values()} == {
        "1970-01-01T00:00:00.000001Z"
    }


def test_a_gap_in_the_only_day_of_a_file_is_no_edge() -> None:
    published = (DAY + 9) * 86_400_000_000
    rows = readings(DAY, range(20), updated_at=published) + readings(DAY, range(21, 48), updated_at=published)
    (packet,) = packets(cut_days(rows)).values()
    assert datetime.fromisoformat(packet["updated_at"]) == datetime.fromtimestamp((DAY + 9) * 86_400, UTC)


def test_taking_a_refused_day_up_again_makes_no_packet_of_it() -> None:
    conflict = readings(DAY, range(48)) + readings(DAY, range(7, 8), kwh=0.6)
    bodies = [extract.body for rows in (conflict, readings(DAY, range(3))) for extract in cut_days(rows)]
    for result in packet_json.decode(bodies, datetime(2026, 1, 1, tzinfo=UTC)):
        assert isinstance(result, UnusableMessageError)


def test_equal_rows_may_come_twice() -> None:
    rows = readings(DAY, range(48)) * 2 + readings(DAY, range(3), kwh=math.nan)
    assert problems(cut_days(rows)) == [("line 1", "conflict")]
    assert problems(cut_days(rows[:-3])) == []


def test_rows_that_disagree_refuse_their_day_alone() -> None:
    rows = (
        readings(DAY, range(48))
        + readings(DAY + 1, range(48))
        + readings(DAY, range(7, 8), kwh=0.6, place=99)
    )
    extracts = cut_days(rows)
    assert [date for _, date in packets(extracts)] == ["2024-10-05"]
    (bad,) = (extract for extract in extracts if extract.code)
    assert (bad.code, bad.place) == ("conflict", "lines 1 to 99")
    assert "03:30 standard time, 0.5 and 0.6 kWh, the second in line 99" in bad.reason


def test_the_newer_of_two_rows_counts_whatever_their_order() -> None:
    old, new = readings(DAY, range(48), quality="E"), readings(DAY, range(48), kwh=0.6, updated_at=2)
    assert packets(cut_days(old + new)) == packets(cut_days(new + old)) == packets(cut_days(new))


def test_the_worst_flag_is_the_days_and_null_readings_are_null() -> None:
    rows = readings(DAY, range(46)) + readings(DAY, range(46, 47), quality="S")
    (packet,) = packets(cut_days(rows + readings(DAY, range(47, 48), quality="N"))).values()
    assert (packet["quality"], packet["import_kwh"][46:]) == ("S", [0.5, None])
    (nothing,) = packets(cut_days(readings(DAY, range(48), quality="N"))).values()
    assert (nothing["quality"], nothing["import_kwh"]) == ("N", [None] * 48)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"start": DAY * 86_400 + 600}, "begins at 00:10:00 standard time"),
        ({"minutes": 15}, "15 minutes in a day of 30-minute intervals"),
        ({"minutes": 10}, "10 minutes, must be 5, 15, 30 or 60"),
    ],
)
def test_intervals_that_do_not_fit_refuse_their_day(other: dict[str, int], words: str) -> None:
    rows = readings(DAY, range(48))
    rows.insert(9, rows[9]._replace(**other, place=42))  # type: ignore[arg-type]
    (bad,) = cut_days(rows)
    assert bad.code == "misaligned"
    assert words in bad.reason
    assert "line 42" in bad.reason


def test_days_that_were_opened_first_leave_first_and_memory_stays_bounded() -> None:
    cutter = DayCutter("line", 48 * 10)
    cutter.meet(HOUSE, Shift(0, 0.0))
    gone = 0
    for reading in (r for day in range(DAY, DAY + 200) for r in readings(day, range(48))):
        cutter.add(reading)
        gone += len(list(cutter.due()))
    assert gone == 190
    assert len(list(cutter.rest())) == 10


def test_what_comes_too_late_may_replace_a_day_whole_but_not_in_part() -> None:
    days = [r for day in range(DAY, DAY + 5) for r in readings(day, range(48))]
    extracts = cut_days(days + readings(DAY, range(30)), open_readings=100)
    assert [e.code for e in extracts if e.code] == ["come_apart"]
    again = cut_days(days + readings(DAY, range(48)), open_readings=100)
    assert len(again) == 6
    assert not problems(again)


ZONES = {
    "Australia/Sydney": (10.0, date(2025, 4, 4), date(2025, 10, 3)),
    "Australia/Lord_Howe": (10.5, date(2025, 4, 4), date(2025, 10, 3)),
    "America/New_York": (-5.0, date(2025, 11, 1), date(2025, 3, 8)),
    "Europe/Dublin": (0.0, date(2025, 10, 25), date(2025, 3, 29)),
    "America/Santiago": (-4.0, date(2025, 4, 4), date(2025, 9, 5)),
    "Asia/Kolkata": (5.5, date(2025, 4, 4), date(2025, 10, 3)),
}


HOURS_FIT = sorted(ZONES.keys() - {"Australia/Lord_Howe", "Asia/Kolkata"})


@given(
    name=st.sampled_from(sorted(ZONES)),
    autumn=st.booleans(),
    days=st.integers(1, 4),
    minutes=st.sampled_from([5, 15, 30, 60]),
    mark=st.sampled_from(["start", "end"]),
)
@example(name="Australia/Sydney", autumn=True, days=3, minutes=30, mark="start")
@example(name="Australia/Lord_Howe", autumn=True, days=3, minutes=30, mark="end")
@example(name="America/New_York", autumn=False, days=3, minutes=5, mark="end")
@settings(max_examples=40)
def test_rows_of_a_wall_clock_give_the_same_days_as_their_instants(
    name: str, autumn: bool, days: int, minutes: int, mark: str
) -> None:
    """Both changes of the clock, both hemispheres, and half an hour of it."""
    assume(minutes < 60 or name in HOURS_FIT)
    zone, (offset, *changes) = ZoneInfo(name), ZONES[name]
    starts = list(instants(zone, changes[0 if autumn else 1], days, minutes))
    rows = ["house_id,time,import_kwh,export_kwh\n"]
    for start in starts:
        stamp = start + (60 * minutes if mark == "end" else 0)
        written = datetime.fromtimestamp(stamp, zone).replace(tzinfo=None)
        drawn, sent = energies(start)
        rows.append(f"{HOUSE},{written.isoformat(' ')},{drawn},{sent}\n")
    columns = {"time": {"marks": mark}, "always": {"updated_at": UPDATED_AT, "unit": "kWh"}}
    extracts = cut_text("".join(rows), timezone=name, columns=columns)
    whole = expected(starts, offset, minutes)
    kept = {
        day: v
        for day, v in whole.items()
        if len(v["import_kwh"]) < 2 * sum(x is not None for x in v["import_kwh"])
    }
    found = {day: packet for (_, day), packet in packets(extracts).items()}
    assert found.keys() == kept.keys()
    for day, values in kept.items():
        assert {key: found[day][key] for key in values} == values
        assert found[day]["utc_offset_hours"] == offset
    assert [code for _, code in problems(extracts)] == ["part_of_a_day"] * (len(kept) < len(whole))
