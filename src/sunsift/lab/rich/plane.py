"""What one plane of panels makes of the light that reaches it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray
from sunsift.domain.sun import ALBEDO
from sunsift.lab.rich.sun import Light, Sun, pvlib_module

# No one measured the wind on the roofs; the breeze of a suburb. [m/s]
WIND: Final = 1.5
# Crystalline silicon loses 0.35 to 0.45 % a degree, by its data sheets.
HEAT_LOSS: Final = 0.0041


@dataclass(frozen=True, slots=True)
class PlaneLight:
    """Irradiance that enters the panels of a plane, each of shape (n * 48,) [W/m2].

    beam: straight from the sun and from close around it; the skyline can hide it. diffuse: all the rest.
    """

    beam: FloatArray
    diffuse: FloatArray


def plane_light(sun: Sun, light: Light, tilt: float, azimuth: float) -> PlaneLight:
    """Turn horizontal light onto a plane; tilt, azimuth: as in `House` [degrees].

    Source: Hay and Davies (1980) for the sky; the reflection at the glass by Snell's and Fresnel's laws after
    De Soto et al. (2006, doi 10.1016/j.solener.2005.06.010), all as in pvlib.
    """
    pvlib = pvlib_module()
    aoi = pvlib.irradiance.aoi(tilt, azimuth, sun.zenith, sun.azimuth)
    sky = pvlib.irradiance.haydavies(
        tilt, azimuth, light.dhi, light.dni, sun.extra, sun.zenith, sun.azimuth, return_components=True
    )
    ground = pvlib.irradiance.get_ground_diffuse(tilt, light.ghi, ALBEDO)
    glass = pvlib.iam.physical(aoi)
    straight = light.dni * np.maximum(np.cos(np.radians(aoi)), 0.0)
    beam = (straight + np.nan_to_num(sky["poa_circumsolar"])) * glass
    # Diffuse light comes from all sides; about a twentieth of it is reflected.
    diffuse = (np.nan_to_num(sky["poa_isotropic"]) + ground) * 0.95
    return PlaneLight(np.maximum(beam, 0.0), np.maximum(diffuse, 0.0))


def direct_current(irradiance: FloatArray, temperature: FloatArray) -> FloatArray:
    """Return the power of panels per kWp [kW/kWp].

    irradiance: that enters the panels [W/m2]; temperature: of the air [C]; both of one shape.
    Source: cell temperature by Faiman (2008, doi 10.1002/pip.813), power by PVWatts (Dobos 2014,
    NREL/TP-6A20-62641).
    """
    pvlib = pvlib_module()
    cell = pvlib.temperature.faiman(irradiance, temperature, WIND)
    power: FloatArray = np.maximum(pvlib.pvsystem.pvwatts_dc(irradiance, cell, 1.0, -HEAT_LOSS), 0.0)
    return power


def alternating_current(power: FloatArray, inverter_kw: float) -> FloatArray:
    """Return what an inverter makes of direct current [kW], at most inverter_kw; power: any shape [kW].

    Source: the efficiency curve of PVWatts (Dobos 2014), 96 % at its best and less at little load.
    """
    pvlib = pvlib_module()
    nominal = 0.96
    out = pvlib.inverter.pvwatts(power, inverter_kw / nominal, eta_inv_nom=nominal)
    made: FloatArray = np.clip(np.nan_to_num(out), 0.0, inverter_kw)
    return made
