"""What a region's profile says, in short, for people."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sunsift.domain.sunlight import FEED, FLEET, NO_SENSOR, STEPS, UNKNOWN, read_profiles


class Source(StrEnum):
    """Where a region's sunlight came from; geometry: nobody measured it, so the sky counts as clear."""

    FLEET = "fleet"
    FEED = "feed"
    GEOMETRY = "geometry"


_SOURCES = {FLEET: Source.FLEET, FEED: Source.FEED, NO_SENSOR: Source.GEOMETRY}


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """A profile in short.

    houses: how many the fleet's profile was measured with, None for many (more than 24) and for other
    sources. mean_index: the mean clear-sky index of the hours that it tells [1], None if it tells none.
    """

    source: Source
    houses: int | None
    mean_index: float | None


def summarise(profile: bytes) -> ProfileSummary:
    """Summarise a closed day's profile. Errors: StoreError for a damaged one."""
    steps = read_profiles([profile], leave_out=b"")[0]
    source = _SOURCES[profile[:1]]
    known = steps[steps != UNKNOWN]
    mean = round(float(np.mean(known)) / STEPS, 3) if known.size else None
    few = profile[1] if source is Source.FLEET else 0
    return ProfileSummary(source, few or None, mean)
