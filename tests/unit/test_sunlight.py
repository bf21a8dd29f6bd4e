"""A region's sunlight as its fleet shows it."""

import random

import numpy as np
import pytest

from sunsift.domain.errors import StoreError
from sunsift.domain.house import House
from sunsift.domain.readings import FloatArray, Packet
from sunsift.domain.sun import clear_sky_generation
from sunsift.domain.sunlight import (
    FEED,
    FEW,
    FLEET,
    HOURS,
    NO_SENSOR,
    SAMPLE,
    UNKNOWN,
    clearsky_index,
    feed_profile,
    measure_profiles,
    name_of,
    read_profiles,
    sampled,
)
from tests.support.build import FIRST_DAY, a_house, packet_of

SUNNY_HOURS = slice(9, 15)
GREY = 0.4


def a_packet_under(
    house: House, light: float, *, day: int = FIRST_DAY, working: float = 1.0, quality: str = "A"
) -> Packet:
    """Return a day whose panels all export. light: the clear-sky index. working: share of the panels."""
    clear = clear_sky_generation(
        house.latitude, house.longitude, house.utc_offset_hours, None, None, np.array([day])
    )[0]
    export = np.rint(clear * house.capacity_kwp * light * working * 1000.0)
    both = np.stack((np.full(48, 100.0), export)).astype("<u2")
    return packet_of(house.house_id, day, both.tobytes(), quality=quality)


def fleet_of(count: int) -> list[House]:
    """Return houses of one place."""
    return [a_house(f"house-{n}", capacity_kwp=3.0 + n % 5) for n in range(count)]


def index_for(house: House, profile: bytes) -> FloatArray:
    """Return the clear-sky index of the sunny hours for a house."""
    index: FloatArray = clearsky_index(house, [profile])[0][0, SUNNY_HOURS]
    return index


def measured(houses: list[House], packets: list[Packet]) -> bytes:
    """Return the profile of FIRST_DAY."""
    return measure_profiles(houses, packets)[FIRST_DAY]


@pytest.mark.parametrize("count", [4, FEW, FEW + 1, 60])
@pytest.mark.parametrize("light", [1.0, GREY])
def test_the_fleet_tells_the_sunlight(count: int, light: float) -> None:
    houses = fleet_of(count)
    profile = measured(houses, [a_packet_under(h, light) for h in houses])
    assert profile[:1] == FLEET
    assert index_for(houses[0], profile) == pytest.approx(light, abs=0.02)


@pytest.mark.parametrize("count", [6, 40])
def test_no_order_matters(count: int) -> None:
    houses = fleet_of(count)
    packets = [a_packet_under(h, 0.5 + 0.01 * n, day=FIRST_DAY + n % 3) for n, h in enumerate(houses)]
    whole = measure_profiles(houses, packets)
    for seed in range(3):
        rng = random.Random(seed)
        shuffled = measure_profiles(rng.sample(houses, count), rng.sample(packets, count))
        assert shuffled == whole


def test_a_day_does_not_depend_on_the_others() -> None:
    houses = fleet_of(5)
    one = [a_packet_under(h, GREY) for h in houses]
    other = [a_packet_under(h, 1.0, day=FIRST_DAY + 1) for h in houses]
    assert measure_profiles(houses, one + other)[FIRST_DAY] == measured(houses, one)


def test_broken_panels_do_not_darken_the_sky() -> None:
    houses = fleet_of(20)
    # Four in five are broken: the quantile still sees the others.
    packets = [a_packet_under(h, 1.0, working=1.0 if n % 5 == 0 else 0.1) for n, h in enumerate(houses)]
    assert index_for(houses[1], measured(houses, packets)) == pytest.approx(1.0, abs=0.02)


def test_of_few_houses_each_is_judged_by_the_others_alone() -> None:
    houses = fleet_of(6)
    packets = [a_packet_under(h, GREY if n else 1.5) for n, h in enumerate(houses)]
    profile = measured(houses, packets)
    assert index_for(houses[0], profile) == pytest.approx(GREY, abs=0.02)
    without = measured(houses[1:], packets[1:])
    assert index_for(houses[0], profile).tolist() == index_for(houses[0], without).tolist()


def test_of_many_houses_none_moves_the_sunlight_much() -> None:
    houses = fleet_of(80)
    packets = [a_packet_under(h, GREY + 0.002 * n) for n, h in enumerate(houses)]
    before = index_for(houses[0], measured(houses, packets))
    packets[0] = a_packet_under(houses[0], 1.5)
    assert index_for(houses[0], measured(houses, packets)) == pytest.approx(before, abs=0.01)


def test_one_neighbour_is_too_few() -> None:
    houses = fleet_of(2)
    profile = measured(houses, [a_packet_under(h, GREY) for h in houses])
    assert index_for(houses[0], profile).tolist() == [1.0] * 6, "geometry has to do"


def test_nulls_and_estimates_tell_nothing() -> None:
    houses = fleet_of(8)
    nulls = [packet_of(h.house_id, FIRST_DAY, b"\xff" * 192) for h in houses]
    estimates = [a_packet_under(h, 1.0, quality="E") for h in houses]
    assert measured(houses, nulls) == measured(houses, estimates) == NO_SENSOR


def test_a_few_lost_hours_do_not_darken_the_sky() -> None:
    houses = fleet_of(8)
    packets = []
    for house in houses:
        watt_hours = np.frombuffer(a_packet_under(house, GREY).readings, "<u2").reshape(2, 48).copy()
        watt_hours[:, 22:26] = 0xFFFF
        packets.append(packet_of(house.house_id, FIRST_DAY, watt_hours.tobytes()))
    assert index_for(houses[0], measured(houses, packets)) == pytest.approx(GREY, abs=0.02)


def test_exports_at_the_limit_tell_nothing() -> None:
    houses = [a_house(f"house-{n}", export_limit_kw=1.0) for n in range(8)]
    clipped = []
    for house in houses:
        watt_hours = np.frombuffer(a_packet_under(house, 1.0).readings, "<u2").reshape(2, 48).copy()
        watt_hours[1] = np.minimum(watt_hours[1], 500)
        clipped.append(packet_of(house.house_id, FIRST_DAY, watt_hours.tobytes()))
    profile = measured(houses, clipped)
    noon = read_profiles([profile], name_of("somebody"))[0, 12] if profile != NO_SENSOR else UNKNOWN
    assert noon == UNKNOWN


def test_a_feed_is_what_it_says() -> None:
    index = np.full(HOURS, np.nan)
    index[10:14] = [0.25, 0.5, 0.75, 1.0]
    profile = feed_profile(index)
    assert profile[:1] == FEED
    found = clearsky_index(a_house(), [profile])[0][0]
    assert found[10:14].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert (found[0], found[20]) == (0.25, 1.0), "unknown hours take the nearest"


def test_a_day_that_nobody_measured_is_taken_for_clear() -> None:
    index, sensed = clearsky_index(a_house(), [NO_SENSOR])
    assert index.tolist() == [[1.0] * HOURS]
    assert sensed.tolist() == [False]
    assert clearsky_index(a_house(), [feed_profile(np.full(HOURS, np.nan))])[1].tolist() == [False]
    assert clearsky_index(a_house(), [])[0].shape == (0, HOURS)


@pytest.mark.parametrize(
    "damaged", [b"", b"x", b"f", b"f\x05rubbish", b"f\x00short", b"i", b"i" + bytes(9), b"f\x03" + bytes(40)]
)
def test_a_damaged_profile_is_said(damaged: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        read_profiles([damaged], name_of("house-1"))


def test_the_sample_is_always_the_same() -> None:
    names = [f"house-{n}" for n in range(SAMPLE + 50)]
    assert sampled(names) == sampled(reversed(names))
    assert len(set(sampled(names))) == SAMPLE
    assert sampled(names[:3]) == sorted(names[:3], key=sampled(names[:3]).index)
    kept = set(sampled(names))
    assert kept <= set(sampled(kept | set(names[:10])))
