"""Panels by pvlib: what makes them make more or less, and the weather that is read back from them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sunsift.domain.readings import SLOTS, FloatArray, IntArray, day_number
from sunsift.domain.sun import clear_sky_generation
from sunsift.lab.rich.clearness import LOWEST_SUN, clearness_behind, of_many_roofs
from sunsift.lab.rich.neighbours import BRIGHTEST, over_house, town_clouds
from sunsift.lab.rich.roof import LEFT_BY_LOSSES, REACH_HEIGHT, REACH_SHARE, LitRoof, Roof, draw_skyline, lit
from sunsift.lab.rich.sun import Sun, light_of, sun_over

SYDNEY = (-33.9, 151.2, 10.0)
NO_SKYLINE = np.zeros(24)
SUMMER, WINTER = day_number(date(2012, 12, 20)), day_number(date(2012, 6, 20))


def sun_of(day: IntArray) -> Sun:
    return sun_over(*SYDNEY, day)


@pytest.fixture(scope="module")
def year() -> IntArray:
    return day_number(date(2012, 7, 1)) + np.arange(0, 365, 5)


@pytest.fixture(scope="module")
def sun(year: IntArray) -> Sun:
    return sun_of(year)


def a_roof(azimuth: tuple[float, ...] = (0.0,), *, inverter_kw: float = 10.0, opacity: float = 0.0) -> Roof:
    """A roof of 5 kWp, 20 degrees steep, in an open field."""
    planes = len(azimuth)
    return Roof(
        capacity_kwp=5.0,
        azimuth=azimuth,
        tilt=(20.0,) * planes,
        share=(1.0 / planes,) * planes,
        inverter_kw=inverter_kw,
        left=LEFT_BY_LOSSES[0],
        skyline=NO_SKYLINE,
        opacity=opacity,
    )


def put(roof: Roof, sun: Sun, clearness: float = 1.0, celsius: float = 18.0) -> LitRoof:
    light = light_of(sun, np.full(sun.zenith.shape, clearness))
    return lit(roof, sun, light, np.full(sun.zenith.shape, celsius))


def made(roof: Roof, sun: Sun, clearness: float = 1.0, celsius: float = 18.0) -> FloatArray:
    return put(roof, sun, clearness, celsius).generation()


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 270.0])
def test_a_clear_sky_gives_about_what_the_domain_expects(year: IntArray, sun: Sun, azimuth: float) -> None:
    ours = made(a_roof((azimuth,)), sun) / 5.0
    expected = clear_sky_generation(*SYDNEY, azimuth, 20.0, year)
    assert ours.sum() == pytest.approx(expected.sum(), rel=0.12)
    assert np.corrcoef(ours.ravel(), expected.ravel())[0, 1] > 0.99
    assert (ours.reshape(-1)[sun.height < -2.0] == 0.0).all()


def test_direction_decides_the_hours(sun: Sun) -> None:
    hour = (np.arange(SLOTS) + 0.5) / 2.0
    middles = []
    for azimuth in (90.0, 0.0, 270.0):
        energy = made(a_roof((azimuth,)), sun).sum(axis=0)
        middles.append(float((energy * hour).sum() / energy.sum()))
    east, north, west = middles
    assert east < north - 0.3 < north + 0.3 < west
    assert north == pytest.approx(11.95, abs=0.15)


def test_north_wins_in_winter_and_heat_costs(sun: Sun) -> None:
    winter = sun_of(WINTER + np.arange(5))
    assert made(a_roof((0.0,)), winter).sum() > 1.5 * made(a_roof((180.0,)), winter).sum()
    cool, hot = made(a_roof(), sun, celsius=10.0).sum(), made(a_roof(), sun, celsius=35.0).sum()
    assert hot / cool == pytest.approx(1.0 - 25 * 0.0041, abs=0.02)


def test_the_inverter_clips_and_nothing_else_does(sun: Sun) -> None:
    small, large = made(a_roof(inverter_kw=2.5), sun), made(a_roof(inverter_kw=10.0), sun)
    assert small.max() == pytest.approx(1.25)
    assert (small == 1.25).sum(axis=1).max() >= 6
    assert large.max() > 1.6
    dim = large < 0.6
    assert small[dim] == pytest.approx(large[dim], rel=0.05, abs=0.03)


def test_a_tree_in_the_east_takes_low_morning_suns_only() -> None:
    east = np.zeros(24)
    east[2:8] = 35.0  # from north-north-east to south-east
    summer, winter = (sun_of(first + np.arange(5)) for first in (SUMMER, WINTER))
    shaded = replace(a_roof(), skyline=east, opacity=1.0)
    for sun in (summer, winter):
        open_field, behind = made(a_roof(), sun), made(shaded, sun)
        assert behind[:, 26:] == pytest.approx(open_field[:, 26:], abs=0.01)
        assert behind[:, :18].sum() < 0.75 * open_field[:, :18].sum()
    losses = [1.0 - made(shaded, sun).sum() / made(a_roof(), sun).sum() for sun in (summer, winter)]
    assert losses[1] > 1.3 * losses[0]


def test_skylines_clear_as_many_suns_as_in_the_region() -> None:
    rng = np.random.default_rng(1)
    skylines = np.array([draw_skyline(rng) for _ in range(600)])
    for height, share in zip(REACH_HEIGHT[1:-1], REACH_SHARE[1:-1], strict=True):
        assert (skylines < height).mean() == pytest.approx(share, abs=0.05)


def test_a_lost_string_takes_its_own_plane_first() -> None:
    sun = sun_of(SUMMER + np.arange(5))
    house = put(a_roof((90.0, 270.0)), sun)
    whole, half, none = house.generation(), house.generation(0.5), house.generation(1.0)
    assert (none == 0.0).all()
    assert half == pytest.approx(made(a_roof((270.0,)), sun) / 2.0, rel=0.02, abs=0.02)
    assert half[:, :20].sum() / whole[:, :20].sum() < 0.42
    assert half[:, 28:].sum() / whole[:, 28:].sum() > 0.58


def test_the_weather_behind_a_region_is_found_again(sun: Sun) -> None:
    rng = np.random.default_rng(2)
    truth = rng.uniform(0.1, 1.05, sun.zenith.shape)
    celsius = rng.uniform(5.0, 35.0, truth.shape)
    generation = of_many_roofs(sun, light_of(sun, truth), celsius)
    found = clearness_behind(generation, sun, celsius)
    assert not np.isnan(found).any()
    seen = sun.height >= LOWEST_SUN
    assert of_many_roofs(sun, light_of(sun, found), celsius)[seen] == pytest.approx(
        generation[seen], abs=0.002
    )
    high = sun.height > 30.0
    assert found[high] == pytest.approx(truth[high], abs=0.03)


def test_neighbours_share_clouds_and_differ_around_the_region() -> None:
    rng = np.random.default_rng(3)
    shape = (60, SLOTS)
    region = np.repeat(rng.uniform(0.15, 1.0, (60, 1)), SLOTS, axis=1)
    clouds = town_clouds(rng, np.array([[0.0, 0.0], [10.0, 0.0], [150.0, 0.0]]), shape)
    homes = [[over_house(rng, region, town) for _ in range(12)] for town in clouds]
    assert np.mean(homes) == pytest.approx(region.mean(), abs=0.01)
    assert 0.0 < np.min(homes) < np.max(homes) <= BRIGHTEST
    apart = [[(home - region).ravel() for home in town] for town in homes]

    def alike(one: int, other: int) -> float:
        pairs = [np.corrcoef(apart[one][i], apart[other][j])[0, 1] for i in range(3) for j in range(6, 9)]
        return float(np.mean(pairs))

    assert 0.4 < alike(0, 0) < 0.7
    assert 0.2 < alike(0, 1) < alike(0, 0)
    assert abs(alike(0, 2)) < 0.1
    clear, mixed = region[:, 0] > 0.95, abs(region[:, 0] - 0.6) < 0.2
    deviation = np.array(apart).reshape(36, *shape).std(axis=(0, 2))
    assert deviation[mixed].mean() > 2.0 * deviation[clear].mean()
