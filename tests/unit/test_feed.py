"""Irradiance from elsewhere as profiles, and profiles in short."""

import numpy as np
import pytest

from sunsift.domain.errors import StoreError
from sunsift.domain.feed import Place, feed_profiles, index_of_ghi, middle_of
from sunsift.domain.profile_summary import ProfileSummary, Source, summarise
from sunsift.domain.readings import FloatArray
from sunsift.domain.sun import ghi_clear, sun_vector
from sunsift.domain.sunlight import (
    NO_SENSOR,
    UNKNOWN,
    clearsky_index,
    feed_profile,
    measure_profiles,
    read_profiles,
)
from tests.support.build import FIRST_DAY, a_house, days_of

SYDNEY = Place(-33.9, 151.2, 10.0)
DAY = FIRST_DAY + np.arange(3)
HOURS = np.arange(24)


def clear_hours() -> FloatArray:
    half_hours = ghi_clear(sun_vector(*SYDNEY, DAY).up)
    return (half_hours[:, 0::2] + half_hours[:, 1::2]) / 2.0


def test_half_the_irradiance_of_a_clear_sky_is_half_its_index() -> None:
    index = index_of_ghi(SYDNEY, DAY, 0.5 * clear_hours())
    assert index[:, 12] == pytest.approx(0.5)
    assert np.isnan(index[:, 0]).all(), "the night has no index"


def test_missing_hours_are_missing() -> None:
    ghi = clear_hours()
    ghi[1, 10:14] = np.nan
    profile = feed_profiles(SYDNEY, DAY, index_of_ghi(SYDNEY, DAY, ghi))[FIRST_DAY + 1]
    steps = read_profiles([profile], b"")[0]
    assert (steps[10:14] == UNKNOWN).all()
    assert steps[9] != UNKNOWN


def test_hours_of_low_sun_count_as_unknown() -> None:
    profiles = feed_profiles(SYDNEY, DAY, np.full((3, 24), 0.7))
    told = read_profiles(list(profiles.values()), b"") != UNKNOWN
    assert told[:, 9:15].all()
    assert not told[:, HOURS < 6].any()
    assert not told[:, HOURS > 18].any()


def test_a_day_that_tells_nothing_has_no_profile() -> None:
    index = np.full((3, 24), np.nan)
    index[2, 12] = 1.0
    index[1, 0] = 1.0
    assert list(feed_profiles(SYDNEY, DAY, index)) == [FIRST_DAY + 2]


def test_a_house_sees_what_was_measured() -> None:
    [profile, *_] = feed_profiles(SYDNEY, DAY, np.full((3, 24), 0.7)).values()
    assert clearsky_index(a_house(), [profile])[0][0] == pytest.approx(0.7)


def test_a_region_lies_in_the_middle_of_its_houses() -> None:
    houses = [a_house("a", latitude=-30.0, longitude=150.0), a_house("b", latitude=-34.0, longitude=152.0)]
    assert middle_of(houses) == Place(-32.0, 151.0, 10.0)


@pytest.mark.parametrize(("homes", "told"), [(5, 5), (30, None)])
def test_a_fleet_in_short(homes: int, told: int | None) -> None:
    houses = [a_house(f"h{n}") for n in range(homes)]
    [profile] = measure_profiles(
        houses, [p for h in houses for p in days_of(h.house_id, FIRST_DAY, 1)]
    ).values()
    found = summarise(profile)
    assert (found.source, found.houses) == (Source.FLEET, told)
    assert found.mean_index is not None
    assert 0.5 < found.mean_index < 1.6


def test_other_sources_in_short() -> None:
    hours = np.full(24, np.nan)
    hours[[10, 11]] = 0.4, 0.6
    assert summarise(feed_profile(hours)) == ProfileSummary(Source.FEED, None, 0.5)
    assert summarise(NO_SENSOR) == ProfileSummary(Source.GEOMETRY, None, None)
    with pytest.raises(StoreError, match="damaged"):
        summarise(b"x")
