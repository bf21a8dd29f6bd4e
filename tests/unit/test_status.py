"""The rolling verdict: quick on strong evidence, calm on weak."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.rules import Rules
from sunsift.domain.status import (
    LOG_ODDS,
    POOR_FROM,
    WELL_AT_FIRST,
    WELL_UPTO,
    Change,
    Folded,
    Opinion,
    Status,
    fold,
    judge,
    log_odds,
)

TEN = Rules().fold_predictions
opinions = st.builds(
    Opinion,
    st.floats(0.0, 1.0).map(lambda p: round(p, 4)),
    st.sampled_from(Status),
)


def opinion(p_poor: float) -> Opinion:
    """Return what a sure model thinks."""
    return Opinion(p_poor, Status.POOR if p_poor > 0.5 else Status.WELL)


def folded(p_poor: list[float]) -> list[Folded]:
    """Fold sure opinions, one a day from day 0 on."""
    return fold([], None, list(enumerate(map(opinion, p_poor))), TEN)


def statuses(p_poor: list[float]) -> list[Status]:
    """Return the status after each of these opinions."""
    return [f.status for f in folded(p_poor)]


def test_the_first_clear_prediction_gives_a_status() -> None:
    assert statuses([0.02]) == [Status.WELL]
    assert statuses([0.98]) == [Status.POOR]
    assert statuses([0.6]) == [Status.UNKNOWN]


def test_a_dead_inverter_is_reported_within_days() -> None:
    after = statuses([0.02] * 40 + [0.9999] * 10)[40:]
    assert after.index(Status.POOR) + 1 <= 3
    assert after[-1] is Status.POOR


def test_one_odd_prediction_turns_nothing() -> None:
    assert set(statuses([0.05] * 20 + [1.0] + [0.05] * 20)) == {Status.WELL}
    assert set(statuses([0.95] * 20 + [0.0] + [0.95] * 20)) == {Status.POOR}


@pytest.mark.parametrize("start", [0.02, 0.98])
def test_a_house_at_the_boundary_does_not_flip(start: float) -> None:
    wavering = [0.5 + 0.12 * math.sin(day) for day in range(300)]
    assert len(set(statuses([start] * 30 + wavering))) == 1


@given(st.lists(st.floats(0.36, 0.64), min_size=1, max_size=40))
def test_averages_between_the_thresholds_change_nothing(p_poor: list[float]) -> None:
    assert set(statuses([0.01] * 5 + p_poor)) == {Status.WELL}


def test_predictions_that_cannot_tell_say_unknown() -> None:
    unsure = [(day, Opinion(0.9, Status.UNKNOWN)) for day in range(TEN)]
    assert {f.status for f in fold([], None, unsure, TEN)} == {Status.UNKNOWN}


def test_a_status_outlives_a_few_predictions_that_cannot_tell() -> None:
    days = [opinion(0.02)] * TEN + [Opinion(0.5, Status.UNKNOWN)] * TEN
    after = [f.status for f in fold([], None, list(enumerate(days)), TEN)][TEN:]
    assert after[:-1] == [Status.WELL] * (TEN - 1)
    assert after[-1] is Status.UNKNOWN


@given(st.lists(opinions, min_size=1, max_size=TEN), st.sampled_from(Status))
def test_a_judgement_obeys_its_thresholds(recent: list[Opinion], previous: Status) -> None:
    status, average = judge(recent, previous)
    assert 0.0 <= average <= 1.0
    assert round(average, 4) == average
    if all(o.verdict is Status.UNKNOWN for o in recent):
        assert status is Status.UNKNOWN
    elif average >= POOR_FROM:
        assert status is Status.POOR
    elif average <= (WELL_AT_FIRST if previous is Status.UNKNOWN else WELL_UPTO):
        assert status is Status.WELL
    else:
        assert status is previous


def test_a_new_house_is_well_as_soon_as_that_is_likelier() -> None:
    assert statuses([0.4]) == [Status.WELL]
    assert statuses([0.98] * 3 + [0.4])[-1] is Status.POOR


@given(st.lists(opinions, max_size=40), st.integers(0, 40))
def test_folding_in_two_parts_is_folding_at_once(days: list[Opinion], cut: int) -> None:
    dated = list(enumerate(days))
    whole = fold([], None, dated, TEN)
    first = fold([], None, dated[:cut], TEN)
    change = first[-1].change if first else None
    assert first + fold(days[:cut], change, dated[cut:], TEN) == whole
    assert first + fold(days[:cut][-TEN:], change, dated[cut:], TEN) == whole


@given(st.lists(opinions, max_size=40))
def test_every_change_follows_from_the_one_before(days: list[Opinion]) -> None:
    before = Status.UNKNOWN
    for entry in fold([], None, list(enumerate(days)), TEN):
        assert entry.previous is before
        if entry.status is not before:
            assert entry.change == Change(entry.as_of, entry.status, before)
        before = entry.status


@pytest.mark.parametrize(("p_poor", "limited"), [(0.0, LOG_ODDS[0]), (1.0, LOG_ODDS[1]), (0.5, 0.0)])
def test_log_odds_are_limited(p_poor: float, limited: float) -> None:
    assert log_odds(p_poor) == limited


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_log_odds_rise(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert LOG_ODDS[0] <= log_odds(low) <= log_odds(high) <= LOG_ODDS[1]
