"""NEM12: every cell where it belongs, the newest copy of a day, and what is wrong told day by day."""

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sunsift.domain.extract import Extract
from sunsift.domain.readings import Packet
from sunsift.formats import packet_json
from sunsift.formats.meter import MeterFormat, MeterOptions, nem12
from sunsift.formats.meter import cut as cut_stream
from sunsift.formats.meter.channels import Gathering
from tests.support.build import FIRST_DAY, a_packet
from tests.support.meter import cut_text, packets, problems
from tests.support.nem12 import END, EXAMPLES, HEADER, NMI, UPDATED, block, day, file_of, nem12_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIMPLE = (EXAMPLES / "nem12_simple.csv").read_bytes()
HALF_HOURS = [f"{i / 100:.2f}" for i in range(48)]


def cut(text: bytes) -> list[Extract]:
    return cut_text(text, MeterFormat.NEM12)


def one(*records: str) -> dict[str, object]:
    """Return the one packet of a file without problems."""
    extracts = cut(file_of(*records))
    assert problems(extracts) == []
    (packet,) = packets(extracts).values()
    return packet


def test_a_day_becomes_a_packet() -> None:
    packet = one(block("E1"), day(), block("B1"), day([*HALF_HOURS[:-1], ""], updated="20251104021500"))
    assert packet == {
        "schema": 1,
        "id": packet["id"],
        "house_id": NMI,
        "date": "2025-11-01",
        "interval_minutes": 30,
        "import_kwh": [i / 100 for i in range(48)],
        "export_kwh": [*[i / 100 for i in range(47)], None],
        "quality": "A",
        "updated_at": "2025-11-03T16:15:00Z",
        "utc_offset_hours": 10.0,
    }


def test_the_same_file_gives_the_same_messages() -> None:
    assert cut(SIMPLE) == cut(SIMPLE)
    assert len({json.loads(e.body)["id"] for e in cut(SIMPLE)}) == 3


def test_units_and_registers() -> None:
    packet = one(
        block("E1", unit="wh", configuration="E1E2B1Q1"), day(["100"] * 48),
        block("E2", unit="MWH", configuration="E1E2B1Q1"), day(["0.0005"] * 47 + [""]),
        block("B1", unit="KWH", configuration="E1E2B1Q1"), day(["0.25"] * 48),
        block("Q1", unit="kVArh", configuration="E1E2B1Q1"), day(["9"] * 48),
    )  # fmt: skip
    assert packet["import_kwh"] == [0.6] * 47 + [None]
    assert packet["export_kwh"] == [0.25] * 48


def test_channels_of_several_lengths_meet_in_the_longest() -> None:
    five = [f"{i / 1000:.3f}" for i in range(288)]
    packet = one(block("E1", 5), day(["", *five[1:]]), block("B1", 15), day(["0.1"] * 96))
    assert packet["interval_minutes"] == 15
    assert packet["export_kwh"] == [0.1] * 96
    assert packet["import_kwh"] == [None, *[round((9 * i + 3) / 1000, 6) for i in range(1, 96)]]


def test_a_house_without_export_channel_exports_nothing_known() -> None:
    packet = one(block("E1", configuration="E1"), day())
    assert packet["export_kwh"] == [None] * 48


@pytest.mark.parametrize(
    ("records", "quality", "missing"),
    [
        ([day(quality="S14")], "S", []),
        ([day(quality="F14")], "F", []),
        ([day(quality="e52")], "E", []),
        ([day(quality="N")], "N", range(48)),
        ([day(quality="V"), "400,1,20,A,,", "400,21,48,F14,32,"], "F", []),
        ([day(quality="V"), "400,1,20,S14,32,", "400,21,48,F14,32,", "500,O,S1,20251101101500,1"], "S", []),
        ([day(quality="V"), "400,1,46,E52,,", "400,47,48,N,,"], "E", [46, 47]),
        ([day(quality="V"), "400,1,46,A,,", "400,47,48,N,,"], "A", [46, 47]),
        ([day(quality="A"), "400,1,48,A,79,"], "A", []),
    ],
)  # fmt: skip
def test_quality_is_the_worst_of_the_readings(records: list[str], quality: str, missing: list[int]) -> None:
    packet = one(block("E1"), *records, block("B1"), day())
    assert packet["quality"] == quality
    expected = [None if i in missing else i / 100 for i in range(48)]
    assert packet["import_kwh"] == expected


def test_the_newest_copy_of_a_day_wins_wherever_it_stands() -> None:
    old, new = day(["1"] * 48, updated="20251102000000"), day(["2"] * 48, updated="20251103000000")
    for pair in ([old, new], [new, old]):
        packet = one(block("E1"), *pair, block("B1"), day(updated="20251101000000"))
        assert (packet["import_kwh"], packet["updated_at"]) == ([2.0] * 48, "2025-11-02T14:00:00Z")


@pytest.mark.parametrize(
    ("record", "updated_at"),
    [
        (day(updated="20251109100000"), "2025-11-09T00:00:00Z"),
        (day(updated="202511091000"), "2025-11-09T00:00:00Z"),
        (day(updated="") + "20251108100000", "2025-11-08T00:00:00Z"),
        (day(updated=""), "2025-11-04T17:10:00Z"),
    ],
)
def test_a_record_without_update_time_has_the_load_time_or_the_files(record: str, updated_at: str) -> None:
    assert one(block("E1", configuration="E1"), record)["updated_at"] == updated_at


def test_lines_may_look_as_they_like() -> None:
    tidy = file_of(block("E1"), day(), block("B1"), day())
    text = (
        tidy.replace(b"\n", b",,\r\n\r\n")
        .replace(b"300,", b'"300",')
        .replace(b",A,,,", b',A,0,"a ""b"", c",')
    )
    assert [e.body for e in cut(b"\xef\xbb\xbf" + text)] == [e.body for e in cut(tidy)]
    assert [e.body for e in cut(tidy.rstrip())] == [e.body for e in cut(tidy)]


def test_files_put_behind_each_other() -> None:
    second = SIMPLE.replace(NMI.encode(), b"6102000002")
    assert [e.body for e in cut(SIMPLE + second)] == [e.body for e in cut(SIMPLE) + cut(second)]


# What is done to the second of three days, and what becomes of it. Its export is then half a day.
DAMAGE = {
    "a letter": ("0.07", "0.O7", "wrong_number"),
    "no number": ("0.07", "nan", "wrong_number"),
    "an exponent": ("0.07", "1e3", "wrong_number"),
    "two points": ("0.07", "0.0.7", "wrong_number"),
    "an endless number": ("0.07", "9" * 400, "wrong_number"),
    "negative": ("0.07", "-0.07", "impossible"),
    "a value too few": ("0.07,", "", "wrong_length"),
    "a value too many": ("0.07,", "0.07,0.07,", "wrong_length"),
    "no quality": (",A,", ",,", "wrong_quality"),
    "a strange quality": (",A,", ",X1,", "wrong_quality"),
    "varying without records 400": (",A,", ",V,", "wrong_quality"),
    "no date": ("20251102", "", "wrong_time"),
    "no such date": ("20251102", "20251131", "wrong_time"),
    "another date": ("20251102", "2/11/2025", "wrong_time"),
    "a strange update time": (UPDATED, "2025-11-03", "wrong_time"),
    "an impossible update time": (UPDATED, "20251103026500", "wrong_time"),
    "bytes": ("0.07", "\xff\xfe", "wrong_number"),
    "288 values": (",".join(HALF_HOURS), ",".join(HALF_HOURS * 6), "wrong_length"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_one_bad_record_leaves_the_others_as_they_are(kind: str) -> None:
    before, after, code = DAMAGE[kind]
    dates = ("20251101", "20251102", "20251103")
    bad = day(date="20251102").replace(before, after, 1)
    assert bad != day(date="20251102")
    text = file_of(
        block("E1"), day(date=dates[0]), bad, day(date=dates[2]),
        block("B1"), *[day(date=d) for d in dates],
    ).decode().encode("latin-1")  # fmt: skip
    extracts = cut(text)
    found = packets(extracts)
    assert {(NMI, "2025-11-01"), (NMI, "2025-11-03")} <= found.keys()
    assert (NMI, "2025-11-02") not in found
    broken, half = [e for e in extracts if e.code]
    assert (broken.code, broken.place) == (code, "line 4")
    assert NMI in broken.reason
    assert broken.body.splitlines()[1] == bad.encode("latin-1")
    assert (half.code, half.place) == ("half_a_day", "line 8")
    assert "B1 came without E1" in half.reason
    assert half.body.decode().splitlines() == [block("B1"), day(date="20251102")]


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (["400,0,48,A,,"], "wrong_quality"),
        (["400,1,49,A,,"], "wrong_quality"),
        (["400,48,1,A,,"], "wrong_quality"),
        (["400,1,40,A,,"], "wrong_quality"),
        (["400,1,48,V,,"], "wrong_quality"),
        (["400,1,48"], "wrong_quality"),
        (["400,one,48,A,,"], "wrong_quality"),
    ],
)
def test_records_400_must_make_sense(records: list[str], code: str) -> None:
    ((_, found),) = problems(cut(file_of(block("E1", configuration="E1"), day(quality="V"), *records)))
    assert found == code


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (block("E1", minutes=10), "wrong_interval"),
        (block("E1", unit="kVArh"), "wrong_unit"),
        (block("E1", nmi=""), "wrong_record"),
        (block("E1", nmi="6102-00001"), "wrong_record"),
        ("200,6102000001,E1B1", "wrong_record"),
    ],
)
def test_a_bad_record_200_is_told_to_each_of_its_days(header: str, code: str) -> None:
    extracts = cut(
        file_of(header, day(), day(date="20251102"), block("E1", configuration="E1", nmi="6102000009"), day())
    )
    assert [c for _, c in problems(extracts)] == [code] * 3
    assert extracts[1].body.decode().splitlines() == [header, day()]
    assert list(packets(extracts)) == [("6102000009", "2025-11-01")]


def test_net_readings_alone_are_refused_once() -> None:
    extracts = cut(file_of(block("N1", configuration="N1"), day(), day(date="20251102")))
    assert [(e.place, e.code) for e in extracts] == [("line 2", "no_channel")]
    assert "net" in extracts[0].reason


def test_records_out_of_place() -> None:
    assert problems(cut(file_of(day(), "400,1,48,A,,", "250,1,2", "rubbish"))) == [
        (f"line {n}", "wrong_record") for n in (2, 3, 4, 5)
    ]


def test_a_file_without_beginning_or_end_is_used_and_said() -> None:
    whole = file_of(block("E1"), day(), block("B1"), day())
    headless = whole.removeprefix(HEADER.encode() + b"\n")
    assert problems(cut(headless)) == [("line 1", "wrong_record")]
    endless = whole.removesuffix(END.encode() + b"\n")
    assert problems(cut(endless)) == [("line 5", "cut_off")]
    assert packets(cut(headless)) == packets(cut(endless)) == packets(cut(whole))


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nem12, "LONGEST_LINE_BYTES", 1000)
    extracts = cut(file_of("300," + "1," * 4000, block("E1", configuration="E1"), day()))
    assert problems(extracts) == [("line 2", "too_large")]
    assert len(extracts[0].body) == 1000
    assert len(packets(extracts)) == 1


def test_nem13_is_refused_whole() -> None:
    (extract,) = cut((EXAMPLES / "nem13.csv").read_bytes())
    assert (extract.code, extract.place) == ("no_intervals", "line 1")
    assert "NEM13" in extract.reason


def test_blocks_of_a_meter_may_be_apart() -> None:
    meters = [f"610200000{n}" for n in range(5)]
    records = [r for way in ("E1", "B1") for nmi in meters for r in (block(way, nmi=nmi), day())]
    extracts = cut(file_of(*records))
    assert problems(extracts) == []
    assert sorted(house for house, _ in packets(extracts)) == meters


def test_packets_come_while_the_file_is_read() -> None:
    """However long a file is, no more than one meter of it is held."""
    meters = [f"61020{n:05}" for n in range(300)]
    blocks = [f"{block(way, nmi=nmi)}\n{day()}\n" for nmi in meters for way in ("E1", "B1")]
    stream = io.BufferedReader(io.BytesIO(file_of() + "".join(blocks).encode()), 1)
    a_meter = 2 * len(blocks[0])
    for number, extract in enumerate(cut_stream(MeterFormat.NEM12, stream, "long", MeterOptions()), 1):
        if not extract.code:
            assert stream.tell() <= len(file_of()) + (number + 1) * a_meter
    assert number == len(meters) + 1


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels further apart than the memory allows are told; the meter at hand is not torn apart."""
    monkeypatch.setattr(nem12, "Gathering", lambda: Gathering("line", 5000))
    apart = [f"610200000{n}" for n in range(9)]
    records = [r for way in ("E1", "B1") for nmi in apart for r in (block(way, nmi=nmi), day())]
    together = [
        r for way in ("E1", "B1") for r in (block(way, nmi="6102000099"), day(), day(date="20251102"))
    ]
    extracts = cut(file_of(*records[:18], *together, *records[18:]))
    found = packets(extracts)
    assert {("6102000099", "2025-11-01"), ("6102000099", "2025-11-02")} <= found.keys()
    assert {code for _, code in problems(extracts)} == {"half_a_day"}
    halves = [e.house_id for e in extracts if e.code]
    assert all(halves.count(nmi) == (0 if (nmi, "2025-11-01") in found else 2) for nmi in apart)
    assert len(halves) >= 8


packets_of_meters = st.lists(
    st.builds(
        a_packet,
        st.sampled_from(["6102000001", "6102000002", "VAAA000003"]),
        st.integers(FIRST_DAY, FIRST_DAY + 3),
        interval_minutes=st.sampled_from([5, 15, 30]),
        quality=st.sampled_from("ASFE"),
        revision=st.integers(0, 3),
        nulls=st.integers(0, 40),
    ),
    max_size=4,
    unique_by=lambda packet: (packet.house_id, packet.day),
)


@given(packets_of_meters, st.integers(1, 3), st.sampled_from(["\n", "\r\n", ",,\r\n\n"]))
def test_packets_come_back_as_they_were(given_packets: list[Packet], registers: int, end: str) -> None:
    extracts = cut(nem12_of(given_packets, registers, end))
    assert problems(extracts) == []
    back = packet_json.decode([e.body for e in extracts], NOW)
    assert {p for p in back if isinstance(p, Packet)} == set(given_packets)


@pytest.fixture(scope="module")
def examples() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(EXAMPLES.glob("nem12_*.csv"))}


@settings(max_examples=150)
@given(st.data())
def test_a_file_cut_anywhere_gives_nothing_that_the_whole_does_not(
    examples: dict[str, bytes], data: st.DataObject
) -> None:
    text = examples[data.draw(st.sampled_from(["nem12_simple.csv", "nem12_quality.csv"]))]
    part = text[: data.draw(st.integers(0, len(text) - 1))]
    whole = {e.body for e in cut(text) if not e.code}
    assert {e.body for e in cut(part) if not e.code} <= whole


any_bytes = st.binary(max_size=300)
records_of_bytes = st.lists(
    st.sampled_from([b"100,NEM12", b"200,6102000001,E1B1,1,E1,N1,M,kWh,30", b"300,20251101", b"400,1,48,A"])
    .flatmap(lambda start: st.binary(max_size=60).map(lambda rest: start + b"," + rest)),
    max_size=8,
).map(b"\n".join)  # fmt: skip


@settings(max_examples=300)
@given(any_bytes | records_of_bytes)
@example(b'200,"\n300,')
@example(b'"')
def test_any_bytes_are_told_and_crash_nothing(text: bytes) -> None:
    check_told(cut(text))


@settings(max_examples=100)
@given(st.data())
def test_damaged_files_are_told_and_crash_nothing(examples: dict[str, bytes], data: st.DataObject) -> None:
    text = bytearray(examples["nem12_quality.csv"])
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    check_told(cut(bytes(text)))


def check_told(extracts: list[Extract]) -> None:
    """Check that every extract is a packet, or says what is wrong."""
    for extract in extracts:
        assert extract.code == "" or extract.reason
    for entry in packet_json.decode([e.body for e in extracts if not e.code], NOW):
        assert getattr(entry, "code", "") in {"", "impossible", "future", "too_old"}
