"""Every scenario: repeatable, truthful about each day, and shaped like what it is named for."""

from dataclasses import replace

import numpy as np
import pytest

from sunsift.domain.readings import MISSING, FloatArray
from sunsift.lab.inject import FAULTS, HEALTHY, MUST_NOT_ALARM, SCENARIOS, inject
from sunsift.lab.inject.decline import SHADE_DEPTH
from sunsift.lab.inject.outages import NOON_HOURS, OUTAGE_DAYS
from sunsift.lab.inject.scene import RAINY_UPTO, Scene, brightness, dead_when_metered
from sunsift.lab.inject.site import EXPANSION, NAMEPLATE
from tests.support.homes import a_metered_home

HOME = a_metered_home(days=365)
SEEDS = range(5)


def left_of(scene: Scene) -> FloatArray:
    """Return each day's made over healthy energy."""
    share: FloatArray = scene.generation_kwh.sum(axis=1) / scene.healthy_kwh.sum(axis=1)
    return share


def exports_kwh(scene: Scene) -> FloatArray:
    exported: FloatArray = scene.record().watt_hours[:, 1] / 1000.0
    return exported


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_same_seed_same_scene_other_seed_other_scene(scenario: str) -> None:
    one, two, *others = (inject(HOME, scenario, seed).record() for seed in (3, 3, 4, 5, 6))
    assert one.packets() == two.packets()
    assert (one.house, one.fault) == (two.house, two.fault)
    np.testing.assert_array_equal(one.healthy_kwh, two.healthy_kwh)
    if scenario != HEALTHY:
        assert any((one.packets(), one.house) != (other.packets(), other.house) for other in others)


@pytest.mark.parametrize("scenario", FAULTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_takes_energy_on_the_days_it_acts_and_on_no_other(scenario: str, seed: int) -> None:
    scene = inject(HOME, scenario, seed)
    record = scene.record()
    assert scene.onset is not None
    np.testing.assert_array_equal(scene.healthy_kwh, HOME.generation_kwh)
    np.testing.assert_array_equal(scene.load_kwh, HOME.load_kwh)
    acting = np.array([word == scenario for word in record.fault])
    assert set(record.fault) <= {"", scenario}
    assert acting.any()
    assert not acting[: scene.onset].any()
    np.testing.assert_array_equal(record.performance()[~acting], 1.0)
    assert (record.performance()[acting] < 1.0).mean() > 0.9
    assert (record.performance() <= 1.0).all()


@pytest.mark.parametrize("scenario", MUST_NOT_ALARM)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_not_alarm_leaves_the_panels_healthy(scenario: str, seed: int) -> None:
    record = inject(HOME, scenario, seed).record()
    np.testing.assert_array_equal(record.performance(), 1.0)
    assert set(record.fault) == {""}
    healthy = inject(HOME, HEALTHY, seed).record()
    assert (record.packets(), record.house) != (healthy.packets(), healthy.house)


def test_as_metered_nothing_is_changed() -> None:
    assert inject(HOME, HEALTHY, 1).record().packets() == HOME.record().packets()


def test_no_such_scenario() -> None:
    with pytest.raises(ValueError, match="no such scenario: hail"):
        inject(HOME, "hail", 1)


@pytest.mark.parametrize("seed", range(12))
def test_an_outage_is_whole_and_lasts_as_long_as_it_says(seed: int) -> None:
    scene = inject(HOME, "outage", seed)
    out = np.flatnonzero(left_of(scene) < 1.0)
    assert (left_of(scene)[out] == 0.0).all()
    assert out[0] == scene.onset
    assert len(out) == out[-1] - out[0] + 1
    assert OUTAGE_DAYS[0] <= len(out) <= OUTAGE_DAYS[1]


@pytest.mark.parametrize(("scenario", "left"), [("string_half", 1 / 2), ("string_third", 2 / 3)])
def test_strings_stay_out(scenario: str, left: float) -> None:
    scene = inject(HOME, scenario, 2)
    assert left_of(scene)[scene.onset :] == pytest.approx(left)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_isolator_trips_after_rain(seed: int) -> None:
    scene = inject(HOME, "isolator", seed)
    out = left_of(scene) < 1.0
    begins = np.flatnonzero(out & ~np.concatenate(([False], out[:-1])))
    assert (brightness(scene.healthy_kwh)[begins] <= RAINY_UPTO).all()
    assert (left_of(scene)[out] == 0.0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_dirt_grows_until_rain_washes_it_off(seed: int) -> None:
    scene = inject(HOME, "soiling", seed)
    left = left_of(scene)
    rises = np.flatnonzero(np.diff(left) > 1e-9) + 1
    assert (brightness(scene.healthy_kwh)[rises] <= RAINY_UPTO).all()
    assert left.min() >= 0.5 - 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_takes_the_low_sun(seed: int) -> None:
    scene = inject(HOME, "shade", seed)
    share = scene.generation_kwh / np.where(scene.healthy_kwh > 0.0, scene.healthy_kwh, np.nan)
    assert 1.0 - SHADE_DEPTH[1] <= np.nanmin(share) <= 1.0 - SHADE_DEPTH[0]
    shaded = np.nan_to_num(share, nan=1.0) < 1.0
    early_or_late = max(shaded[:, 7:9].mean(), shaded[:, 15:17].mean())
    assert early_or_late > shaded[:, 12].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_voltage_trips_at_noon_of_clear_days(seed: int) -> None:
    scene = inject(HOME, "overvoltage", seed)
    row, slot = np.nonzero(scene.generation_kwh < scene.healthy_kwh)
    assert ((scene.hour[slot] > NOON_HOURS[0]) & (scene.hour[slot] < NOON_HOURS[1])).all()
    assert (brightness(scene.healthy_kwh)[row] >= 0.8).all()
    assert (scene.generation_kwh[row, slot] == 0.0).all()


def test_fading_never_turns_back() -> None:
    scene = inject(HOME, "degradation", 1)
    assert (np.diff(left_of(scene)[scene.onset :]) < 0.0).all()
    assert left_of(scene)[-1] > 0.4


def test_smoke_dims_one_region_on_the_same_days() -> None:
    here = [inject(a_metered_home(name, 365), "smoke", 1) for name in ("home-1", "home-2")]
    homes = [a_metered_home(name, 365) for name in ("home-1", "home-2")]
    dimmed = [
        scene.generation_kwh.sum(axis=1) / home.generation_kwh.sum(axis=1)
        for scene, home in zip(here, homes, strict=True)
    ]
    np.testing.assert_allclose(dimmed[0], dimmed[1])
    assert 10 <= (dimmed[0] < 1.0).sum() <= 26
    far = replace(homes[0], house=replace(homes[0].house, latitude=-27.5))
    elsewhere = inject(far, "smoke", 1).generation_kwh.sum(axis=1) / homes[0].generation_kwh.sum(axis=1)
    assert not np.allclose(elsewhere, dimmed[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_export_limit_is_never_passed(seed: int) -> None:
    scene = inject(HOME, "export_limit", seed)
    highest = exports_kwh(scene).max()
    assert highest < exports_kwh(inject(HOME, HEALTHY, seed)).max()
    assert (exports_kwh(scene) > highest - 0.002).sum() > 50
    if scene.house.export_limit_kw is not None:
        assert highest <= scene.house.export_limit_kw + 0.001


@pytest.mark.parametrize("seed", SEEDS)
def test_a_battery_moves_the_surplus_into_the_evening(seed: int) -> None:
    scene, plain = inject(HOME, "battery", seed), inject(HOME, HEALTHY, seed)
    assert scene.onset is not None
    after = slice(scene.onset + 1, None)
    assert exports_kwh(scene)[after].sum() < 0.95 * exports_kwh(plain)[after].sum()
    before = scene.record().watt_hours[: scene.onset]
    np.testing.assert_array_equal(before, plain.record().watt_hours[: scene.onset])
    gained = plain.load_kwh[after, 18:].sum() - scene.load_kwh[after, 18:].sum()
    assert gained > 0.0


def test_register_says_what_is_not_so() -> None:
    names = [inject(HOME, "nameplate", seed) for seed in range(20)]
    ratios = [scene.house.capacity_kwp / HOME.house.capacity_kwp for scene in names]
    assert NAMEPLATE[0] <= min(ratios) < 0.9
    assert 1.1 < max(ratios) <= NAMEPLATE[1]
    grown = inject(HOME, "expansion", 1)
    assert grown.house == HOME.house
    ratio = grown.generation_kwh.sum(axis=1) / HOME.generation_kwh.sum(axis=1)
    assert ratio[: grown.onset] == pytest.approx(1.0)
    assert EXPANSION[0] <= ratio[-1] <= EXPANSION[1]


@pytest.mark.parametrize(("scenario", "more"), [("ev", True), ("cooling", True), ("vacation", False)])
def test_people_change_the_load_alone(scenario: str, more: bool) -> None:
    scene = inject(HOME, scenario, 1)
    np.testing.assert_array_equal(scene.generation_kwh, HOME.generation_kwh)
    change = scene.load_kwh - HOME.load_kwh
    assert (change >= 0.0).all() if more else (change <= 0.0).all()
    assert np.abs(change).sum() > 20.0


def test_lost_readings_are_missing_and_their_truth_is_not() -> None:
    record = inject(HOME, "missing_days", 1).record()
    null = (record.watt_hours == MISSING).all(axis=(1, 2))
    assert null.sum() > 15
    assert [letter == "N" for letter in record.quality] == null.tolist()
    assert not np.isnan(record.generation_kwh).any()


def test_estimated_days_repeat_the_days_before() -> None:
    scene = inject(HOME, "estimated_reads", 1)
    record, truly = scene.record(), inject(HOME, HEALTHY, 1).record()
    guessed = np.array([letter == "E" for letter in record.quality])
    assert 5 <= guessed.sum() < 100
    np.testing.assert_array_equal(record.watt_hours[~guessed], truly.watt_hours[~guessed])
    first = int(np.argmax(guessed))
    expected = truly.watt_hours[first - 14 : first].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(record.watt_hours[first], expected, atol=0.5)


def test_a_home_that_was_dead_when_it_was_metered_has_no_truth_there() -> None:
    made = np.full((40, 24), 0.5)
    made[3:11] = 0.0
    made[20:22] = 0.0  # two dark days are weather
    assert np.flatnonzero(dead_when_metered(made)).tolist() == list(range(3, 11))
    record = inject(replace(HOME, day=HOME.day[:40], load_kwh=made, generation_kwh=made), HEALTHY, 1).record()
    assert np.flatnonzero(np.isnan(record.healthy_kwh)).tolist() == list(range(3, 11))
