"""What the trained model looks at: of its own days alone, the same however it is asked."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunsift.domain.evidence import COLUMNS, GEOMETRY, HAS_DATA, MISSING, USABLE, Evidence
from sunsift.domain.house import House
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.lab.sensed import fleet_evidence
from sunsift.lab.simulate import simulate_records
from sunsift.model.calendar import HISTORY_DAYS
from sunsift.model.features import FEATURES, features
from sunsift.model.reasons import NAMES, group_of
from tests.support.build import FIRST_DAY, a_house

DAYS = 440
HOUSES = 4
# The byte that stands for a rise of 0.
RISE_OF_NOTHING = 80


@cache
def healthy() -> list[tuple[House, Evidence]]:
    """Return simulated houses without faults, and what their meters showed for more than a year."""
    records = list(simulate_records(HOUSES, DAYS, seed=5, faulty_share=0.0))
    return [(r.house, e) for r, e in zip(records, fleet_evidence(records), strict=True)]


def rows_at(evidence: Evidence, wanted: np.ndarray) -> Evidence:
    """Return some of the days."""
    return Evidence(evidence.day[wanted], evidence.rows[wanted])


def with_holes(evidence: Evidence, seed: int, gone: float, unusable: float) -> Evidence:
    """Return the evidence without some days, and with some days that cannot be used."""
    rng = np.random.default_rng(seed)
    keep = rng.random(len(evidence)) >= gone
    keep[[0, -1]] = True
    rows = evidence.rows[keep].copy()
    rows[rng.random(len(rows)) < unusable, 1] &= 0xFF ^ USABLE
    return Evidence(evidence.day[keep], rows)


def dead_from(evidence: Evidence, other: Evidence, day: int) -> Evidence:
    """Return the evidence with the days from one on as another house's evidence has them."""
    late = evidence.day >= day
    return Evidence(evidence.day, np.where(late[:, np.newaxis], other.rows, evidence.rows))


def places_of(*names: str) -> list[int]:
    """Return which bytes of a row hold columns."""
    return [place for place, name in enumerate(COLUMNS, start=2) if name in names]


def table_of(house: House, evidence: Evidence, end: IntArray) -> FloatArray:
    """Return all features, shape (features, p)."""
    return np.stack(list(features(house, evidence, end).values()))


def visible(evidence: Evidence, end: int) -> Evidence:
    """Return the days that a period may see."""
    return rows_at(evidence, (evidence.day <= end) & (evidence.day > end - HISTORY_DAYS))


def test_names_are_the_keys_and_come_once() -> None:
    house, evidence = healthy()[0]
    found = features(house, evidence, evidence.day[-2:])
    assert tuple(found) == FEATURES
    assert len(set(FEATURES)) == len(FEATURES)
    assert {values.shape for values in found.values()} == {(2,)}
    assert not any(np.isinf(values).any() for values in found.values())


def test_every_feature_belongs_to_a_group_and_every_group_has_one() -> None:
    assert {group_of(name) for name in FEATURES} == set(range(len(NAMES)))


def test_a_year_of_healthy_panels_leaves_nothing_unknown() -> None:
    house, evidence = healthy()[0]
    found = features(house, evidence, evidence.day[-1:])
    assert [name for name, values in found.items() if np.isnan(values).any()] == []


@settings(max_examples=30)
@given(
    number=st.integers(0, HOUSES - 1),
    seed=st.integers(0, 2**32),
    gone=st.sampled_from([0.0, 0.05, 0.9]),
    unusable=st.sampled_from([0.0, 0.1, 0.9]),
)
def test_a_period_is_the_same_alone_and_in_a_batch(
    number: int, seed: int, gone: float, unusable: float
) -> None:
    house, evidence = healthy()[number]
    evidence = with_holes(evidence, seed, gone, unusable)
    ends = evidence.day
    batch = table_of(house, evidence, ends)
    for place in [*np.random.default_rng(seed).choice(len(ends), 6).tolist(), len(ends) - 1]:
        end = ends[place : place + 1]
        with_later = table_of(house, evidence, end)
        alone = table_of(house, visible(evidence, int(end[0])), end)
        for name, *values in zip(FEATURES, batch[:, place], with_later[:, 0], alone[:, 0], strict=True):
            assert len({np.float64(value).tobytes() for value in values}) == 1, name


def test_silence_is_counted_on_visible_days_alone() -> None:
    house, evidence = healthy()[0]
    silent = np.flatnonzero(evidence.usable)[0]
    rows = np.repeat(evidence.rows[silent : silent + 1], 60, axis=0)
    rows[:, places_of("exporting", "rise")] = 0
    # A month of silence, more than a year of nothing at all, and 27 more silent days.
    day = FIRST_DAY + np.r_[np.arange(33), 500 + np.arange(27)]
    asked = Evidence(day, rows)
    end = day[-1:]
    assert features(house, asked, end)["silent_days"].tolist() == [27.0]
    assert features(house, visible(asked, int(end[0])), end)["silent_days"].tolist() == [27.0]


def test_permuted_periods_get_permuted_numbers() -> None:
    house, evidence = healthy()[1]
    ends = evidence.day[100:140]
    order = np.random.default_rng(1).permutation(len(ends))
    found, turned = table_of(house, evidence, ends), table_of(house, evidence, ends[order])
    assert turned.tobytes() == np.ascontiguousarray(found[:, order]).tobytes()


def test_what_an_unusable_day_holds_does_not_matter() -> None:
    house, evidence = healthy()[0]
    holes = with_holes(evidence, 3, 0.05, 0.2)
    rng = np.random.default_rng(4)
    other = holes.rows.copy()
    bad = ~holes.usable
    other[bad, 2:] = rng.integers(0, 255, (int(bad.sum()), other.shape[1] - 2))
    other[bad, 1] = HAS_DATA | GEOMETRY
    blank = holes.rows.copy()
    blank[bad, 2:] = MISSING
    ends = holes.day[holes.usable][-60:]
    tables = [table_of(house, Evidence(holes.day, rows), ends) for rows in (holes.rows, other, blank)]
    assert len({table.tobytes() for table in tables}) == 1
    # And a day that cannot be used tells as little as one that never came.
    gone = rows_at(holes, holes.usable)
    assert table_of(house, gone, ends).tobytes() == tables[0].tobytes()


def test_a_missing_day_is_no_dark_day() -> None:
    house, evidence = healthy()[0]
    end = evidence.day[-1:]
    whole = features(house, evidence, end)
    recent = (evidence.day > end[0] - 10) & (evidence.day < end[0]) & (evidence.day % 2 == 0)
    found = features(house, rows_at(evidence, ~recent), end)
    assert found["trace_7"] == whole["trace_7"] == 1.0
    assert found["silent_days"] == whole["silent_days"] == 0.0
    assert found["rise_5"] > 0.0
    assert abs(found["exporting_mean_30"] - whole["exporting_mean_30"]) < 0.1


def test_nothing_usable_is_unknown_all_over() -> None:
    house, evidence = healthy()[0]
    blind = with_holes(evidence, 1, 0.0, 1.0)
    found = features(house, blind, blind.day[-1:])
    told = {name for name, values in found.items() if not np.isnan(values).all()}
    assert told == {"silent_days", "past_days", "limit_kw_per_kwp", "battery"}
    assert found["past_days"] == found["silent_days"] == 0.0


@pytest.mark.parametrize("number", range(HOUSES))
def test_a_house_that_dies_shows_it_within_three_days(number: int) -> None:
    house, evidence = healthy()[number]
    dead = evidence.rows.copy()
    dead[:, places_of("rise", "rise_expected")] = RISE_OF_NOTHING
    dead[:, places_of("exporting", "export_am", "export_noon", "export_pm", "top_export")] = 0
    onset = int(evidence.day[200])
    died = dead_from(evidence, Evidence(evidence.day, dead), onset)
    end = onset + np.arange(-1, 5)
    found, before = features(house, died, end), features(house, evidence, end)
    np.testing.assert_array_equal(found["rise_3_vs_past"][:1], before["rise_3_vs_past"][:1])
    assert (before["rise_3_vs_past"] > 0.4).all()
    assert (found["rise_3_vs_past"][3:] < 0.2).all()
    np.testing.assert_array_equal(found["rise_past"], before["rise_past"])
    assert found["silent_days"][3] >= 2.0
    assert (found["quiet_2"][2:] > before["quiet_2"][2:]).all()


def test_the_register_is_told() -> None:
    _, evidence = healthy()[0]
    end = evidence.day[-1:]
    plain = features(a_house(), evidence, end)
    limited = features(a_house(export_limit_kw=2.5, battery=True), evidence, end)
    assert [plain["limit_kw_per_kwp"].item(), plain["battery"].item()] == [2.0, 0.0]
    assert [limited["limit_kw_per_kwp"].item(), limited["battery"].item()] == [0.5, 1.0]
    assert limited["near_limit"] > plain["near_limit"]
    told = {name for name in FEATURES if not np.array_equal(plain[name], limited[name])}
    assert told == {"limit_kw_per_kwp", "battery", "near_limit"}
    far = features(replace(a_house(), latitude=10.0, azimuth=90.0), evidence, end)
    assert all(np.array_equal(far[name], plain[name]) for name in FEATURES), "the place is in the evidence"
