"""A rich fleet: its files, its homes' table, its truth, and the data sets that it is made of."""

import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.readings import SLOTS, day_number
from sunsift.formats.houses_csv import read_houses
from sunsift.lab.datasets import SETTING, real_homes
from sunsift.lab.inject import FAULTS, HEALTHY
from sunsift.lab.metered import read_metered
from sunsift.lab.rich.check import Check, CheckResult, self_use
from sunsift.lab.rich.fleet import (
    HARMLESS,
    REAL_START,
    Ground,
    can_be_rich,
    deal_traits,
    find_ground,
    rich_houses,
    simulate_rich,
)
from sunsift.lab.rich.homes_files import HomesFiles
from sunsift.lab.rich.house import RichHouse, Traits, draw_house
from sunsift.lab.rich.household import LEAST_HOMES, diverted, real_load
from sunsift.lab.rich.picture import write_picture
from sunsift.lab.rich.regional import LOADS, REGION, RealLoads, read_loads, read_region
from sunsift.lab.simulate import simulate_records
from tests.support.region import write_region

DAYS = 40


@pytest.fixture
def no_data_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(tmp_path / "nothing"))


@pytest.fixture(scope="module")
def region_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_region(tmp_path_factory.mktemp("region"), DAYS)


@pytest.fixture
def real_ground(region_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setenv(SETTING, str(region_folder))
    return find_ground(1, DAYS)


def written(folder: Path, seed: int) -> list[bytes]:
    ground = find_ground(seed, 30)
    homes, readings = folder / "homes.csv", folder / "readings.parquet"
    with HomesFiles(homes, readings) as files:
        result = simulate_rich(folder / "fleet.jsonl.gz", ground, 6, seed=seed, homes=files)
    paths = (result.packets, result.houses_csv, result.truth_csv, homes, readings)
    return [path.read_bytes() for path in paths]


@pytest.mark.usefixtures("no_data_sets")
def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    assert not can_be_rich()
    one, two, other = (
        written(tmp_path / name, seed) for name, seed in (("one", 3), ("two", 3), ("other", 4))
    )
    assert one == two
    assert all(a != b for a, b in zip(one, other, strict=True))


@pytest.mark.usefixtures("no_data_sets")
def test_the_homes_table_says_what_the_packets_say(tmp_path: Path) -> None:
    ground = find_ground(2, 30)
    assert (ground.years, ground.real_load) == (None, False)
    homes, readings = tmp_path / "homes.csv", tmp_path / "readings.parquet"
    houses: list[RichHouse] = []
    told: list[tuple[int, int]] = []
    with HomesFiles(homes, readings) as files:
        result = simulate_rich(
            tmp_path / "fleet.jsonl",
            ground,
            20,
            seed=2,
            homes=files,
            watch=houses.append,
            progress=lambda done, total: told.append((done, total)),
        )
    assert told == [(done, 20) for done in range(1, 21)]
    assert read_houses(result.houses_csv) == [house.scene.house for house in houses]
    for house, home in zip(houses, read_metered(homes, readings), strict=True):
        record, scene = house.scene.record(), house.scene
        assert home.house == scene.house
        assert home.interval_minutes == scene.interval_minutes
        again = home.record()
        if not scene.estimated.any():
            known = (record.watt_hours < 65535) & (again.watt_hours < 65535)
            assert (record.watt_hours == again.watt_hours)[known].all()
            assert (known == (record.watt_hours < 65535)).all()
    assert {house.scene.interval_minutes for house in houses} == {30, 60}


@pytest.mark.usefixtures("no_data_sets")
def test_truth_is_told_day_by_day() -> None:
    houses = list(rich_houses(find_ground(5, 90), 40, seed=5, faulty_share=0.4))
    happened = Counter(house.traits.scenario for house in houses)
    assert set(happened) == {HEALTHY, *FAULTS, *HARMLESS}
    for house in houses:
        record = house.scene.record()
        performance, fault = record.performance(), np.array(record.fault)
        sound = fault == ""
        assert performance[sound & ~np.isnan(performance)] == pytest.approx(1.0)
        if house.traits.scenario in FAULTS:
            assert set(fault) <= {"", house.traits.scenario}
        else:
            assert sound.all()
        if house.traits.scenario == "outage":
            assert (performance[~sound & ~np.isnan(performance)] == 0.0).all()
            assert (~sound).any()


def test_without_pvlib_a_fleet_is_light(region_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(region_folder))
    assert can_be_rich()
    monkeypatch.setitem(sys.modules, "pvlib", None)
    assert not can_be_rich()
    assert len(list(simulate_records(2, 30))) == 2
    with pytest.raises(MissingExtraError, match=r"sunsift\[lab\]"):
        find_ground(1, DAYS)


def test_traits_come_in_their_shares() -> None:
    traits = deal_traits(1, 400, 0.24)
    scenarios = Counter(one.scenario for one in traits)
    assert all(scenarios[fault] == 12 for fault in FAULTS)
    assert all(scenarios[case] == 12 for case in HARMLESS)
    assert sum(one.battery for one in traits) == 32
    assert sum(one.export_limited for one in traits) == 40
    assert sum(one.interval_minutes == 60 for one in traits) == 100
    assert deal_traits(1, 50, 0.0) == deal_traits(1, 50, 0.0)
    assert all(one.scenario not in FAULTS for one in deal_traits(1, 50, 0.0))


def test_devices_leave_the_energy_balance_and_hold_limits(real_ground: Ground) -> None:
    place, load = real_ground.places[0], real_ground.load[0]

    def drawn(traits: Traits) -> RichHouse:
        rng = np.random.default_rng(12)
        return draw_house(rng, "h", real_ground.day, place, load, traits, 1)

    bare = drawn(Traits(interval_minutes=30)).scene
    limited = drawn(Traits(interval_minutes=30, export_limited=True)).scene
    exported = np.nan_to_num(limited.generation_kwh - limited.load_kwh)
    assert exported.max() < np.nan_to_num(bare.generation_kwh - bare.load_kwh).max()
    assert (exported >= exported.max() - 0.001).sum() > 20  # a flat top, day after day
    stored = drawn(Traits(interval_minutes=30, battery=True)).scene
    known = ~np.isnan(bare.load_kwh)
    gained = (stored.load_kwh - bare.load_kwh)[known]
    assert gained.min() < 0.0 < gained.max()
    assert gained.sum() >= -0.01  # a battery loses, it makes nothing
    car = drawn(Traits(interval_minutes=30, car=True)).scene
    assert np.nansum(car.load_kwh) > np.nansum(bare.load_kwh) + 5.0


def test_a_diverter_heats_with_surplus_only() -> None:
    rng = np.random.default_rng(1)
    load, made = rng.gamma(1.0, 0.2, (50, SLOTS)), rng.gamma(1.0, 0.5, (50, SLOTS))
    load[3, 20] = np.nan
    seen = diverted(rng, load, made)
    heated = np.nan_to_num(seen - load)
    assert np.isnan(seen[3, 20])
    assert (heated >= -1e-12).all()
    assert (heated <= np.nan_to_num(np.maximum(made - load, 0.0)) + 1e-12).all()
    assert 3.9 < heated.sum(axis=1).max() < 9.1


def test_loads_are_sums_of_homes_and_missing_stays_missing(region_folder: Path) -> None:
    day = day_number(REAL_START) + np.arange(DAYS)
    loads = read_loads(region_folder / LOADS, day, 0.8)
    assert len(loads.kwh) == 11
    assert "home-11" not in loads.kwh
    draw = real_load(loads)
    daily, gaps = [], []
    for seed in range(60):
        drawn = draw(np.random.default_rng(seed))
        daily.append(np.nanmean(drawn) * SLOTS)
        gaps.append(int(np.isnan(drawn).sum()))
    assert set(gaps) == {0, 10}
    assert 8.0 < min(daily) < 16.0 < max(daily) < 45.0
    few = RealLoads(loads.day, dict(list(loads.kwh.items())[:1]))
    assert real_load(few)(np.random.default_rng(0)).shape == (DAYS, SLOTS)
    assert len(few.kwh) < LEAST_HOMES


def test_a_fleet_makes_what_its_region_made(real_ground: Ground, tmp_path: Path) -> None:
    assert real_ground.years is not None
    assert real_ground.real_load
    check = Check()
    assert check.result(real_ground.years, []) is None
    for house in rich_houses(real_ground, 60, seed=6, faulty_share=0.0):
        check.add(house)
    found = check.result(real_ground.years, [])
    assert found is not None
    assert found.houses > 20
    assert found.half_hours > 0.98
    assert found.yields[0] == pytest.approx(found.yields[1], rel=0.1)
    assert {house.latitude < -32.0 for house in real_ground.places} == {True}
    pictures = [tmp_path / name for name in ("a.svg", "b.svg", "c.png")]
    for path in pictures:
        write_picture(found, path)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert b"<svg" in pictures[0].read_bytes()
    assert pictures[2].read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SunsiftError, match="png"):
        write_picture(found, tmp_path / "a.jpg")


def test_the_late_profile_is_read_in_time(region_folder: Path) -> None:
    years = read_region(region_folder / REGION)
    hour = (np.arange(SLOTS) + 0.5) / 2.0
    energy = years.generation_kwh_per_kwp.sum(axis=0)
    assert float((energy * hour).sum() / energy.sum()) == pytest.approx(12.0, abs=0.1)


def test_days_without_weather_are_refused(region_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(region_folder))
    assert can_be_rich()
    with pytest.raises(SunsiftError, match="known from 2012-07-01 to 2012-08-09 only"):
        find_ground(1, DAYS, date(2013, 1, 1))


def test_a_profile_with_gaps_is_refused(tmp_path: Path, region_folder: Path) -> None:
    table = pq.read_table(region_folder / REGION)
    pq.write_table(table.slice(0, 100), tmp_path / REGION)
    with pytest.raises(SunsiftError, match="whole days without gaps"):
        read_region(tmp_path / REGION)
    (tmp_path / REGION).write_bytes(b"nonsense")
    with pytest.raises(SunsiftError, match="cannot read"):
        read_region(tmp_path / REGION)


def test_a_broken_run_leaves_no_files(tmp_path: Path, real_ground: Ground) -> None:
    homes, readings = tmp_path / "h.csv", tmp_path / "r.parquet"
    with pytest.raises(SunsiftError, match="at least 1"), HomesFiles(homes, readings) as files:
        simulate_rich(tmp_path / "f.jsonl", real_ground, 0, homes=files)
    assert list(tmp_path.iterdir()) == []


def test_self_use_is_counted_by_the_hour() -> None:
    load, made = np.zeros((1, SLOTS)), np.zeros((1, SLOTS))
    load[0, 24], made[0, 25] = 1.0, 4.0
    assert self_use("a", load, made).own_share == pytest.approx(0.25)
    assert self_use("a", load, made).made_over_used == pytest.approx(4.0)


@pytest.fixture(scope="module")
def beside_reality() -> CheckResult:
    real = real_homes()
    ground = find_ground(1, 365)
    assert ground.years is not None
    assert ground.real_load
    check = Check()
    for house in rich_houses(ground, 40, seed=1, faulty_share=0.0):
        check.add(house)
    found = check.result(ground.years, read_metered(real.homes_csv, real.readings_parquet))
    assert found is not None
    return found


@pytest.mark.datasets
@pytest.mark.skipif(not can_be_rich(), reason=f"{SETTING} names no folder with the region's profile")
def test_the_real_region_is_met(beside_reality: CheckResult) -> None:
    assert beside_reality.half_hours > 0.95
    assert beside_reality.days > 0.97
    assert beside_reality.yields[0] == pytest.approx(beside_reality.yields[1], rel=0.1)
    assert 0.94 < beside_reality.house_hours < 0.985


@pytest.mark.datasets
@pytest.mark.skipif(not can_be_rich(), reason=f"{SETTING} names no folder with the region's profile")
def test_homes_use_as_much_of_their_own_as_real_ones(beside_reality: CheckResult) -> None:
    pairs = zip(beside_reality.real_self_use, beside_reality.like_real, strict=True)
    apart = [abs(home.own_share - like) for home, like in pairs]
    assert np.median(apart) < 0.15
