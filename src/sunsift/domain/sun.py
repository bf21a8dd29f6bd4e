"""Where the sun stands, and what healthy panels would make under a clear sky."""

from typing import Final, NamedTuple

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray, IntArray

# Share of the nameplate rating that a healthy system delivers in full sun, after heat, dust, wiring and
# the inverter. Reich et al. (2012, doi 10.1002/pip.1219) and most field surveys find 0.75 to 0.85.
PERFORMANCE_RATIO: Final = 0.80
# Most roofs of the houses we know are pitched 15 to 25 degrees.
DEFAULT_TILT: Final = 20.0
# Reflection of the ground [1], the usual value for grass and suburbs.
ALBEDO: Final = 0.2
# Days from 1970-01-01 00:00 UTC to the epoch J2000.0 (2000-01-01 12:00).
_J2000: Final = 10957.5
# Below this height of the sun the beam is not extrapolated from the horizontal (as pvlib's
# min_cos_zenith), since both would be divided by nearly nothing.
_MIN_COS_ZENITH: Final = 0.065
_SLOT_HOURS: Final = (np.arange(SLOTS) + 0.5) * 24.0 / SLOTS


class SunVector(NamedTuple):
    """Direction to the sun in the middle of each half-hour; each part has shape (n, 48), unit length.

    up is the cosine of the zenith, negative below the horizon.
    """

    east: FloatArray
    north: FloatArray
    up: FloatArray


def sun_vector(latitude: float, longitude: float, utc_offset_hours: float, day: IntArray) -> SunVector:
    """Return the direction to the sun for days of local standard time.

    latitude, longitude: north and east positive [degrees]. utc_offset_hours: local standard time minus
    UTC [hours]. day: shape (n,) [days since 1970-01-01].

    Source: the low-precision solar coordinates of the Astronomical Almanac (Michalsky 1988,
    doi 10.1016/0038-092X(88)90045-X), good to 0.01 degrees, taken once a day at local noon. The
    declination moves by at most 0.2 degrees from noon to midnight, which bounds the error by day.
    Refraction is left out (0.6 degrees at the horizon, 0.1 at 10 degrees).
    """
    since = day - _J2000 + (12.0 - utc_offset_hours) / 24.0
    mean_longitude = 280.460 + 0.9856474 * since
    anomaly = np.radians(357.528 + 0.9856003 * since)
    ecliptic = np.radians(mean_longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * since)
    sin_declination = np.sin(obliquity) * np.sin(ecliptic)
    cos_declination = np.sqrt(1.0 - sin_declination**2)[:, np.newaxis]
    right_ascension = np.degrees(np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic)))
    equation_of_time = (mean_longitude - right_ascension + 180.0) % 360.0 - 180.0

    # The hour angle is a sum of a part of the day and a part of the slot, so that the sines and cosines
    # of n * 48 angles follow from those of n + 48 angles.
    of_day = np.radians(equation_of_time + longitude - 15.0 * utc_offset_hours)[:, np.newaxis]
    of_slot = np.radians(15.0 * (_SLOT_HOURS - 12.0))
    cos_hour = np.cos(of_day) * np.cos(of_slot) - np.sin(of_day) * np.sin(of_slot)
    sin_hour = np.sin(of_day) * np.cos(of_slot) + np.cos(of_day) * np.sin(of_slot)

    sin_latitude, cos_latitude = np.sin(np.radians(latitude)), np.cos(np.radians(latitude))
    along = cos_declination * cos_hour
    height = sin_declination[:, np.newaxis]
    return SunVector(
        east=-cos_declination * sin_hour,
        north=cos_latitude * height - sin_latitude * along,
        up=sin_latitude * height + cos_latitude * along,
    )


def solar_zenith(latitude: float, longitude: float, utc_offset_hours: float, day: IntArray) -> FloatArray:
    """Return the angle of the sun from straight up in the middle of each half-hour.

    Arguments and accuracy as in `sun_vector`. Result: shape (n, 48) [degrees], above 90 at night.
    """
    up = sun_vector(latitude, longitude, utc_offset_hours, day).up
    degrees: FloatArray = np.degrees(np.arccos(np.clip(up, -1.0, 1.0)))
    return degrees


def ghi_clear(cos_zenith: FloatArray) -> FloatArray:
    """Return the global horizontal irradiance under a clear sky [W/m2], zero at night.

    cos_zenith: any shape. Source: Haurwitz (1945, 1946), found the best of the models that need nothing
    but the zenith by Reno, Hansen and Stein (2012, SAND2012-2389).
    """
    height = np.maximum(cos_zenith, 1e-3)
    ghi: FloatArray = np.where(cos_zenith > 0.0, 1098.0 * height * np.exp(-0.059 / height), 0.0)
    return ghi


def diffuse_fraction(clearness: FloatArray) -> FloatArray:
    """Return the diffuse share of the horizontal irradiance [1] from the clearness index [1].

    Source: Erbs, Klein and Duffie (1982, doi 10.1016/0038-092X(82)90302-4).
    """
    k = np.clip(clearness, 0.0, 1.0)
    middle = 0.9511 + k * (-0.1604 + k * (4.388 + k * (-16.638 + k * 12.336)))
    fraction: FloatArray = np.where(k <= 0.22, 1.0 - 0.09 * k, np.where(k <= 0.80, middle, 0.165))
    return fraction


def poa_clear(sun: SunVector, azimuth: float, tilt: float) -> FloatArray:
    """Return the plane-of-array irradiance under a clear sky.

    azimuth: direction the panels face, clockwise from north [degrees]. tilt: from horizontal [degrees].
    Result: the shape of the parts of `sun` [W/m2]. Beam by geometry, sky diffuse isotropic
    (Liu and Jordan 1963), ground reflection with a constant albedo.
    """
    ghi = ghi_clear(sun.up)
    facing, lean = np.radians(azimuth), np.radians(tilt)
    height = np.maximum(sun.up, _MIN_COS_ZENITH)
    diffuse = ghi * diffuse_fraction(ghi / (1361.0 * height))
    cos_aoi = np.sin(lean) * (np.sin(facing) * sun.east + np.cos(facing) * sun.north) + np.cos(lean) * sun.up
    beam = (ghi - diffuse) * np.maximum(cos_aoi, 0.0) / height
    sky = diffuse * (1.0 + np.cos(lean)) / 2.0
    ground = ghi * ALBEDO * (1.0 - np.cos(lean)) / 2.0
    poa: FloatArray = beam + sky + ground
    return poa


def clear_sky_generation(
    latitude: float,
    longitude: float,
    utc_offset_hours: float,
    azimuth: float | None,
    tilt: float | None,
    day: IntArray,
) -> FloatArray:
    """Return what healthy panels make under a clear sky, per kWp and half-hour of local standard time.

    azimuth, tilt: as in `House` [degrees]; where unknown, panels that face the equator and are pitched
    DEFAULT_TILT. day: shape (n,) [days since 1970-01-01]. Result: shape (n, 48) [kWh/kWp], exactly zero
    at night. Unshaded; the clear-sky model alone is good to about 10 % in most climates.
    """
    sun = sun_vector(latitude, longitude, utc_offset_hours, day)
    if azimuth is None:
        azimuth = 0.0 if latitude < 0.0 else 180.0
    poa = poa_clear(sun, azimuth, DEFAULT_TILT if tilt is None else tilt)
    generation: FloatArray = poa * (PERFORMANCE_RATIO / 1000.0 * 24.0 / SLOTS)
    return generation
