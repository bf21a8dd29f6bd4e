"""A virtual house: a real or simulated home in which something happened, with the truth of every day."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import MISSING, BoolArray, FloatArray, IntArray, WattHours
from sunsift.lab.metered import MeteredHome
from sunsift.lab.record import NO_FAULT, Record, day_sums, net_watt_hours

# A metered home that made less than this share of its usual day for at least so many days in a row was out of
# order when it was metered: nobody knows what it would have made.
DEAD_SHARE: Final = 0.02
DEAD_DAYS: Final = 3
# A day is judged against the best of the days around it: about a month, in which the season hardly moves.
SEASON_DAYS: Final = 31
RAINY_UPTO: Final = 0.35
CLEAR_FROM: Final = 0.80


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What happens on both sides of one meter; n days of s intervals each.

    scenario: one word. house: as it is registered, which need not be true.
    load_kwh, generation_kwh: what is used and what the panels make, shape (n, s) [kWh], NaN where missing.
    healthy_kwh: what the panels would make without the fault in the same weather, shape (n, s) [kWh].
    known: shape (n,), whether the truth of the day is known.
    lost: shape (n, s), readings that never arrive. estimated: shape (n,), days read by guess.
    onset: first row on which something is different; None for a home as it was metered.
    fault: shape (n,), whether the fault acts on the day.
    """

    scenario: str
    house: House
    interval_minutes: int
    day: IntArray
    load_kwh: FloatArray
    generation_kwh: FloatArray
    healthy_kwh: FloatArray
    known: BoolArray
    lost: BoolArray
    estimated: BoolArray
    fault: BoolArray
    onset: int | None = None

    @classmethod
    def of(cls, home: MeteredHome) -> Self:
        """Return a home as it was metered, which counts as healthy except where it was plainly dead."""
        both = np.where(np.isnan(home.load_kwh), np.nan, home.generation_kwh)
        nothing = np.zeros(len(home.day), np.bool_)
        return cls(
            scenario="healthy",
            house=home.house,
            interval_minutes=home.interval_minutes,
            day=home.day,
            load_kwh=home.load_kwh,
            generation_kwh=both,
            healthy_kwh=both,
            known=~dead_when_metered(both),
            lost=np.zeros(both.shape, np.bool_),
            estimated=nothing,
            fault=nothing,
        )

    def __len__(self) -> int:
        return len(self.day)

    @property
    def slots(self) -> int:
        """Intervals a day."""
        return int(self.load_kwh.shape[1])

    @property
    def hour(self) -> FloatArray:
        """Middle of each interval, shape (s,) [hours of the local standard day]."""
        return (np.arange(self.slots) + 0.5) * 24.0 / self.slots

    def kwh(self, kw: float) -> float:
        """Return the energy of a power over one interval [kWh]."""
        return kw * 24.0 / self.slots

    def with_left(self, left: FloatArray, onset: int) -> Self:
        """Return the scene with panels that make the share `left`, shape (n, s) or (n, 1)."""
        made = self.generation_kwh * left
        acting = np.asarray((left < 1.0).any(axis=1))
        return replace(self, generation_kwh=made, fault=acting, onset=onset)

    def record(self) -> Record:
        """Return what the meter shows, and the truth of every day."""
        watt_hours = net_watt_hours(self.load_kwh, self.generation_kwh)
        if self.estimated.any():
            watt_hours = _guessed(watt_hours, self.estimated)
        watt_hours = np.where(self.lost[:, np.newaxis, :], np.uint16(MISSING), watt_hours)
        null = (watt_hours == MISSING).all(axis=(1, 2))
        quality = np.where(null, "N", np.where(self.estimated, "E", "A"))
        unknown = ~self.known
        return Record(
            house=self.house,
            interval_minutes=self.interval_minutes,
            day=self.day,
            watt_hours=watt_hours,
            quality="".join(quality.tolist()),
            generation_kwh=np.where(unknown, np.nan, day_sums(self.generation_kwh)),
            healthy_kwh=np.where(unknown, np.nan, day_sums(self.healthy_kwh)),
            fault=tuple(self.scenario if acts else NO_FAULT for acts in self.fault.tolist()),
        )


def _guessed(watt_hours: WattHours, estimated: BoolArray) -> WattHours:
    """Replace estimated days by the mean of the measured days before them, as a retailer's system does."""
    values = np.where(watt_hours == MISSING, np.nan, watt_hours.astype(np.float64))
    result = watt_hours.copy()
    for row in np.flatnonzero(estimated).tolist():
        before = [r for r in range(max(0, row - 42), row) if not estimated[r]][-14:]
        usual = values[before] if before else values[row : row + 1]
        whole = ~np.isnan(usual).any(axis=(1, 2))
        if whole.any():
            result[row] = np.rint(usual[whole].mean(axis=0)).astype(np.uint16)
    return result


def dead_when_metered(generation_kwh: FloatArray) -> BoolArray:
    """Return the days on which a metered home was itself out of order, shape (n,).

    generation_kwh: shape (n, s) [kWh]. Days without readings neither begin nor end such a spell.
    """
    made = day_sums(generation_kwh)
    read = ~np.isnan(made)
    if not read.any():
        return ~read
    low = np.where(read, made, 0.0) <= DEAD_SHARE * float(np.median(made[read]))
    dead = np.zeros(len(made), np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], low, [False])).astype(np.int8)))
    for first, stop in edges.reshape(-1, 2).tolist():
        if read[first:stop].sum() >= DEAD_DAYS:
            dead[first:stop] = True
    return dead


def brightness(healthy_kwh: FloatArray) -> FloatArray:
    """Return each day's energy as a share of the best day around it, shape (n,), NaN where unknown.

    It stands for the weather, which nobody recorded: 1 is a clear day, 0.2 a day of rain.
    """
    made = day_sums(healthy_kwh)
    half = SEASON_DAYS // 2
    padded = np.concatenate(
        (np.full(half, -np.inf), np.where(np.isnan(made), -np.inf, made), np.full(half, -np.inf))
    )
    best = np.lib.stride_tricks.sliding_window_view(padded, SEASON_DAYS).max(axis=1)
    share: FloatArray = made / np.where(best > 0.0, best, np.nan)
    return share


def draw_onset(rng: np.random.Generator, days: int, from_first_day: float = 0.2) -> int:
    """Draw the row on which something begins.

    With the chance `from_first_day` it was there before the readings began, otherwise it begins anywhere
    from 15 to 75 % of the way, so that there is a past to compare with and a future to be found in.
    """
    early, where = rng.random(), rng.uniform(0.15, 0.75)
    return 0 if early < from_first_day else int(days * where)
