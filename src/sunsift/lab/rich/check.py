"""Hold a rich fleet against reality: the region's profile, and the homes whose generation was metered."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray
from sunsift.lab.inject import HEALTHY
from sunsift.lab.metered import MeteredHome
from sunsift.lab.rich.house import RichHouse
from sunsift.lab.rich.regional import RegionalYears

# So many simulated houses stand beside a real one: those whose panels are as large for their use.
LIKE_HOMES: Final = 8


@dataclass(frozen=True, slots=True)
class SelfUse:
    """How well a home's use suits its panels.

    made_over_used: their energies of all days. own_share: share of what is made that is used at once.
    """

    house_id: str
    made_over_used: float
    own_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How near a simulated fleet comes to its region and to real homes.

    houses: compared with the region. half_hours, days: correlation of the fleet's mean with the region's.
    simulated, real: their yield, shape (n, 48) [kWh/kWp a half-hour].
    house_hours: median correlation of one house's hours with the region's.
    self_use: of simulated homes; real_self_use: of metered ones; like_real: what simulated homes with as much
    made over used have, one a metered home, NaN if there are too few.
    """

    houses: int
    half_hours: float
    days: float
    simulated: FloatArray
    real: FloatArray
    house_hours: float
    self_use: tuple[SelfUse, ...]
    real_self_use: tuple[SelfUse, ...]
    like_real: tuple[float, ...]

    @property
    def yields(self) -> tuple[float, float]:
        """Daily yield of the simulated fleet and of the region [kWh/kWp a day]."""
        return float(self.simulated.sum(axis=1).mean()), float(self.real.sum(axis=1).mean())


@dataclass(slots=True)
class Check:
    """Watches houses as they are drawn."""

    _yields: list[FloatArray] = field(default_factory=list)
    _self_use: list[SelfUse] = field(default_factory=list)

    def add(self, house: RichHouse) -> None:
        """Note a house; only those without fault, limit or devices are compared."""
        traits, scene = house.traits, house.scene
        plain = not (traits.export_limited or traits.battery or traits.diverter or traits.car)
        if traits.scenario != HEALTHY or not plain:
            return
        self._self_use.append(self_use(scene.house.house_id, scene.load_kwh, scene.generation_kwh))
        if scene.slots == SLOTS:
            self._yields.append(scene.healthy_kwh / house.capacity_kwp)

    def result(self, years: RegionalYears, real_homes: Iterable[MeteredHome]) -> CheckResult | None:
        """Compare what was noted, None if that is nothing; years: of the same days."""
        if not self._yields:
            return None
        known = np.array([~np.isnan(made) for made in self._yields])
        simulated = np.sum([np.nan_to_num(made) for made in self._yields], axis=0)
        simulated /= np.maximum(known.sum(axis=0), 1)
        real = np.where(known.any(axis=0), years.generation_kwh_per_kwp, 0.0)
        homes = [self_use(h.house.house_id, h.load_kwh, h.generation_kwh) for h in real_homes]
        return CheckResult(
            houses=len(self._yields),
            half_hours=_correlation(simulated, real),
            days=_correlation(simulated.sum(axis=1), real.sum(axis=1)),
            simulated=simulated,
            real=real,
            house_hours=float(np.median([_correlation(_hours(made), _hours(real)) for made in self._yields])),
            self_use=tuple(self._self_use),
            real_self_use=tuple(homes),
            like_real=tuple(self._like(home) for home in homes),
        )

    def _like(self, home: SelfUse) -> float:
        if len(self._self_use) < LIKE_HOMES:
            return float("nan")
        apart = [abs(np.log(one.made_over_used / home.made_over_used)) for one in self._self_use]
        nearest = np.argsort(apart)[:LIKE_HOMES]
        return float(np.mean([self._self_use[index].own_share for index in nearest]))


def self_use(house_id: str, load_kwh: FloatArray, generation_kwh: FloatArray) -> SelfUse:
    """Return how much of its generation a home uses at once, hour by hour; both of shape (n, s) [kWh]."""
    load, made = _hours(load_kwh), _hours(generation_kwh)
    known = ~(np.isnan(load) | np.isnan(made))
    load, made = load[known], made[known]
    return SelfUse(house_id, float(made.sum() / load.sum()), float(np.minimum(load, made).sum() / made.sum()))


def _hours(kwh: FloatArray) -> FloatArray:
    hours: FloatArray = kwh.reshape(len(kwh), 24, -1).sum(axis=2)
    return hours


def _correlation(one: FloatArray, other: FloatArray) -> float:
    both = ~(np.isnan(one) | np.isnan(other))
    return float(np.corrcoef(one[both], other[both])[0, 1])
