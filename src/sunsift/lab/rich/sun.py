"""Where the sun stands over a place, and what of its light comes through, by pvlib's models.

All arrays here are flat, one value a half-hour, so that planes and places are plain vector arithmetic.
"""

import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import numpy as np

from sunsift.domain.errors import MissingExtraError
from sunsift.domain.readings import SLOTS, FloatArray, IntArray

# The sun is taken in the middle of each half-hour.
_HALF_SLOT_SECONDS: Final = 900
# Below this height no model tells beam from diffuse light; what little light there is counts as diffuse.
LOWEST_BEAM: Final = 3.0
ALTITUDE_M: Final = 50.0


def pvlib_module() -> ModuleType:
    """Return pvlib. Errors: MissingExtraError that says what to install."""
    try:
        import pvlib
    except ImportError as error:
        raise MissingExtraError("a rich fleet needs pvlib: pip install 'sunsift[lab]'") from error
    module: ModuleType = pvlib
    return module


@dataclass(frozen=True, slots=True)
class Sun:
    """The sun over one place, each of shape (n * 48,).

    zenith, azimuth: where it stands [degrees], refraction included. extra: beam above the atmosphere [W/m2].
    clear: global horizontal irradiance under a clear sky [W/m2].
    """

    zenith: FloatArray
    azimuth: FloatArray
    extra: FloatArray
    clear: FloatArray

    @property
    def height(self) -> FloatArray:
        """Angle over the horizon [degrees], negative at night."""
        return 90.0 - self.zenith


@dataclass(frozen=True, slots=True)
class Light:
    """Irradiance, each of shape (n * 48,) [W/m2]: global and diffuse on the horizontal, and the beam."""

    ghi: FloatArray
    dhi: FloatArray
    dni: FloatArray


def sun_over(latitude: float, longitude: float, utc_offset_hours: float, day: IntArray) -> Sun:
    """Return the sun over a place for days of local standard time; day: shape (n,) [days since 1970-01-01].

    Source: pvlib's implementation of Reda and Andreas (2004, doi 10.1016/j.solener.2003.12.003) for the
    position, and of Ineichen and Perez (2002, Solar Energy 73, 151-157) with the monthly turbidity of
    Remund et al. (2003) for the clear sky.
    """
    pvlib = pvlib_module()
    import pandas as pd

    slot = np.arange(SLOTS) * (86_400 // SLOTS) + _HALF_SLOT_SECONDS
    seconds = (day[:, np.newaxis] * 86_400 + slot).ravel() - round(utc_offset_hours * 3600.0)
    times = pd.DatetimeIndex(seconds.astype("datetime64[s]")).tz_localize("UTC")
    with warnings.catch_warnings():
        # pvlib asks pandas for a day of the year by a name that pandas wants to give up.
        warnings.simplefilter("ignore", DeprecationWarning)
        position = pvlib.solarposition.get_solarposition(times, latitude, longitude, altitude=ALTITUDE_M)
        turbidity = np.asarray(pvlib.clearsky.lookup_linke_turbidity(times, latitude, longitude))
        extra = np.asarray(pvlib.irradiance.get_extra_radiation(times), np.float64)
    zenith = position["apparent_zenith"].to_numpy(np.float64)
    airmass = pvlib.atmosphere.get_absolute_airmass(
        pvlib.atmosphere.get_relative_airmass(np.minimum(zenith, 89.9)), pvlib.atmosphere.alt2pres(ALTITUDE_M)
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # at night, where the result is zero
        clear = pvlib.clearsky.ineichen(zenith, airmass, turbidity, ALTITUDE_M, extra)["ghi"]
    return Sun(zenith, position["azimuth"].to_numpy(np.float64), extra, np.nan_to_num(np.asarray(clear)))


def light_of(sun: Sun, clearness: FloatArray) -> Light:
    """Return the light under clouds that let through a share of the clear sky's.

    clearness: shape (n * 48,), global horizontal irradiance as a share of the clear sky's.
    Source: the diffuse fraction of Erbs, Klein and Duffie (1982) without its steps: Driesse,
    Jensen and Perez (2024, doi 10.1016/j.solener.2023.112093), as in pvlib.
    """
    pvlib = pvlib_module()
    ghi = sun.clear * clearness
    parts = pvlib.irradiance.erbs_driesse(ghi, sun.zenith, dni_extra=sun.extra)
    low = sun.height < LOWEST_BEAM
    dhi = np.where(low, ghi, np.nan_to_num(parts["dhi"]))
    dni = np.where(low, 0.0, np.nan_to_num(parts["dni"]))
    return Light(ghi, dhi, dni)
