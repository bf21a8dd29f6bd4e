"""Sunlight from elsewhere: irradiance that somebody measured, as the profiles of a region's days."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.ratio import over
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.domain.sun import ghi_clear, sun_vector
from sunsift.domain.sunlight import LOWEST_SUN, feed_profile


class Place(NamedTuple):
    """A position [degrees, north and east positive] and its standard time minus UTC [hours]."""

    latitude: float
    longitude: float
    utc_offset_hours: float


def middle_of(houses: Sequence[House]) -> Place:
    """Return the mean place of houses, at least one."""
    places = np.array([(h.latitude, h.longitude, h.utc_offset_hours) for h in houses])
    return Place(*places.mean(axis=0).tolist())


def index_of_ghi(place: Place, day: IntArray, ghi_w_m2: FloatArray) -> FloatArray:
    """Return the clear-sky index of hourly global horizontal irradiance, shape (n, 24) [1].

    day: shape (n,) [days since 1970-01-01, local standard time]. ghi_w_m2: mean of each hour, shape (n, 24)
    [W/m2], NaN where missing. NaN where it is missing and by night.
    """
    clear = _clear_ghi(place, day)
    return over(ghi_w_m2, clear)


def feed_profiles(place: Place, day: IntArray, index: FloatArray) -> dict[int, bytes]:
    """Return the profile of each day that tells at least one hour of sunlight.

    index: clear-sky index, shape (n, 24) [1], NaN where unknown. Hours of low sun say too little of a day,
    for irradiance as for exports, and count as unknown.
    """
    clear = _clear_ghi(place, day)
    high = clear > LOWEST_SUN * clear.max(axis=1, keepdims=True)
    told = np.where(high, index, np.nan)
    telling = np.isfinite(told).any(axis=1)
    return {int(day[row]): feed_profile(told[row]) for row in np.flatnonzero(telling).tolist()}


def _clear_ghi(place: Place, day: IntArray) -> FloatArray:
    """Return the mean irradiance of each hour under a clear sky, shape (n, 24) [W/m2]."""
    half_hours = ghi_clear(sun_vector(*place, day).up)
    mean: FloatArray = (half_hours[:, 0::2] + half_hours[:, 1::2]) / 2.0
    return mean
