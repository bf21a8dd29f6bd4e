"""The NEM12 examples, cell by cell, beside another reader of the format (nemreader).

It is the judge of where a cell belongs and what it holds. Where we differ on purpose: it keeps both copies of
a revised day; it keeps the values of intervals that are flagged as null (N); of a day with more values than
intervals it takes the first ones, where we refuse the record; it does not read a file with a byte order mark.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nemreader import NEMFile
from nemreader.nem_objects import Reading

from sunsift.formats.meter import MeterFormat
from tests.support.meter import cut_text, packets
from tests.support.nem12 import EXAMPLES, block, day, file_of

KWH = {"KWH": 1.0, "WH": 0.001, "MWH": 1000.0}
FILES = ["nem12_simple.csv", "nem12_many.csv", "nem12_quality.csv"]
Cells = dict[tuple[str, datetime, str], float | None]


def read(path: Path) -> dict[str, dict[str, list[Reading]]]:
    """Return their readings by house and channel."""
    lines = path.read_text("utf-8-sig").splitlines()
    readings: dict[str, dict[str, list[Reading]]] = NEMFile(path.name).parse_nem_file(lines).readings
    return readings


def theirs(path: Path, minutes_of: dict[str, int]) -> Cells:
    """Return import and export [kWh] by house and start, None where a part is missing."""
    cells: Cells = {}
    for nmi, by_channel in read(path).items():
        for channel, readings in by_channel.items():
            if channel[0] not in "EB":
                continue
            for reading in readings:
                start = reading.t_start
                minute = start.minute - start.minute % minutes_of[nmi]
                key = (nmi, start.replace(minute=minute), channel[0])
                before, value = cells.get(key, 0.0), None
                if reading.read_value is not None and (reading.quality_method or "")[:1] != "N":
                    value = reading.read_value * KWH[reading.uom.upper()]
                cells[key] = None if value is None or before is None else before + value
    return cells


def ours(path: Path) -> tuple[Cells, dict[str, int]]:
    cells: Cells = {}
    minutes_of = {}
    for (nmi, date), packet in packets(cut_text(path.read_bytes(), MeterFormat.NEM12)).items():
        minutes_of[nmi] = packet["interval_minutes"]
        for way, name in (("E", "import_kwh"), ("B", "export_kwh")):
            for index, value in enumerate(packet[name]):
                start = datetime.fromisoformat(date) + timedelta(minutes=index * minutes_of[nmi])
                cells[nmi, start, way] = value
    return cells, minutes_of


@pytest.mark.parametrize("name", FILES)
def test_every_cell_is_the_same(name: str) -> None:
    path = EXAMPLES / name
    cells, minutes_of = ours(path)
    expected = theirs(path, minutes_of)
    # A house without a channel has no such cells for them, and missing ones for us.
    absent = {key for key in cells.keys() - expected.keys() if cells[key] is None}
    assert cells.keys() - absent == expected.keys()
    assert len(expected) > 250
    for key, value in expected.items():
        assert cells[key] == (None if value is None else pytest.approx(value, abs=1e-9)), key


def test_of_a_revised_day_we_keep_the_newer_copy_and_they_keep_both() -> None:
    path = EXAMPLES / "nem12_revised.csv"
    cells, _ = ours(path)
    readings = read(path)["6102000031"]
    for channel, copies in readings.items():
        first_day = [r for r in copies if r.t_start.date().day == 1]
        assert len(first_day) == 96
        # The first 48 were changed a week after the others.
        newer = [cells["6102000031", r.t_start, channel[0]] for r in first_day[:48]]
        assert newer == pytest.approx([r.read_value for r in first_day[:48]])


def test_a_record_with_too_many_values_is_refused_by_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(file_of(block("E1", configuration="E1"), day(["0.5"] * 288)))
    assert len(read(path)["6102000001"]["E1"]) == 48
    (extract,) = cut_text(path.read_bytes(), MeterFormat.NEM12)
    assert extract.code == "wrong_length"
