"""The population stability index and its histograms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.drift import DRIFTED_FROM, MOVED_FROM, Histogram, histogram_of, stability

RNG = np.random.default_rng(5)
TRAINED = RNG.normal(0.0, 1.0, 20_000)


def index(trained: Histogram, values: list[float] | np.ndarray) -> float:
    return stability(trained.edges, trained.shares, np.asarray(values, np.float64))


def test_a_known_case_has_the_index_of_the_formula() -> None:
    # Shares 0.5 and 0.5 became 0.8 and 0.2.
    expected = 0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5)
    assert index(Histogram((0.0,), (0.5, 0.5)), [-1.0] * 8 + [1.0] * 2) == pytest.approx(expected)


def test_the_same_numbers_are_stable_and_moved_ones_are_not() -> None:
    trained = histogram_of(TRAINED)
    assert index(trained, TRAINED) == pytest.approx(0.0, abs=1e-12)
    assert index(trained, RNG.normal(0.0, 1.0, 3000)) < 0.02
    assert MOVED_FROM < index(trained, RNG.normal(0.4, 1.0, 3000)) < DRIFTED_FROM
    assert index(trained, RNG.normal(1.0, 1.0, 3000)) > DRIFTED_FROM


def test_a_bin_holds_its_lower_edge() -> None:
    trained = Histogram((0.0, 1.0), (0.25, 0.5, 0.25))
    assert index(trained, [-1.0, 0.0, 0.0, 1.0]) == pytest.approx(0.0, abs=1e-12)


def test_values_may_come_with_their_counts() -> None:
    trained = histogram_of(TRAINED)
    values, counts = np.array([-1.0, np.nan, 0.2, 3.0]), np.array([2, 5, 1, 4])
    told = stability(trained.edges, trained.shares, values, counts)
    assert told == pytest.approx(index(trained, np.repeat(values, counts)))


def test_an_empty_bin_makes_it_large_and_not_infinite() -> None:
    assert 1.0 < index(Histogram((0.0,), (1.0, 0.0)), [1.0]) < 20.0


def test_a_value_that_most_have_in_common_has_its_own_bin() -> None:
    mostly_one = histogram_of(np.array([1.0] * 97 + [0.0, 0.4, 0.8]))
    assert mostly_one.shares == pytest.approx((0.03, 0.97))
    assert index(mostly_one, [1.0] * 50 + [0.2] * 50) > DRIFTED_FROM
    mostly_nothing = histogram_of(np.array([0.0] * 97 + [0.4, 0.8, 1.0]))
    assert mostly_nothing.shares == pytest.approx((0.97, 0.03))


def test_nothing_to_compare_is_no_number() -> None:
    assert np.isnan(index(histogram_of(TRAINED), [np.nan]))
    assert np.isnan(index(histogram_of(TRAINED), []))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=80), st.integers(1, 12))
def test_a_histogram_describes_what_it_was_made_of(whole: list[int], bins: int) -> None:
    values = np.array(whole, np.float64)
    made = histogram_of(np.append(values, np.nan), bins)
    assert len(made.shares) <= bins
    assert sum(made.shares) == pytest.approx(1.0)
    assert all(share > 0.0 for share in made.shares)
    assert stability(made.edges, made.shares, values) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("edges", "shares"), [((0.0,), (1.0,)), ((1.0, 0.0), (0.2, 0.3, 0.5))])
def test_a_histogram_that_does_not_fit_is_refused(
    edges: tuple[float, ...], shares: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="histogram"):
        Histogram(edges, shares)


def test_no_values_make_no_histogram() -> None:
    with pytest.raises(ValueError, match="no value"):
        histogram_of(np.array([np.nan]))
