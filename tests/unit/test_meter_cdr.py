"""Energy usage of the Consumer Data Right: reads of registers become packets."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunsift.domain.extract import Extract
from sunsift.formats import packet_json
from sunsift.formats.meter import MeterFormat, cdr
from tests.support.meter import cut_text, packets, problems
from tests.support.nem12 import EXAMPLES

EXAMPLE = (EXAMPLES / "cdr_usage.json").read_bytes()
READS = json.loads(EXAMPLE)["data"]["reads"]
METER = "c1c1e2a0-5d50-4b0e-9f2e-6102000051aa"
HALF_HOURS = [i / 100 for i in range(48)]


def cut(document: Any) -> list[Extract]:
    return cut_text(document if isinstance(document, bytes) else json.dumps(document), MeterFormat.CDR)


def a_read(suffix: str = "E1", values: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a read of one day; `minutes` and `qualities` are of its intervals, the rest of the read."""
    values = HALF_HOURS if values is None else values
    intervals = {
        "readIntervalLength": changes.pop("minutes", 30),
        "aggregateValue": 1,
        "intervalReads": values,
    }
    if "qualities" in changes:
        intervals["readQualities"] = changes.pop("qualities")
    usual = {"servicePointId": "SP1", "registerSuffix": suffix, "readStartDate": "2025-11-01"}
    return usual | {"readUType": "intervalRead", "intervalRead": intervals} | changes


def both(**changes: Any) -> list[dict[str, Any]]:
    return [a_read("E1", **changes), a_read("B1", **changes)]


def test_the_example_cell_by_cell() -> None:
    extracts = cut(EXAMPLE)
    found = packets(extracts)
    assert problems(extracts) == [("read 7", "no_intervals")]
    assert sorted(found) == [(METER, f"2025-11-0{n}") for n in (1, 2, 3, 4)]
    values = {
        (r["registerSuffix"], r["readStartDate"]): r["intervalRead"]["intervalReads"] for r in READS[:6]
    }
    for n in (1, 2, 3, 4):
        packet = found[METER, f"2025-11-0{n}"]
        start, part = (f"2025-11-0{n}", slice(0, 48)) if n < 4 else ("2025-11-03", slice(48, 96))
        assert packet["import_kwh"] == values["E1", start][part]
        assert packet["export_kwh"] == [abs(v) for v in values["B1", start][part]]
        assert (packet["interval_minutes"], packet["utc_offset_hours"]) == (30, 10.0)
    assert [found[METER, f"2025-11-0{n}"]["quality"] for n in (1, 2, 3, 4)] == ["A", "S", "A", "F"]


def test_the_time_of_the_file_is_the_revision() -> None:
    """The standard does not say when readings changed."""
    before = datetime.now(UTC)
    (packet,) = packets(cut(both())).values()
    assert before <= datetime.fromisoformat(packet["updated_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"data": {"reads": both()}}),
        json.dumps({"data": {"reads": both()}}, indent=2),
        "\ufeff\r\n" + json.dumps({"reads": both()}),
        json.dumps({"energyUsageList": both()}),
        json.dumps(both()),
        "\n\n".join(map(json.dumps, both())),
        "\n".join(json.dumps({"data": {"reads": [read]}}) for read in both()),
    ],
)
def test_documents_may_be_wrapped_in_several_ways(text: str) -> None:
    extracts = cut(text.encode())
    assert problems(extracts) == []
    (packet,) = packets(extracts).values()
    assert packet["import_kwh"] == packet["export_kwh"] == HALF_HOURS


def test_units_registers_and_missing_values() -> None:
    reads = [
        a_read("E1", [100] * 47 + [None], unitOfMeasure="Wh"),
        a_read("E2", [0.5] * 48),
        a_read("B1", [-0.25] * 288, minutes=5),
    ]
    (packet,) = packets(cut(reads)).values()
    assert packet["import_kwh"] == [0.6] * 47 + [None]
    assert packet["export_kwh"] == [1.5] * 48


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"values": [0.1] * 47}, "wrong_length"),
        ({"values": [0.1] * 144, "minutes": 10}, "wrong_interval"),
        ({"values": []}, "no_intervals"),
        ({"values": ["a"] * 48}, "wrong_shape"),
        ({"values": [-0.1] * 47 + [0.1]}, "impossible"),
        ({"unitOfMeasure": "KVARH"}, "wrong_unit"),
        ({"servicePointId": ""}, "wrong_shape"),
        ({"registerSuffix": "Q1"}, "no_channel"),
        ({"readStartDate": "01/11/2025"}, "wrong_shape"),
        ({"readEndDate": "2025-10-31"}, "wrong_time"),
        ({"readEndDate": "9999-10-31"}, "wrong_time"),
        ({"qualities": [{"startInterval": 1, "endInterval": 49, "quality": "SUBSTITUTE"}]}, "wrong_quality"),
        ({"qualities": [{"startInterval": 1, "endInterval": 2, "quality": "GUESSED"}]}, "wrong_quality"),
        ({"intervalRead": None, "readUType": "basicRead", "basicRead": {"value": 1}}, "no_intervals"),
    ],
)
def test_a_bad_read_leaves_the_others_as_they_are(changes: dict[str, Any], code: str) -> None:
    bad = a_read("B1", **changes)
    reads = [
        *both(),
        *both(readStartDate="2025-11-02"),
        bad | {"servicePointId": changes.get("servicePointId", "SP2")},
    ]
    extracts = cut({"data": {"reads": reads}})
    assert problems(extracts) == [("read 5", code)]
    assert len(packets(extracts)) == 2
    (refused,) = [e for e in extracts if e.code]
    assert json.loads(refused.body)["registerSuffix"] == bad["registerSuffix"]


@pytest.mark.parametrize("suffix", ["E1", "B1"])
def test_a_register_without_the_other_way_would_wipe_it(suffix: str) -> None:
    """A page may end between the registers of a meter; pages of one file are put together."""
    (extract,) = cut({"data": {"reads": [a_read(suffix)]}})
    assert extract.code == "half_a_day"
    assert json.loads(extract.body) == a_read(suffix)


def test_a_day_of_a_long_read_goes_to_quarantine_as_a_read_of_its_own() -> None:
    long = a_read("E1", HALF_HOURS * 2, readEndDate="2025-11-02")
    extracts = cut([long, a_read("B1")])
    assert len(packets(extracts)) == 1
    (half,) = [e for e in extracts if e.code]
    again = cut([json.loads(half.body), a_read("B1", readStartDate="2025-11-02")])
    assert packets(again)["SP1", "2025-11-02"]["import_kwh"] == HALF_HOURS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"data": {"reads": [', "not_json"),
        (b"\xff\xfe{}", "not_json"),
        (b'{"data": {"plans": []}}', "wrong_shape"),
        (b'{"data": 3}', "wrong_shape"),
        (b"[" * 100_000, "not_json"),
    ],
)
def test_what_is_no_document_is_told(text: bytes, code: str) -> None:
    ((_, found),) = problems(cut(text))
    assert found == code


def test_a_document_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdr, "LARGEST_DOCUMENT_BYTES", 1000)
    (extract,) = cut(b'{\n"data":' + b" " * 50_000 + b"}")
    assert extract.code == "too_large"
    assert len(extract.body) <= 2000


@settings(max_examples=200)
@given(st.data())
def test_damaged_documents_are_told_and_crash_nothing(data: st.DataObject) -> None:
    text = bytearray(json.dumps({"data": {"reads": both()}}).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    extracts = cut(bytes(text))
    assert all(e.code == "" or e.reason for e in extracts)
    for entry in packet_json.decode([e.body for e in extracts if not e.code], datetime.now(UTC)):
        assert getattr(entry, "code", "") in {"", "impossible", "future", "too_old"}
