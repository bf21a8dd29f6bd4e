"""What the Fleet page says of the whole fleet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sunsift.domain.status import Status
from sunsift.records import ChangeCount, Pages, Tally

CHANGE_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class RegionSummary:
    """One weather region. latitude, longitude: the middle of its houses [degrees]."""

    region: str
    houses: int
    poor: int
    lost_kwh: float
    capacity_kwp: float
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """All houses together. changes: of the last CHANGE_DAYS days up to `newest_day`."""

    houses: int
    poor: int
    well: int
    unknown: int
    lost_kwh: float
    capacity_kwp: float
    regions: Sequence[RegionSummary]
    changes: Sequence[ChangeCount]
    newest_day: int | None


def fleet_of(records: Pages) -> Fleet:
    """Sum the fleet up."""
    by_region: dict[str, list[Tally]] = {}
    houses = dict.fromkeys(Status, 0)
    for tally in records.tallies():
        by_region.setdefault(tally.region, []).append(tally)
        houses[tally.status] += tally.houses
    regions = [_region(name, tallies) for name, tallies in by_region.items()]
    newest = records.waiting().newest_day
    return Fleet(
        houses=sum(houses.values()),
        poor=houses[Status.POOR],
        well=houses[Status.WELL],
        unknown=houses[Status.UNKNOWN],
        lost_kwh=sum(region.lost_kwh for region in regions),
        capacity_kwp=sum(region.capacity_kwp for region in regions),
        regions=regions,
        changes=[] if newest is None else records.changes(newest - CHANGE_DAYS + 1),
        newest_day=newest,
    )


def _region(name: str, tallies: Sequence[Tally]) -> RegionSummary:
    houses = sum(tally.houses for tally in tallies)
    return RegionSummary(
        region=name,
        houses=houses,
        poor=sum(tally.houses for tally in tallies if tally.status is Status.POOR),
        lost_kwh=sum(tally.lost_kwh for tally in tallies),
        capacity_kwp=sum(tally.capacity_kwp for tally in tallies),
        latitude=sum(tally.latitude * tally.houses for tally in tallies) / houses,
        longitude=sum(tally.longitude * tally.houses for tally in tallies) / houses,
    )
