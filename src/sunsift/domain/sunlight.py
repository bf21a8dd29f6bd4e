"""How much sun a region had, hour by hour: the fleet itself is the sensor.

Exports bound generation from below, so over the houses of a region a high quantile of export against the
clear-sky output of the registered panels shows the clear-sky index, robust to broken panels and to busy
houses. It is written down once a region and day, as a profile.
"""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sunsift.domain.errors import StoreError
from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray, Days, FloatArray, Packet, stack_days
from sunsift.domain.sun import clear_sky_generation

HOURS: Final = 24
# The clear-sky index is kept in steps of 1/160, up to 1.59: clouds' edges and understated nameplates pass 1.
STEPS: Final = 160
UNKNOWN: Final = 255
# Hours in which the clear-sky output is below this share of the day's peak say too little.
LOWEST_SUN: Final = 0.2
# More houses than this tell nothing new of a region's day.
SAMPLE: Final = 200
# With more houses than this, a single one cannot move the quantile much, and none is left out.
FEW: Final = 24
# With fewer others than this, clear-sky geometry is better.
FEWEST: Final = 2
QUANTILE: Final = 0.9
# An export this close to the registered limit says nothing of the sun.
LIMIT_SHARE: Final = 0.97

NO_SENSOR, FLEET, FEED = b"g", b"f", b"i"
_NAME_BYTES: Final = 4

Index = npt.NDArray[np.uint8]


def name_of(house_id: str) -> bytes:
    """Return four bytes that stand for a house in a profile."""
    return hashlib.blake2b(house_id.encode(), digest_size=_NAME_BYTES).digest()


def sampled(house_ids: Iterable[str]) -> list[str]:
    """Return the houses of a region that its profile is measured with: always the same, at most SAMPLE."""
    return sorted(house_ids, key=lambda house_id: (name_of(house_id), house_id))[:SAMPLE]


def hourly(kwh: FloatArray) -> FloatArray:
    """Return energy an hour, shape (n, 24) [kWh], from energy a half-hour, shape (n, 48) [kWh]."""
    return kwh[:, 0::2] + kwh[:, 1::2]


def clear_sky_kwh(house: House, day: npt.NDArray[np.int64]) -> FloatArray:
    """Return what the house's registered panels make under a clear sky, shape (n, 24) [kWh an hour]."""
    per_kwp = clear_sky_generation(
        house.latitude, house.longitude, house.utc_offset_hours, house.azimuth, house.tilt, day
    )
    return hourly(per_kwp) * house.capacity_kwp


def export_index(house: House, days: Days) -> Index:
    """Return what one house's exports say of the clear-sky index, shape (n, 24), UNKNOWN where nothing."""
    clear = clear_sky_kwh(house, days.day)
    export = hourly(days.export_kwh)
    told = np.isfinite(export) & days.usable[:, np.newaxis]
    told &= (clear > LOWEST_SUN * clear.max(axis=1, keepdims=True)) & (clear > 0.0)
    if house.export_limit_kw is not None:
        told &= export < LIMIT_SHARE * house.export_limit_kw
    ratio = np.where(told, export, 0.0) / np.where(told, clear, 1.0)
    return np.where(told, to_steps(ratio), UNKNOWN).astype(np.uint8)


def to_steps(index: FloatArray) -> Index:
    """Return a clear-sky index [1] in whole steps."""
    return np.clip(np.rint(index * STEPS), 0, UNKNOWN - 1).astype(np.uint8)


def measure_profiles(houses: Sequence[House], packets: Sequence[Packet]) -> dict[int, bytes]:
    """Return a region's profile for every day that is in the packets.

    houses: registrations by any order. packets: of these houses, any order, one a house and day. A profile
    does not depend on the order, nor on the other days.
    """
    by_house: dict[str, list[Packet]] = {}
    for packet in packets:
        by_house.setdefault(packet.house_id, []).append(packet)
    told: dict[int, list[tuple[bytes, bytes]]] = {packet.day: [] for packet in packets}
    for house in houses:
        mine = sorted(by_house.get(house.house_id, ()), key=lambda packet: packet.day)
        if not mine:
            continue
        days = stack_days(mine)
        index = export_index(house, days)
        telling = (index != UNKNOWN).any(axis=1)
        for row in np.flatnonzero(telling).tolist():
            told[int(days.day[row])].append((name_of(house.house_id), index[row].tobytes()))
    return {day: _profile(sorted(rows)) for day, rows in told.items()}


def _profile(rows: list[tuple[bytes, bytes]]) -> bytes:
    """Pack the houses' indices: each by itself if they are few, or else their quantile."""
    if not rows:
        return NO_SENSOR
    if len(rows) <= FEW:
        return FLEET + bytes([len(rows)]) + zlib.compress(b"".join(name + index for name, index in rows), 6)
    stacked = np.frombuffer(b"".join(index for _, index in rows), np.uint8).reshape(-1, HOURS)
    return FLEET + bytes([0]) + _quantile(stacked).tobytes()


def feed_profile(index: FloatArray) -> bytes:
    """Return the profile of a day whose clear-sky index is known from elsewhere; shape (24,), NaN unknown."""
    return (
        FEED + np.where(np.isnan(index), UNKNOWN, to_steps(np.nan_to_num(index))).astype(np.uint8).tobytes()
    )


def _quantile(stacked: Index) -> Index:
    """Return the quantile over the k houses that tell, shape (..., k, 24), UNKNOWN where too few do.

    Result: shape (..., 24).
    """
    known = (stacked != UNKNOWN).sum(axis=-2)
    ranked = np.sort(stacked, axis=-2)  # unknown ones last
    rank = np.ceil(QUANTILE * np.maximum(known - 1, 0)).astype(np.int64)
    chosen = np.take_along_axis(ranked, rank[..., np.newaxis, :], axis=-2)[..., 0, :]
    return np.where(known >= FEWEST, chosen, UNKNOWN).astype(np.uint8)


def read_profiles(profiles: Sequence[bytes], leave_out: bytes) -> Index:
    """Return a region's clear-sky index for one house, shape (n, 24), UNKNOWN where geometry has to do.

    leave_out: `name_of` the house, whose own exports do not count. Errors: StoreError for a damaged profile.
    """
    result = np.full((len(profiles), HOURS), UNKNOWN, np.uint8)
    few: list[int] = []
    try:
        for place, profile in enumerate(profiles):
            if profile[:1] == FLEET and profile[1]:
                few.append(place)
            elif profile[:1] == FLEET:
                result[place] = np.frombuffer(profile, np.uint8, HOURS, 2)
            elif profile[:1] == FEED:
                result[place] = np.frombuffer(profile, np.uint8, HOURS, 1)
            elif profile != NO_SENSOR:
                raise ValueError("its kind is unknown")
        if few:
            result[few] = _quantile(_votes([profiles[place] for place in few], leave_out))
    except (zlib.error, ValueError, IndexError) as error:
        raise StoreError(f"a region's profile is damaged: {error}") from error
    return result


def _votes(profiles: Sequence[bytes], leave_out: bytes) -> Index:
    """Return what the k houses at most of small fleets say, shape (n, k, 24), UNKNOWN for one of them."""
    width = _NAME_BYTES + HOURS
    count = np.array([profile[1] for profile in profiles])
    told = [zlib.decompress(profile[2:]) for profile in profiles]
    if [len(rows) for rows in told] != (width * count).tolist():
        raise ValueError("it is cut short")
    rows = np.frombuffer(b"".join(told), np.uint8).reshape(-1, width)
    index = rows[:, _NAME_BYTES:].copy()
    if leave_out:
        index[(rows[:, :_NAME_BYTES] == np.frombuffer(leave_out, np.uint8)).all(axis=1)] = UNKNOWN
    votes = np.full((len(profiles), count.max(), HOURS), UNKNOWN, np.uint8)
    votes[np.arange(count.max()) < count[:, np.newaxis]] = index
    return votes


def clearsky_index(house: House, profiles: Sequence[bytes]) -> tuple[FloatArray, BoolArray]:
    """Return the clear-sky index that each profile gives for a house, and whether it gives any.

    Result: shape (n, 24) [1], and shape (n,). An hour that the profile does not tell takes the nearest told
    one of its day; a day that tells nothing is taken for clear, so that what is expected is the most that
    can be.
    """
    steps = read_profiles(profiles, name_of(house.house_id))
    known = steps != UNKNOWN
    hour = np.arange(HOURS)
    before = np.maximum.accumulate(np.where(known, hour, -HOURS), axis=1)
    after = np.minimum.accumulate(np.where(known, hour, 2 * HOURS)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.clip(np.where(hour - before <= after - hour, before, after), 0, HOURS - 1)
    filled = np.take_along_axis(steps, nearest, axis=1).astype(np.float64) / STEPS
    sensed = known.any(axis=1)
    return np.where(sensed[:, np.newaxis], filled, 1.0), sensed
