"""Clouds that pass one house and miss the next: how a house's light differs from its region's.

Measured on five metered homes of the Ausgrid network against the sum of 300: an hour's clearness deviates by
the sizes below, two homes share about half of it (correlation 0.3 to 0.7), and little of it is left later
(correlation 0.3 after one hour, 0.1 after two). That places have clouds of their own from some distance on,
the farther the longer the clouds last, is the finding of Perez et al. (2012, Solar Energy 86, 2170-2176).
"""

from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray
from sunsift.lab.weather import passing_clouds

# Deviation of a house's half-hour from its region's, by the region's clearness.
CLEARNESS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.88, 1.0, 1.15)
DEVIATION: Final = (0.0, 0.06, 0.14, 0.18, 0.21, 0.13, 0.06, 0.035)
# Half-hours after which the clouds are others.
MEMORY: Final = 3
SHARED_IN_TOWN: Final = 0.55
# Towns as far apart as this [km] have clouds of their own.
REACH_KM: Final = 25.0
# Clouds may also gather light: no half-hour exceeds this share of the clear sky's.
BRIGHTEST: Final = 1.2


def town_clouds(rng: np.random.Generator, position_km: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Return each town's clouds, correlated with those of the towns around; mean 0, deviation 1.

    position_km: shape (towns, 2). shape: days and slots. Result: shape (towns, days, slots).
    """
    own = np.stack([passing_clouds(rng, shape, MEMORY) for _ in position_km])
    apart = np.hypot(*(position_km[:, np.newaxis] - position_km).transpose(2, 0, 1))
    weight = np.exp(-((apart / REACH_KM) ** 2))
    weight /= np.sqrt((weight**2).sum(axis=1, keepdims=True))
    mixed: FloatArray = np.einsum("ij,jds->ids", weight, own)
    return mixed


def over_house(rng: np.random.Generator, clearness: FloatArray, clouds: FloatArray) -> FloatArray:
    """Return the share of the clear sky's light over one house, shape (n, slots).

    clearness: the region's; clouds: its town's, as from `town_clouds`; both of shape (n, slots).
    The house's values follow a beta distribution around the region's, so that their mean over many houses
    is the region's, and none lies below darkness or far above the clear sky.
    """
    from scipy.special import betaincinv, ndtr

    own = passing_clouds(rng, (len(clouds), clouds.shape[1]), MEMORY)
    place = ndtr(np.sqrt(SHARED_IN_TOWN) * clouds + np.sqrt(1.0 - SHARED_IN_TOWN) * own)
    mean = np.clip(clearness / BRIGHTEST, 0.01, 0.985)
    spread = np.interp(clearness, CLEARNESS, DEVIATION) / BRIGHTEST
    largest = np.sqrt(mean * (1.0 - mean))
    spread = np.clip(spread, 0.005, 0.9 * largest)
    weight = (largest / spread) ** 2 - 1.0
    values: FloatArray = betaincinv(mean * weight, (1.0 - mean) * weight, place) * BRIGHTEST
    return values
