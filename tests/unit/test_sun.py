"""The sun stands where the almanac says, and panels make what a clear sky allows."""

from datetime import date

import numpy as np
import pytest

from sunsift.domain.readings import FloatArray, IntArray, day_number
from sunsift.domain.sun import (
    clear_sky_generation,
    diffuse_fraction,
    ghi_clear,
    poa_clear,
    solar_zenith,
    sun_vector,
)

SYDNEY = (-33.87, 151.21, 10.0)
MADRID = (40.42, -3.70, 1.0)
YEAR: IntArray = np.arange(day_number(date(2026, 1, 1)), day_number(date(2027, 1, 1)))


def on(year: int, month: int, day: int) -> IntArray:
    return np.array([day_number(date(year, month, day))])


def middle_of_light(place: tuple[float, float, float], day: IntArray) -> float:
    """Return the hour of solar noon as the centre of the light [h]."""
    light = ghi_clear(sun_vector(*place, day).up)[0]
    hours = (np.arange(48) + 0.5) / 2
    return float((light * hours).sum() / light.sum())


@pytest.mark.parametrize(
    ("place", "when", "noon"),
    [
        # Longitude 1.21 degrees east of the zone's meridian: 4.8 minutes early, then the equation of time.
        (SYDNEY, (2026, 2, 11), 11.919 + 14.2 / 60),
        (SYDNEY, (2026, 11, 3), 11.919 - 16.4 / 60),
        (MADRID, (2026, 6, 13), 13.247),
    ],
)
def test_solar_noon(place: tuple[float, float, float], when: tuple[int, int, int], noon: float) -> None:
    assert middle_of_light(place, on(*when)) == pytest.approx(noon, abs=1.5 / 60)


@pytest.mark.parametrize(
    ("place", "when", "zenith"),
    [
        (SYDNEY, (2026, 12, 22), 33.87 - 23.44),
        (SYDNEY, (2026, 6, 21), 33.87 + 23.44),
        (MADRID, (2026, 6, 21), 40.42 - 23.44),
        (MADRID, (2026, 3, 20), 40.42),
    ],
)
def test_noon_height(place: tuple[float, float, float], when: tuple[int, int, int], zenith: float) -> None:
    assert solar_zenith(*place, on(*when)).min() == pytest.approx(zenith, abs=0.6)


def test_day_length() -> None:
    up = sun_vector(*SYDNEY, np.concatenate((on(2026, 12, 22), on(2026, 6, 21), on(2026, 3, 20)))).up
    assert (up > 0).sum(axis=1) / 2 == pytest.approx([14.3, 9.8, 12.0], abs=0.51)


def test_direction_is_a_unit_vector_from_east_to_west() -> None:
    sun = sun_vector(*SYDNEY, YEAR)
    assert sun.east**2 + sun.north**2 + sun.up**2 == pytest.approx(np.ones((len(YEAR), 48)))
    assert (sun.east[:, 14] > 0).all()
    assert (sun.east[:, 34] < 0).all()
    assert sun.north[0, 24] < sun.north[180, 24]


def test_nothing_at_night_and_nothing_negative() -> None:
    made = clear_sky_generation(*SYDNEY, None, None, YEAR)
    assert made.shape == (len(YEAR), 48)
    assert (made[:, [0, 1, 2, 3, 44, 45, 46, 47]] == 0.0).all()
    assert (made >= 0.0).all()
    assert np.isfinite(made).all()


def test_a_clear_day_of_a_healthy_system() -> None:
    per_day = clear_sky_generation(*SYDNEY, None, None, YEAR).sum(axis=1)
    assert 6.0 < per_day.max() < 7.5
    assert 3.0 < per_day.min() < 4.2


@pytest.mark.parametrize("place", [SYDNEY, MADRID])
def test_unknown_panels_face_the_equator(place: tuple[float, float, float]) -> None:
    equator = 0.0 if place[0] < 0 else 180.0

    def year(azimuth: float | None) -> float:
        return float(clear_sky_generation(*place, azimuth, 20.0, YEAR).sum())

    assert year(None) == year(equator)
    assert year(None) > year(90.0) > year(180.0 - equator)
    assert year(90.0) == pytest.approx(year(270.0), rel=0.02)


def test_east_panels_peak_before_west_panels() -> None:
    def peak(azimuth: float) -> int:
        return int(clear_sky_generation(*SYDNEY, azimuth, 30.0, YEAR[:1]).argmax())

    assert peak(90.0) < peak(0.0) < peak(270.0)


def test_flat_panels_see_the_horizontal_irradiance() -> None:
    sun = sun_vector(*SYDNEY, YEAR)
    high = sun.up > 0.1
    assert poa_clear(sun, 77.0, 0.0)[high] == pytest.approx(ghi_clear(sun.up)[high])


def test_published_values() -> None:
    assert ghi_clear(np.array([1.0, 0.5, 0.0, -0.5])) == pytest.approx([1035.1, 487.9, 0.0, 0.0], abs=0.2)
    assert diffuse_fraction(np.array([0.0, 0.5, 1.0])) == pytest.approx([1.0, 0.659, 0.165], abs=0.001)


@pytest.mark.parametrize("latitude", [90.0, -90.0, 0.0, 66.6])
def test_every_latitude_gives_numbers(latitude: float) -> None:
    made: FloatArray = clear_sky_generation(latitude, 0.0, 0.0, None, None, YEAR)
    assert np.isfinite(made).all()


def test_a_day_does_not_depend_on_the_others() -> None:
    batch = clear_sky_generation(*SYDNEY, None, None, YEAR)
    alone = clear_sky_generation(*SYDNEY, None, None, YEAR[200:201])
    assert (batch[200] == alone[0]).all()
