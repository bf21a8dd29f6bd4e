"""The physics verdict: dead houses are poor, healthy ones well, and doubt is said."""

from dataclasses import replace

import numpy as np
import pytest

from sunsift.domain.house import House
from sunsift.domain.period import Periods, ready_periods
from sunsift.domain.readings import Days, FloatArray
from sunsift.domain.rules import Rules
from sunsift.domain.status import Status
from sunsift.domain.sunlight import clear_sky_kwh
from sunsift.domain.verdict import Reason, Score
from sunsift.lab.evaluate.physics import WORDING, PhysicsModel

HOUSE = House(house_id="6102000001", capacity_kwp=5.0, latitude=-33.9, longitude=151.2, utc_offset_hours=10.0)
FIRST = 20_400
MODEL = PhysicsModel()


def load(count: int, seed: int, kwh_a_day: float = 18.0) -> FloatArray:
    """Return a household's load, shape (n, 48) [kWh]: a base, appliances and an evening peak."""
    rng = np.random.default_rng(seed)
    hours = np.arange(48) / 2.0
    shape = 0.5 + np.exp(-(((hours - 19.0) / 2.5) ** 2)) + 0.5 * np.exp(-(((hours - 7.5) / 1.5) ** 2))
    use = 0.4 + shape * rng.gamma(0.8, 1.0, (count, 48))
    return np.asarray(use / use.sum(axis=1).mean() * kwh_a_day)


def sky(count: int, seed: int) -> FloatArray:
    """Return the share of the clear sky's light, shape (n, 48): overcast, mixed and clear days."""
    rng = np.random.default_rng(seed + 1000)
    day = rng.choice([0.15, 0.6, 0.95], p=[0.2, 0.3, 0.5], size=(count, 1))
    return np.asarray(np.clip(day + 0.15 * rng.standard_normal((count, 48)), 0.05, 1.05))


def made(count: int, seed: int, house: House = HOUSE) -> FloatArray:
    """Return healthy generation, shape (n, 48) [kWh]."""
    clear = np.repeat(clear_sky_kwh(house, np.arange(FIRST, FIRST + count)) / 2.0, 2, axis=1)
    return np.asarray(clear * sky(count, seed))


def metered(use: FloatArray, generation: FloatArray, limit_kw: float = np.inf) -> Days:
    net = np.maximum(use - generation, -limit_kw / 2.0)
    count = len(net)
    return Days(
        day=np.arange(FIRST, FIRST + count),
        import_kwh=np.maximum(net, 0.0),
        export_kwh=np.maximum(-net, 0.0),
        usable=np.ones(count, np.bool_),
        has_data=np.ones(count, np.bool_),
    )


def periods_of(days: Days) -> Periods:
    return ready_periods(days, Rules(), int(days.day[0]), int(days.day[-1]))


def score(days: Days, house: House = HOUSE) -> list[Score]:
    return MODEL.score(house, days, periods_of(days))


def codes(one: Score) -> set[str]:
    return {reason.code for reason in one.reasons}


@pytest.mark.parametrize("seed", range(5))
def test_healthy_house_is_well(seed: int) -> None:
    scores = score(metered(load(60, seed), made(60, seed)))
    assert {s.verdict for s in scores} == {Status.WELL}
    assert all(s.performance > 0.85 and s.p_poor < 0.05 for s in scores)


@pytest.mark.parametrize("seed", range(5))
def test_dead_house_is_poor(seed: int) -> None:
    scores = score(metered(load(60, seed), np.zeros((60, 48))))
    assert {s.verdict for s in scores} == {Status.POOR}
    assert all(s.performance < 0.1 and s.p_poor > 0.95 and s.lost_kwh > 300.0 for s in scores)
    assert codes(scores[-1]) >= {"silent_days", "best_export"}


@pytest.mark.parametrize("seed", range(5))
def test_performance_falls_with_the_panels(seed: int) -> None:
    use, generation = load(40, seed), made(40, seed)
    shares = (1.0, 0.7, 0.4, 0.1)
    last = [score(metered(use, share * generation))[-1] for share in shares]
    assert [s.performance for s in last] == pytest.approx(shares, abs=0.12)
    assert last[0].p_poor < last[1].p_poor < last[2].p_poor <= last[3].p_poor
    assert last[2].verdict is Status.POOR


@pytest.mark.parametrize("seed", range(5))
def test_outage_is_found_within_days_and_not_before(seed: int) -> None:
    generation = made(60, seed)
    generation[45:] = 0.0
    days = metered(load(60, seed), generation)
    scores = dict(zip((periods_of(days).end - FIRST).tolist(), score(days), strict=True))
    assert all(scores[end].p_poor < 0.5 for end in range(29, 45))
    assert all(scores[end].p_poor > 0.5 for end in range(50, 60))
    assert scores[54].verdict is Status.POOR
    assert Reason("silent_days", 10) in scores[54].reasons
    assert scores[54].performance == pytest.approx(20 / 30, abs=0.1)


def test_long_outage_that_healed_is_told_apart() -> None:
    generation = made(45, 3)
    generation[20:32] = 0.0
    last = score(metered(load(45, 3), generation))[-1]
    assert last.verdict is Status.POOR
    assert Reason("outage_days", 12) in last.reasons


@pytest.mark.parametrize("registered", [1.5, None])
def test_export_limit_is_not_a_fault(registered: float | None) -> None:
    house = replace(HOUSE, export_limit_kw=registered)
    last = score(metered(load(40, 2), made(40, 2), limit_kw=1.5), house)[-1]
    assert last.verdict is not Status.POOR
    assert Reason("export_limit", 15) in last.reasons
    dead = score(metered(load(40, 2), np.zeros((40, 48)), limit_kw=1.5), house)[-1]
    assert dead.verdict is Status.POOR


def with_battery(use: FloatArray, generation: FloatArray, kwh: float) -> Days:
    """Return what the meter sees behind a battery that takes every surplus and serves every need."""
    net = use - generation
    stored = 0.0
    for cell in np.ndindex(net.shape):
        moved = float(np.clip(-net[cell], -stored, kwh - stored))
        stored += moved
        net[cell] += moved
    return metered(np.maximum(net, 0.0), np.maximum(-net, 0.0))


@pytest.mark.parametrize("flag", [True, False])
def test_battery_widens_the_estimate(flag: bool) -> None:
    days = with_battery(load(40, 4), made(40, 4), 13.0)
    last = score(days, replace(HOUSE, battery=flag))[-1]
    assert last.verdict is not Status.POOR
    assert "battery" in codes(last)
    assert last.performance_se > 0.2


def test_battery_that_swallows_every_surplus_is_not_an_outage() -> None:
    house = replace(HOUSE, capacity_kwp=3.0, battery=True)
    days = with_battery(load(60, 4, 20.0), made(60, 4, house), 30.0)
    assert days.export_kwh.max() == 0.0
    assert all(s.verdict is not Status.POOR for s in score(days, house))
    assert score(metered(load(60, 4, 20.0), np.zeros((60, 48))), house)[-1].verdict is Status.POOR


def test_heated_nights_do_not_pass_for_generation() -> None:
    use = load(40, 9)
    use[::3, :14] += 1.0
    use[::3, 34:] += 1.0
    last = score(metered(use, np.zeros((40, 48))))[-1]
    assert last.verdict is Status.POOR
    assert Reason("silent_days", 30) in last.reasons


def test_small_panels_behind_a_large_load_are_unknown() -> None:
    house = replace(HOUSE, capacity_kwp=1.0)
    use = load(40, 5, 12.0)
    use[:, 14:34] += np.random.default_rng(5).uniform(1.5, 3.0, (40, 20))
    last = score(metered(use, made(40, 5, house)), house)[-1]
    assert last.verdict is Status.UNKNOWN
    assert last.performance_se > 0.3
    assert "load_hides" in codes(last)


def test_missing_days_are_no_outage() -> None:
    days = metered(load(60, 6), made(60, 6))
    full = score(days)
    usable = days.usable.copy()
    usable[[40, 41, 42, 43, 44]] = False
    for values in (days.import_kwh, days.export_kwh):
        values[40:44] = np.nan
        values[44, :4] = np.nan
    holes = replace(days, usable=usable)
    assert all(s.verdict is Status.WELL for s in score(holes))
    assert len(score(holes)) == len(full)


def test_missing_readings_at_noon_are_no_outage() -> None:
    days = metered(load(40, 7), made(40, 7))
    for values in (days.import_kwh, days.export_kwh):
        values[30:, 23:27] = np.nan
    assert score(days)[-1].verdict is Status.WELL


def test_no_usable_day_is_unknown() -> None:
    days = metered(load(30, 8), made(30, 8))
    days = replace(days, usable=np.zeros(30, np.bool_))
    period = Periods(days.day[-1:], np.array([0]), np.array([29]), np.array([0]))
    last = MODEL.score(HOUSE, days, period)[0]
    assert (last.verdict, last.performance_se, last.lost_kwh) == (Status.UNKNOWN, 1.0, 0.0)
    assert last.reasons == (Reason("no_usable_days", 0),)


def random_days(seed: int) -> tuple[House, Days]:
    """Return a house with faults, gaps, unusable days and holes, all drawn from the seed."""
    rng = np.random.default_rng(seed)
    limit = float(rng.choice([np.inf, 2.0]))
    house = replace(
        HOUSE,
        capacity_kwp=float(rng.choice([1.0, 3.0, 6.6])),
        export_limit_kw=None if limit == np.inf else limit,
        battery=bool(rng.random() < 0.3),
    )
    generation = made(90, seed, house) * rng.choice([1.0, 0.6, 0.0], p=[0.6, 0.2, 0.2])
    generation[int(rng.integers(20, 120)) :] = 0.0
    days = metered(load(90, seed, float(rng.uniform(5.0, 40.0))), generation, limit)
    for values in (days.import_kwh, days.export_kwh):
        values[rng.random(values.shape) < 0.01] = np.nan
    kept = rng.random(90) > 0.04
    names = ("day", "import_kwh", "export_kwh", "usable", "has_data")
    days = Days(*(getattr(days, name)[kept] for name in names))
    return house, replace(days, usable=rng.random(len(days)) > 0.04)


@pytest.mark.parametrize("seed", range(12))
def test_alone_equals_batch_to_the_last_digit(seed: int) -> None:
    house, days = random_days(seed)
    periods = periods_of(days)
    batch = MODEL.score(house, days, periods)
    assert len(batch) == len(periods)
    for index, together in enumerate(batch):
        one = periods.take(np.arange(len(periods)) == index)
        assert MODEL.score(house, days, one) == [together]
        # Nothing outside the period's own rows is looked at: neither later days nor earlier ones.
        first, last = int(one.first_row[0]), int(one.last_row[0])
        names = ("day", "import_kwh", "export_kwh", "usable", "has_data")
        cut = Days(*(getattr(days, name)[first : last + 1] for name in names))
        moved = Periods(one.end, one.first_row - first, one.last_row - first, one.usable_days)
        assert MODEL.score(house, cut, moved) == [together]


@pytest.mark.parametrize("seed", range(12))
def test_scores_are_rounded_and_in_range(seed: int) -> None:
    for one in score(random_days(seed)[1], random_days(seed)[0]):
        assert one.p_poor == round(one.p_poor, 4)
        assert 0.0 <= one.p_poor <= 1.0
        assert one.performance == round(one.performance, 3)
        assert 0.0 <= one.performance <= 1.0
        assert one.performance_se == round(one.performance_se, 3)
        assert 0.0 < one.performance_se <= 1.0
        assert one.lost_kwh == round(one.lost_kwh, 1)
        assert one.lost_kwh >= 0.0
        assert 1 <= len(one.reasons) <= 3
        for reason in one.reasons:
            assert reason.code in WORDING
            assert -32768 <= reason.value <= 32767


def test_no_periods_no_scores() -> None:
    days = metered(load(10, 1), made(10, 1))
    assert score(days) == []


def test_reasons_are_told_in_plain_words() -> None:
    assert MODEL.explain(Reason("best_export", 3)) == (
        "On its best day it exported 3 % of what its panels could make under a clear sky."
    )
    assert "1.5 kW" in MODEL.explain(Reason("export_limit", 15))
    for code in WORDING:
        assert MODEL.explain(Reason(code, 7)).endswith(".")


def test_a_code_of_another_version_does_not_crash() -> None:
    assert MODEL.explain(Reason("shade_index", 1)) == "shade_index"
