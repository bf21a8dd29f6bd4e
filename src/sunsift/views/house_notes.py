"""What a reader of one house's picture should know, in plain words: battery, limit, sunlight, revisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.evidence import BALANCED, FLAT, GEOMETRY, Evidence
from sunsift.domain.house import House
from sunsift.domain.readings import Packet
from sunsift.domain.sun import DEFAULT_TILT
from sunsift.domain.times import iso_ms

DAY_MICROSECONDS: Final = 86_400_000_000
HOUR_MICROSECONDS: Final = 3_600_000_000
# Two registers of one night's run differ by less than this.
LATER_MICROSECONDS: Final = 6 * HOUR_MICROSECONDS
# Flat tops and still evenings happen; more of them are a habit.
FLAT_SHARE: Final = 0.1
BALANCED_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Revision:
    """A day whose readings changed late. days_late: after the day's end, in local standard time."""

    day: int
    updated_at: str
    days_late: float


def late_revisions(house: House, packets: Sequence[Packet]) -> list[Revision]:
    """Return the days whose readings the retailer changed after those of a later day had come.

    packets: of one house, oldest first. History that was sent at once is not late; of the newest day nobody
    can say yet.
    """
    if not packets:
        return []
    updated = np.array([packet.updated_at for packet in packets], np.int64)
    soonest_after = np.minimum.accumulate(updated[::-1])[::-1][1:]
    late = np.flatnonzero(updated[:-1] > soonest_after + LATER_MICROSECONDS)
    return [_revision(house, packets[row]) for row in late.tolist()]


def _revision(house: House, packet: Packet) -> Revision:
    end = (packet.day + 1) * DAY_MICROSECONDS - round(house.utc_offset_hours * HOUR_MICROSECONDS)
    days_late = round((packet.updated_at - end) / DAY_MICROSECONDS, 1)
    return Revision(packet.day, iso_ms(packet.updated_at // 1000), days_late)


def notes_of(house: House, evidence: Evidence, days: range) -> list[str]:
    """Return notes on the evidence of some days."""
    within = (evidence.day >= days.start) & (evidence.day < days.stop)
    usable = evidence.usable & within
    count = int(usable.sum())
    flat, balanced, geometry = (
        int((evidence.flag(bit) & usable).sum()) for bit in (FLAT, BALANCED, GEOMETRY)
    )
    return [
        *_limit_notes(house, flat, count),
        *_battery_notes(house, balanced, count),
        *_sunlight_notes(house, geometry, count),
    ]


def _limit_notes(house: House, flat: int, count: int) -> list[str]:
    if house.export_limit_kw is not None:
        return [
            f"Exports are limited to {house.export_limit_kw:g} kW: a flat top at that height is no fault, "
            "and how much more the panels could make cannot be seen."
        ]
    if flat > FLAT_SHARE * max(count, 1):
        return [
            f"On {flat} of {count} usable days the exports end in a flat top, as under an export limit; "
            "none is registered."
        ]
    return []


def _battery_notes(house: House, balanced: int, count: int) -> list[str]:
    if house.battery:
        return ["A battery is registered: while it charges, the meter does not show what the panels make."]
    if balanced > BALANCED_SHARE * max(count, 1):
        return [
            f"On {balanced} of {count} usable days the meter is held near zero through the evening, as by a "
            "battery; none is registered."
        ]
    return []


def _sunlight_notes(house: House, geometry: int, count: int) -> list[str]:
    notes = []
    if geometry:
        notes.append(
            f"On {geometry} of {count} usable days nobody measured the region's sunlight: what is expected "
            "then is the most that a clear sky allows."
        )
    if house.azimuth is None or house.tilt is None:
        notes.append(
            "The direction or the tilt of the panels is not registered: they are taken to face the equator "
            f"and to be pitched {DEFAULT_TILT:.0f}° where nothing is said."
        )
    return notes
