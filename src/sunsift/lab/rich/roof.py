"""A roof with panels: its planes, its skyline, its inverter, and what it makes.

Shares and sizes, with their sources: docs/simulation.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray
from sunsift.lab.rich.plane import PlaneLight, alternating_current, direct_current, plane_light
from sunsift.lab.rich.sun import Light, Sun

# Systems as they were sold around 2010, and as they are sold now. [kWp]
SMALL_SHARE: Final = 0.25
SMALL_KWP: Final = (1.0, 2.2)
MODERN_KWP: Final = (3.0, 10.0)
# Directions of the first plane and their shares, of a southern roof; a northern one turns them round.
AZIMUTHS: Final = (0.0, 45.0, 315.0, 90.0, 270.0, 180.0)
AZIMUTH_SHARES: Final = (0.38, 0.15, 0.15, 0.14, 0.14, 0.04)
SECOND_PLANE_SHARE: Final = 0.4
TILT: Final = (22.0, 5.0)
# Panels may exceed their inverter by a third.
PANELS_OVER_INVERTER: Final = (1.0, 1.33)
# What dirt, mismatch, wiring, age and a generous nameplate leave, and how it scatters from house to house.
LEFT_BY_LOSSES: Final = (0.90, 0.05)
# On clear days a sun of this height [degrees] reaches this share of the roofs of the Ausgrid region.
REACH_HEIGHT: Final = (0.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 25.0, 30.0, 40.0)
REACH_SHARE: Final = (0.0, 0.04, 0.15, 0.35, 0.54, 0.69, 0.77, 0.87, 0.95, 1.0)
# Trees let a part of the beam through; their edge is soft [degrees].
OPACITY: Final = (0.6, 1.0)
SOFT_EDGE: Final = 1.5
SECTOR_DEGREES: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """Panels of one or two planes behind one inverter.

    azimuth, tilt, share: of each plane [degrees, degrees, of the capacity].
    inverter_kw: the most that comes out. left: share that the losses leave.
    skyline: height of what stands around the house, for each 15 degrees from north on, shape (24,) [degrees].
    opacity: share of the beam that it takes.
    """

    capacity_kwp: float
    azimuth: tuple[float, ...]
    tilt: tuple[float, ...]
    share: tuple[float, ...]
    inverter_kw: float
    left: float
    skyline: FloatArray
    opacity: float


def draw_roof(rng: np.random.Generator, southern: bool) -> Roof:
    """Draw a roof: small or modern, of one or two planes, more or less hemmed in."""
    small = rng.random() < SMALL_SHARE
    modern = float(np.clip(rng.lognormal(np.log(5.8), 0.35), *MODERN_KWP))
    capacity = round(float(rng.uniform(*SMALL_KWP)) if small else modern, 2)
    first = float(rng.choice(AZIMUTHS, p=AZIMUTH_SHARES))
    two = not small and rng.random() < SECOND_PLANE_SHARE
    # The second plane lies around a corner of the house.
    facing = np.array([first, first + float(rng.choice((-90.0, 90.0)))][: 1 + two])
    turned = 0.0 if southern else 180.0
    azimuth = (facing + float(rng.normal(0.0, 10.0)) + turned) % 360.0
    tilt = float(np.clip(rng.normal(*TILT), 5.0, 40.0))
    second = float(rng.uniform(0.3, 0.5)) if two else 0.0
    return Roof(
        capacity_kwp=capacity,
        azimuth=tuple(azimuth.round(1).tolist()),
        tilt=(round(tilt, 1),) * (1 + two),
        share=(1.0 - second, second)[: 1 + two],
        inverter_kw=capacity / float(rng.uniform(*PANELS_OVER_INVERTER)),
        left=float(np.clip(rng.normal(*LEFT_BY_LOSSES), 0.75, 1.05)),
        skyline=draw_skyline(rng),
        opacity=float(rng.uniform(*OPACITY)),
    )


def draw_skyline(rng: np.random.Generator) -> FloatArray:
    """Draw how high trees and houses stand around a roof, shape (24,) [degrees].

    Over many roofs, a sun of some height clears the share of skylines that REACH_SHARE says.
    """
    from scipy.special import ndtr

    sectors = round(360.0 / SECTOR_DEGREES)
    # A garden is open or hemmed in as a whole, and each tree fills some 45 degrees of it.
    rough = rng.standard_normal(sectors)
    trees = (np.roll(rough, -1) + rough + np.roll(rough, 1)) / np.sqrt(3.0)
    place = ndtr(np.sqrt(0.35) * rng.standard_normal() + np.sqrt(0.65) * trees)
    heights: FloatArray = np.interp(place, REACH_SHARE, REACH_HEIGHT)
    return heights


def sun_reaching(roof: Roof, sun: Sun) -> FloatArray:
    """Return the share of the beam that the skyline lets through, shape (n * 48,)."""
    sectors = len(roof.skyline)
    where = np.arange(sectors + 1) * SECTOR_DEGREES
    edge = np.interp(sun.azimuth % 360.0, where, np.append(roof.skyline, roof.skyline[0]))
    hidden = 1.0 / (1.0 + np.exp(np.clip((sun.height - edge) / SOFT_EDGE, -30.0, 30.0)))
    reaching: FloatArray = 1.0 - roof.opacity * hidden
    return reaching


@dataclass(frozen=True, slots=True)
class LitRoof:
    """A roof in some years' light, ready to say what it makes with all or some of its panels.

    planes: the light on each; reaching: share of the beam that the skyline lets through, shape (n * 48,).
    temperature: of the air, shape (n * 48,) [C].
    """

    roof: Roof
    planes: tuple[PlaneLight, ...]
    reaching: FloatArray
    temperature: FloatArray

    def generation(self, lost: float = 0.0) -> FloatArray:
        """Return what comes out of the inverter [kWh a half-hour], shape (n, 48), lost: share of dead panels.

        The dead ones belong to the first plane, as far as it goes: a string hangs on one plane.
        """
        power = np.zeros_like(self.temperature)
        left = lost
        for light, share in zip(self.planes, self.roof.share, strict=True):
            dead = min(left, share)
            left -= dead
            if share > dead:
                entering = light.beam * self.reaching + light.diffuse
                power += (share - dead) * direct_current(entering, self.temperature)
        power *= self.roof.capacity_kwp * self.roof.left
        made: FloatArray = alternating_current(power, self.roof.inverter_kw) * (24.0 / SLOTS)
        return made.reshape(-1, SLOTS)


def lit(roof: Roof, sun: Sun, light: Light, temperature: FloatArray) -> LitRoof:
    """Put a roof into the light of its place; temperature: of the air, shape (n * 48,) [C]."""
    planes = tuple(
        plane_light(sun, light, tilt, azimuth) for tilt, azimuth in zip(roof.tilt, roof.azimuth, strict=True)
    )
    return LitRoof(roof, planes, sun_reaching(roof, sun), temperature)
