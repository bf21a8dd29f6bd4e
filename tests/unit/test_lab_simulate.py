"""A simulated fleet: known faults, exact energy balance, equal bytes for equal seeds."""

import csv
import gzip
import json
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import MISSING, FloatArray, Packet, day_number
from sunsift.formats.houses_csv import read_houses
from sunsift.formats.packet_json import decode
from sunsift.lab.faults import KINDS, RECOVERED, draw_fault
from sunsift.lab.mail import read_packet_lines
from sunsift.lab.record import Record, limited, net_watt_hours
from sunsift.lab.simulate import simulate_fleet, simulate_records


@pytest.fixture(scope="module")
def fleet() -> list[Record]:
    return list(simulate_records(60, 90, seed=7))


def daily_net_kwh(record: Record) -> FloatArray:
    """Return imports minus exports a day, NaN for days with gaps."""
    watt_hours = np.where(record.watt_hours == MISSING, np.nan, record.watt_hours)
    net: FloatArray = (watt_hours[:, 0] - watt_hours[:, 1]).sum(axis=1) / 1000.0
    return net


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    results = [
        simulate_fleet(tmp_path / name / "fleet.jsonl.gz", 12, 40, seed=seed)
        for name, seed in (("one", 3), ("two", 3), ("other", 4))
    ]
    for field in ("packets", "houses_csv", "truth_csv"):
        one, two, other = (getattr(result, field).read_bytes() for result in results)
        assert one == two
        assert one != other


def test_files_say_what_the_records_say(tmp_path: Path) -> None:
    result = simulate_fleet(tmp_path / "fleet.jsonl.gz", 12, 40, seed=3, start=date(2024, 1, 1))
    records = list(simulate_records(12, 40, seed=3, start=date(2024, 1, 1)))
    packets = decode(list(read_packet_lines(result.packets)), datetime(2025, 1, 1, tzinfo=UTC))
    assert packets == [packet for record in records for packet in record.packets()]
    assert read_houses(result.houses_csv) == [record.house for record in records]
    with result.truth_csv.open() as file:
        truth = list(csv.DictReader(file))
    assert [row["fault"] for row in truth] == [word for record in records for word in record.fault]
    made = np.concatenate([record.generation_kwh for record in records])
    assert np.array([float(row["generation_kwh"]) for row in truth]) == pytest.approx(made, abs=0.0006)
    assert (result.houses, result.house_days) == (12, 480)
    assert result.null_days == sum(record.quality.count("N") for record in records)


def test_every_packet_is_what_the_packet_page_promises(tmp_path: Path) -> None:
    result = simulate_fleet(tmp_path / "fleet.jsonl.gz", 60, 31, seed=3)
    lines = gzip.decompress(result.packets.read_bytes()).splitlines()
    assert max(map(len, lines)) < 48 * 1024
    messages = [json.loads(line) for line in lines]
    assert len({message["id"] for message in messages}) == len(messages) == 60 * 31
    assert list(messages[0]) == [
        "schema",
        "id",
        "house_id",
        "date",
        "interval_minutes",
        "import_kwh",
        "export_kwh",
        "quality",
        "updated_at",
    ]
    decoded = decode(lines, datetime(2026, 11, 1, tzinfo=UTC))
    assert all(isinstance(packet, Packet) for packet in decoded)


def test_exports_minus_imports_are_generation_minus_load() -> None:
    rng = np.random.default_rng(5)
    load, generation = rng.gamma(1.0, 0.3, (2, 50, 48)).round(3)
    net = net_watt_hours(load, generation).astype(np.int64)
    exports_less_imports = (net[:, 1] - net[:, 0]).sum(axis=1)
    assert (exports_less_imports == np.rint((generation - load) * 1000).astype(np.int64).sum(axis=1)).all()
    assert (net.min(axis=1) == 0).all()


def test_switching_panels_off_adds_their_generation_to_the_net(fleet: list[Record]) -> None:
    healthy = simulate_records(60, 90, seed=7, faulty_share=0.0)
    compared = 0
    for broken, sound in zip(fleet, healthy, strict=True):
        if broken.house.battery or "outage" not in broken.fault:
            continue
        known = ~np.isnan(daily_net_kwh(broken)) & ~np.isnan(daily_net_kwh(sound))
        load = (daily_net_kwh(broken) + broken.generation_kwh)[known]
        dead = np.array(broken.fault)[known] == "outage"
        assert (load > 0).all()
        assert broken.generation_kwh[known][dead] == pytest.approx(0.0)
        assert daily_net_kwh(broken)[known][dead] == pytest.approx(load[dead])
        compared += int(dead.sum())
    assert compared > 100


def test_truth_follows_from_the_fault(fleet: list[Record]) -> None:
    for record in fleet:
        fault, performance = np.array(record.fault), record.performance()
        assert (performance[fault == ""] == 1.0).all()
        assert (performance[fault == "outage"] == 0.0).all()
        if not record.house.export_limit_kw and not record.house.battery:
            assert (performance[fault == "string"] < 0.95).all()
            assert (performance[fault == "soiling"] < 1.0).all()


def test_a_quarter_is_faulty_with_every_kind_of_fault_meter_and_house(fleet: list[Record]) -> None:
    faulty = [record for record in fleet if any(record.fault)]
    assert len(faulty) == 16
    recovered = [record for record in faulty if record.fault[-1] == ""]
    assert len(recovered) == 4
    assert {record.fault.count("outage") for record in recovered} == {30}
    assert Counter(record.fault[-1] for record in faulty) == {"": 4, "outage": 4, "string": 4, "soiling": 4}
    assert {record.interval_minutes for record in fleet} == {5, 15, 30, 60}
    assert sum(record.house.battery for record in fleet) >= 1
    assert sum(record.house.export_limit_kw is not None for record in fleet) >= 1
    assert all(1.5 <= record.house.capacity_kwp <= 10.0 for record in fleet)


def test_an_export_limit_holds(fleet: list[Record]) -> None:
    for record in fleet:
        if record.house.export_limit_kw is not None:
            exports = np.where(record.watt_hours == MISSING, 0, record.watt_hours)[:, 1]
            most = record.house.export_limit_kw * 1000 * record.interval_minutes / 60
            assert most - 1 <= exports.max() <= most + 1


def test_neighbours_share_the_weather_but_not_every_cloud(fleet: list[Record]) -> None:
    made = np.array(
        [
            record.healthy_kwh
            for record in fleet
            if record.house.region == "newcastle" and not any(record.fault)
        ]
    )
    alike = np.corrcoef(made)[np.triu_indices(len(made), 1)]
    assert np.median(alike) > 0.85
    assert alike.max() < 0.9999
    spread = made.mean(axis=0)
    assert spread.min() < 0.5 * spread.max()


def test_homes_are_as_sunny_and_as_hungry_as_real_ones(fleet: list[Record]) -> None:
    made = [record.healthy_kwh.mean() / record.house.capacity_kwp for record in fleet]
    used = [np.nanmean(daily_net_kwh(record) + record.generation_kwh) for record in fleet]
    assert 3.0 < float(np.median(made)) < 6.0
    assert 10.0 < float(np.median(used)) < 28.0


def test_some_readings_are_missing_and_null_days_have_quality_n(fleet: list[Record]) -> None:
    gaps = np.concatenate([(record.watt_hours == MISSING).any(axis=(1, 2)) for record in fleet])
    assert 0.002 < gaps.mean() < 0.05
    for record in fleet:
        null = (record.watt_hours == MISSING).all(axis=(1, 2))
        assert "".join("N" if lost else "A" for lost in null) == record.quality


@pytest.mark.parametrize("days", [1, 2, 3, 10, 29, 35, 90, 365])
@pytest.mark.parametrize("kind", KINDS)
def test_faults_fit_into_any_number_of_days(kind: str, days: int) -> None:
    for seed in range(20):
        fault = draw_fault(np.random.default_rng(seed), kind, days)
        assert fault.left.shape == (days, 2)
        assert len(fault.name) == days
        assert ((fault.left.mean(axis=1) < 1.0) == np.array([bool(word) for word in fault.name])).all()
        assert (fault.name[-1] == "") == (kind == RECOVERED and days > 1)


def test_small_fleets_and_single_days_work() -> None:
    (record,) = simulate_records(1, 1)
    assert len(record.packets()) == 1
    assert record.day[0] == day_number(date(2025, 9, 1))


def test_sizes_that_cannot_be(tmp_path: Path) -> None:
    for houses, days, share in ((0, 9, 0.1), (9, 0, 0.1), (9, 9, 1.5)):
        with pytest.raises(SunsiftError):
            list(simulate_records(houses, days, faulty_share=share))
    with pytest.raises(SunsiftError):
        simulate_fleet(tmp_path / "fleet.jsonl.gz", 0)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SunsiftError, match="cannot write"):
        simulate_fleet(tmp_path / "file" / "fleet.jsonl", 1, 1)


def test_no_limit_lets_everything_through(fleet: list[Record]) -> None:
    house = next(record.house for record in fleet if record.house.export_limit_kw is None)
    made = np.ones((2, 48))
    assert limited(made, made, house, 0.5) is made


def test_sixty_houses_of_ninety_days_take_seconds(tmp_path: Path) -> None:
    started = time.perf_counter()
    simulate_fleet(tmp_path / "fleet.jsonl.gz")
    assert time.perf_counter() - started < 3.0
