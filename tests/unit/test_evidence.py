"""The evidence of a day: small numbers that rest on that day alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.evidence import (
    BALANCED,
    COLUMNS,
    FLAT,
    GEOMETRY,
    LAYOUT,
    MISSING,
    WIDTH,
    Evidence,
    is_current,
    measure_evidence,
    stack_evidence,
)
from sunsift.domain.readings import INTERVALS, QUALITIES, Packet
from sunsift.domain.sunlight import NO_SENSOR, feed_profile
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, packet_of

HOUSE = a_house()
GREY = feed_profile(np.full(24, 0.5))


def evidence_of(packets: list[Packet], profile: bytes = NO_SENSOR) -> Evidence:
    """Return the evidence of days that all have one profile."""
    rows = measure_evidence(HOUSE, packets, [profile] * len(packets))
    return stack_evidence(list(zip([p.day for p in packets], rows, strict=True)))


def flat_day(import_wh: int, export_wh: int) -> Packet:
    """Return a day of equal half-hours."""
    return packet_of(HOUSE.house_id, FIRST_DAY, np.repeat([import_wh, export_wh], 48).astype("<u2").tobytes())


def test_living_panels_and_dead_ones_look_different() -> None:
    alive, dead = evidence_of([a_packet()]), evidence_of([a_packet(alive=False)])
    assert alive.column("best")[0] > 0.5 > 0.0 >= dead.column("best")[0]
    assert alive.column("rise")[0] > 0.5 > dead.column("rise")[0]
    assert alive.column("exporting")[0] > 0.8
    assert dead.column("exporting")[0] == dead.column("export_noon")[0] == dead.column("top_export")[0] == 0.0


def test_the_sunlight_is_what_is_expected() -> None:
    clear, grey = evidence_of([a_packet()]), evidence_of([a_packet()], GREY)
    assert clear.column("light_noon")[0] == 1.0
    assert grey.column("light_noon")[0] == pytest.approx(0.5, abs=0.01)
    assert grey.column("expected")[0] == pytest.approx(clear.column("expected")[0] / 2, abs=0.04)
    assert grey.column("clear")[0] == clear.column("clear")[0]
    assert grey.column("export_noon")[0] == clear.column("export_noon")[0], "readings are readings"
    assert clear.flag(GEOMETRY).all()
    assert not grey.flag(GEOMETRY).any()


def test_a_day_does_not_depend_on_the_others() -> None:
    packets = [
        *days_of(HOUSE.house_id, FIRST_DAY, 4),
        a_packet(day=FIRST_DAY + 4, interval_minutes=5),
        a_packet(day=FIRST_DAY + 5, alive=False),
        a_packet(day=FIRST_DAY + 9, nulls=48),
        a_packet(day=FIRST_DAY + 200, interval_minutes=60),
    ]
    profiles = [NO_SENSOR, GREY] * 4
    together = measure_evidence(HOUSE, packets, profiles)
    alone = [
        measure_evidence(HOUSE, [packet], [profile])[0]
        for packet, profile in zip(packets, profiles, strict=True)
    ]
    assert together == alone


@pytest.mark.parametrize("quality", ["E", "N"])
def test_what_was_not_measured_is_no_evidence(quality: str) -> None:
    found = evidence_of([a_packet(quality=quality)])
    assert not found.usable.any()
    assert found.has_data.all()
    assert all(np.isnan(found.column(name)).all() for name in COLUMNS)


def test_missing_is_missing() -> None:
    found = evidence_of([a_packet(nulls=48), a_packet(day=FIRST_DAY + 1, nulls=6)])
    assert found.has_data.tolist() == [False, True]
    assert found.usable.tolist() == [False, False]
    assert (found.rows[:, 2:] == MISSING).all()


def test_a_lost_hour_is_not_a_dark_one() -> None:
    whole = a_packet()
    watt_hours = np.frombuffer(whole.readings, "<u2").reshape(2, 48).copy()
    watt_hours[:, 24:26] = 0xFFFF
    lost = evidence_of([whole._replace(readings=watt_hours.tobytes())])
    assert lost.usable.all()
    # One hour of three is gone from both sides of the share.
    assert lost.column("export_noon")[0] == pytest.approx(
        evidence_of([whole]).column("export_noon")[0], abs=0.05
    )
    assert lost.column("exporting")[0] == evidence_of([whole]).column("exporting")[0]


def test_a_flat_top_and_a_held_meter_are_noted() -> None:
    assert evidence_of([flat_day(0, 500)]).flag(FLAT).all()
    assert not evidence_of([a_packet()]).flag(FLAT).any()
    assert evidence_of([flat_day(10, 0)]).flag(BALANCED).all()
    assert not evidence_of([a_packet()]).flag(BALANCED).any()


@given(
    st.sampled_from(INTERVALS),
    st.sampled_from(QUALITIES),
    st.integers(0, 20_000),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 1, 300, 0xFFFE]),
)
def test_every_number_lies_on_its_scale(
    minutes: int, quality: str, day: int, seed: int, largest: int
) -> None:
    rng = np.random.default_rng(seed)
    watt_hours = rng.integers(0, largest, 2 * 1440 // minutes, endpoint=True)
    watt_hours[rng.random(len(watt_hours)) < 0.03] = 0xFFFF
    readings = watt_hours.astype("<u2").tobytes()
    found = evidence_of([packet_of(HOUSE.house_id, day, readings, minutes, quality)])
    assert found.rows.shape == (1, WIDTH)
    assert found.rows[0, 0] == LAYOUT
    for name, scale in COLUMNS.items():
        value = found.column(name)[0]
        assert np.isnan(value) or scale.low <= value <= scale.low + 254 * scale.step, name


def test_rows_are_read_back_as_they_were_measured() -> None:
    packets = days_of(HOUSE.house_id, FIRST_DAY, 3)
    rows = measure_evidence(HOUSE, packets, [NO_SENSOR] * 3)
    evidence = stack_evidence(list(zip([1, 2, 5], rows, strict=True)))
    assert evidence.day.tolist() == [1, 2, 5]
    assert [row.tobytes() for row in evidence.rows] == rows
    assert len(stack_evidence([])) == 0


def test_only_the_present_layout_is_current() -> None:
    (row,) = measure_evidence(HOUSE, [a_packet()], [NO_SENSOR])
    assert is_current(row)
    assert not is_current(row[:-1])
    assert not is_current(bytes([LAYOUT + 1]) + row[1:])
    assert not is_current(b"")
