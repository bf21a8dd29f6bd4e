"""The whole fleet in a few numbers: by status, by weather region, and what changed from day to day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sunsift.domain.status import Status
from sunsift.records import ChangeCount, Pages, Tally
from sunsift.views.cache import Kept

CHANGE_DAYS: Final = 60
KEPT_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Sum:
    """Some houses together. lost_kwh: over the last period of each [kWh]; money: what that costs."""

    houses: int = 0
    capacity_kwp: float = 0.0
    lost_kwh: float = 0.0
    money: float = 0.0


@dataclass(frozen=True, slots=True)
class RegionSummary:
    """One weather region. latitude, longitude: the middle of its houses [degrees]. of: by status."""

    region: str
    latitude: float
    longitude: float
    total: Sum
    of: Mapping[Status, Sum]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet now. Every status has its sum, even if no house has it.

    regions: the greatest loss of poor houses first. changes: of the last CHANGE_DAYS days until the newest,
    by day. newest_day: of any house.
    """

    total: Sum
    of: Mapping[Status, Sum]
    regions: Sequence[RegionSummary]
    changes: Sequence[ChangeCount]
    newest_day: int | None


def fleet_of(records: Pages, tariff_per_kwh: float = 0.0) -> Fleet:
    """Sum the fleet up."""
    tallies = records.tallies()
    regions = [
        _region(list(of_region), tariff_per_kwh) for _, of_region in groupby(tallies, key=lambda t: t.region)
    ]
    newest = records.waiting().newest_day
    return Fleet(
        total=_sum(tallies, tariff_per_kwh),
        of=_by_status(tallies, tariff_per_kwh),
        regions=sorted(regions, key=lambda r: (-r.of[Status.POOR].lost_kwh, r.region)),
        changes=[] if newest is None else records.changes(newest - CHANGE_DAYS + 1),
        newest_day=newest,
    )


class FleetNow:
    """The fleet as it is, or was a few seconds ago. One of them for all who look at one store."""

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._kept = Kept[Fleet](seconds)

    def of(self, records: Pages, tariff_per_kwh: float = 0.0) -> Fleet:
        """Return the fleet of the store that these records read."""
        return self._kept.get(tariff_per_kwh, lambda: fleet_of(records, tariff_per_kwh))


def _region(tallies: Sequence[Tally], tariff_per_kwh: float) -> RegionSummary:
    houses = sum(t.houses for t in tallies)
    return RegionSummary(
        region=tallies[0].region,
        latitude=round(sum(t.latitude * t.houses for t in tallies) / houses, 5),
        longitude=round(sum(t.longitude * t.houses for t in tallies) / houses, 5),
        total=_sum(tallies, tariff_per_kwh),
        of=_by_status(tallies, tariff_per_kwh),
    )


def _by_status(tallies: Sequence[Tally], tariff_per_kwh: float) -> dict[Status, Sum]:
    return {status: _sum([t for t in tallies if t.status is status], tariff_per_kwh) for status in Status}


def _sum(tallies: Sequence[Tally], tariff_per_kwh: float) -> Sum:
    lost_kwh = round(sum(t.lost_kwh for t in tallies), 1)
    return Sum(
        houses=sum(t.houses for t in tallies),
        capacity_kwp=round(sum(t.capacity_kwp for t in tallies), 3),
        lost_kwh=lost_kwh,
        money=round(lost_kwh * tariff_per_kwh, 2),
    )
