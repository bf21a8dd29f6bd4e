"""What one day shows the verdict from physics rests on that day alone."""

from dataclasses import fields, replace

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import Days, FloatArray
from sunsift.domain.sunlight import clear_sky_kwh
from sunsift.lab.evaluate.physics_features import DayFeatures, day_features, padded, window_rows

HOUSE = House(house_id="6102000001", capacity_kwp=5.0, latitude=-33.9, longitude=151.2, utc_offset_hours=10.0)
FIRST = 20_400


def days_of(load_kw: FloatArray, generation_kw: FloatArray) -> Days:
    """Build days from hourly load and generation, shape (n, 24) [kW]."""
    net = np.repeat((load_kw - generation_kw) / 2.0, 2, axis=1)
    count = len(net)
    return Days(
        day=np.arange(FIRST, FIRST + count),
        import_kwh=np.maximum(net, 0.0),
        export_kwh=np.maximum(-net, 0.0),
        usable=np.ones(count, np.bool_),
        has_data=np.ones(count, np.bool_),
    )


def clear(count: int) -> FloatArray:
    return clear_sky_kwh(HOUSE, np.arange(FIRST, FIRST + count))


def features(load: float, share: float, count: int = 3) -> DayFeatures:
    return day_features(HOUSE, days_of(np.full((count, 24), load), share * clear(count)))


def test_a_healthy_clear_day() -> None:
    day = features(load=0.4, share=1.0)
    peak = clear(3).max(axis=1)
    np.testing.assert_allclose(day.best_outflow, 1.0 - 0.4 / peak)
    np.testing.assert_allclose(day.best_outflow + day.night_load, 1.0)
    np.testing.assert_allclose(day.spread, 0.0, atol=1e-12)
    assert ((day.exported > 0.8) & (day.exported < 1.0)).all()
    assert day.held_off.all()
    assert not day.balanced.any()
    assert not day.flat.any()


def test_a_dead_day_has_no_headroom_and_no_export() -> None:
    day = features(load=0.4, share=0.0)
    np.testing.assert_allclose(day.best_outflow + day.night_load, 0.0, atol=1e-12)
    assert (day.exported == 0.0).all()
    assert not (day.held_off | day.flat).any()


def test_an_export_limit_makes_a_flat_top() -> None:
    generation = np.minimum(clear(3), 2.4)
    day = day_features(HOUSE, days_of(np.full((3, 24), 0.4), generation))
    assert day.flat.all()
    np.testing.assert_allclose(day.top_kw, 2.0)


def test_a_battery_holds_the_evening_at_zero() -> None:
    load = np.full((3, 24), 0.8)
    load[:, 17:24] = 0.01
    assert day_features(HOUSE, days_of(load, clear(3))).balanced.all()


def test_days_that_are_not_usable_say_nothing() -> None:
    days = replace(days_of(np.full((3, 24), 0.4), clear(3)), usable=np.array([True, False, True]))
    day = day_features(HOUSE, days)
    assert day.usable.tolist() == [True, False, True]
    assert np.isnan([day.best_outflow[1], day.night_load[1], day.exported[1], day.top_kw[1]]).all()
    assert day.clear_kwh[1] == 0.0


def test_missing_readings_are_passed_over() -> None:
    whole = days_of(np.full((1, 24), 0.4), clear(1))
    holes = whole.import_kwh.copy(), whole.export_kwh.copy()
    for values in holes:
        values[0, [2, 3, 16]] = np.nan
    day = day_features(HOUSE, replace(whole, import_kwh=holes[0], export_kwh=holes[1]))
    full = day_features(HOUSE, whole)
    assert day.usable.all()
    assert day.best_outflow == full.best_outflow
    assert day.night_load == full.night_load


def test_no_sun_and_no_night_is_not_usable() -> None:
    polar = replace(HOUSE, latitude=89.0)
    for load in (0.4, 0.0):
        day = day_features(polar, days_of(np.full((3, 24), load), np.zeros((3, 24))))
        assert not day.usable.any()


def test_a_row_rests_on_its_own_day() -> None:
    rng = np.random.default_rng(1)
    days = days_of(rng.gamma(2.0, 0.4, (60, 24)), clear(60) * rng.uniform(0.0, 1.0, (60, 1)))
    batch = day_features(HOUSE, days)
    for row in (0, 17, 59):
        names = ("day", "import_kwh", "export_kwh", "usable", "has_data")
        alone = day_features(HOUSE, Days(*(getattr(days, name)[row : row + 1] for name in names)))
        for field in fields(DayFeatures):
            assert getattr(alone, field.name)[0] == getattr(batch, field.name)[row], field.name


def test_window_rows_lie_by_date() -> None:
    days = days_of(np.zeros((6, 24)), np.zeros((6, 24)))
    gap = replace(days, day=FIRST + np.array([0, 1, 3, 4, 5, 9]))
    rows = window_rows(gap, np.array([FIRST + 5, FIRST + 9]), np.array([1, 3]), np.array([4, 5]), 6)
    assert rows.tolist() == [[6, 1, 6, 2, 3, 4], [3, 4, 6, 6, 6, 5]]


def test_padding_stands_for_dates_without_a_day() -> None:
    assert padded(np.array([1.0, 2.0]), -1.0).tolist() == [1.0, 2.0, -1.0]
