"""Packets: which revision wins, and how any interval becomes half-hours."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.readings import (
    INTERVALS,
    LARGEST_MISSING_SHARE,
    MISSING,
    QUALITIES,
    FloatArray,
    Packet,
    day_date,
    day_number,
    largest_exports_wh,
    stack_days,
)
from tests.support.build import FIRST_DAY, a_packet, packet_of

# Few values, so that equal times and equal readings are drawn often.
revisions = st.builds(
    lambda minutes, quality, updated_at, wh: Packet(
        "house", 0, minutes, quality, updated_at, wh.to_bytes(2, "little") * (2880 // minutes)
    ),
    st.sampled_from(INTERVALS),
    st.sampled_from(QUALITIES),
    st.integers(-1, 1),
    st.sampled_from([0, 1, 256, MISSING]),
)
watt_hours = st.integers(0, MISSING - 1) | st.just(MISSING)


def energy_kwh(readings: bytes) -> float:
    """Return all the energy of a day [kWh]."""
    return float(np.frombuffer(readings, "<u2").sum()) / 1000.0


def half_hours(readings: bytes, minutes: int) -> FloatArray:
    """Return imports and exports of one day by itself, shape (2, 48) [kWh]."""
    days = stack_days([packet_of("house", FIRST_DAY, readings, minutes)])
    return np.stack((days.import_kwh[0], days.export_kwh[0]))


@given(revisions, revisions)
def test_of_two_different_revisions_exactly_one_wins(a: Packet, b: Packet) -> None:
    assert a.same_as(b) == (a == b)
    assert a.beats(b) + b.beats(a) == (not a.same_as(b))


@given(revisions, revisions, revisions)
def test_winning_is_transitive(a: Packet, b: Packet, c: Packet) -> None:
    if a.beats(b) and b.beats(c):
        assert a.beats(c)


@given(st.lists(revisions, min_size=1, max_size=6))
def test_the_last_one_standing_does_not_depend_on_the_order(packets: list[Packet]) -> None:
    def last_standing(order: list[Packet]) -> Packet:
        winner = order[0]
        for packet in order[1:]:
            if packet.beats(winner):
                winner = packet
        return winner

    assert len({last_standing(packets[n:] + packets[:n]) for n in range(len(packets))}) == 1


def test_a_later_revision_wins_whatever_it_says() -> None:
    early, late = a_packet(revision=0), a_packet(revision=1)
    assert late.beats(early)
    assert not early.beats(late)


@pytest.mark.parametrize("minutes", INTERVALS)
@given(seed=st.integers(0, 1 << 32), top=st.sampled_from([1, 2, 300, MISSING]))
def test_half_hours_keep_the_energy(minutes: int, seed: int, top: int) -> None:
    size = 2880 // minutes
    values = np.random.default_rng(seed).integers(0, top, size).astype("<u2")
    readings = values.tobytes()
    halves = half_hours(readings, minutes)
    assert halves.shape == (2, 48)
    assert halves.sum() == pytest.approx(energy_kwh(readings), abs=1e-6)
    imports, exports = halves.sum(axis=1)
    assert imports == pytest.approx(values[: size // 2].sum() / 1000.0, abs=1e-6)
    assert exports == pytest.approx(values[size // 2 :].sum() / 1000.0, abs=1e-6)


@pytest.mark.parametrize("minutes", INTERVALS)
def test_energy_stays_in_its_half_hour(minutes: int) -> None:
    for slot in range(48):
        watt_hours = np.zeros((2, 1440 // minutes), "<u2")
        first = slot * 30 // minutes
        watt_hours[1, first : first + max(1, 30 // minutes)] = 600
        exports = half_hours(watt_hours.tobytes(), minutes)[1]
        filled = np.flatnonzero(exports)
        expected = [slot] if minutes <= 30 else [slot // 2 * 2, slot // 2 * 2 + 1]
        assert filled.tolist() == expected


@pytest.mark.parametrize("minutes", INTERVALS)
def test_a_half_hour_with_any_part_missing_is_missing(minutes: int) -> None:
    for position in range(1440 // minutes):
        watt_hours = np.full((2, 1440 // minutes), 100, "<u2")
        watt_hours[0, position] = MISSING
        imports, exports = half_hours(watt_hours.tobytes(), minutes)
        touched = {position * minutes // 30, ((position + 1) * minutes - 1) // 30}
        assert set(np.flatnonzero(np.isnan(imports)).tolist()) == touched
        assert not np.isnan(exports).any()


@given(st.lists(st.sampled_from(INTERVALS), min_size=1, max_size=5))
def test_days_of_all_intervals_line_up(intervals: list[int]) -> None:
    packets = [a_packet(day=FIRST_DAY + 2 * n, interval_minutes=m) for n, m in enumerate(intervals)]
    days = stack_days(packets)
    assert days.day.tolist() == [FIRST_DAY + 2 * n for n in range(len(intervals))]
    assert days.usable.all()
    assert days.has_data.all()
    for row, packet in enumerate(packets):
        halves = half_hours(packet.readings, packet.interval_minutes)
        assert np.array_equal(np.stack((days.import_kwh[row], days.export_kwh[row])), halves, equal_nan=True)


def test_no_days_are_days() -> None:
    days = stack_days([])
    assert len(days) == 0
    assert days.import_kwh.shape == days.export_kwh.shape == (0, 48)


@pytest.mark.parametrize("wrong", [[1, 1], [2, 1]])
def test_days_must_rise(wrong: list[int]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        stack_days([a_packet(day=day) for day in wrong])


@pytest.mark.parametrize("quality", QUALITIES)
def test_only_measured_days_are_usable(quality: str) -> None:
    days = stack_days([a_packet(quality=quality)])
    assert days.usable.tolist() == [quality in "ASF"]
    assert days.has_data.tolist() == [True]


@pytest.mark.parametrize("minutes", INTERVALS)
def test_a_day_may_miss_a_tenth(minutes: int) -> None:
    count = 1440 // minutes
    allowed = int(LARGEST_MISSING_SHARE * count)
    packets = [
        a_packet(day=FIRST_DAY + n, interval_minutes=minutes, nulls=nulls)
        for n, nulls in enumerate((0, allowed, allowed + 1, count))
    ]
    days = stack_days(packets)
    assert days.usable.tolist() == [True, True, False, False]
    assert days.has_data.tolist() == [True, True, True, False]


def test_missing_never_becomes_a_number() -> None:
    days = stack_days([a_packet(nulls=48), a_packet(day=FIRST_DAY + 1, nulls=3)])
    assert np.isnan(days.import_kwh[0]).all()
    assert np.isnan(days.export_kwh[0]).all()
    assert np.isnan(days.import_kwh[1]).sum() == 3


@given(st.lists(st.tuples(st.sampled_from(INTERVALS), watt_hours), max_size=6))
def test_the_largest_export_is_found(drawn: list[tuple[int, int]]) -> None:
    packets = []
    for n, (minutes, largest) in enumerate(drawn):
        values = np.full((2, 1440 // minutes), MISSING, "<u2")
        values[0, 0] = MISSING - 1
        values[1, n] = largest
        packets.append(packet_of("house", n, values.tobytes(), minutes))
    assert largest_exports_wh(packets) == [0 if wh == MISSING else wh for _, wh in drawn]


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_days_are_counted_from_1970(day: date) -> None:
    assert day_date(day_number(day)) == day
    assert day_number(date(1970, 1, 1)) == 0


def test_the_digest_names_the_content_alone() -> None:
    packet = a_packet()
    assert packet.digest() == packet._replace(house_id="other", day=0, updated_at=0).digest()
    different = [
        packet,
        packet._replace(quality="E"),
        packet._replace(interval_minutes=15),
        a_packet(revision=1),
    ]
    assert len({p.digest() for p in different}) == 4
