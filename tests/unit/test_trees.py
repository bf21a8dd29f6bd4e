"""Sums of small trees: by hand, row by row, and taken apart exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.readings import FloatArray
from sunsift.model.trees import Tree, Trees, leaves_of

NAN = float("nan")
# Is column 0 up to 1? If so: is column 1 up to 2? If not: is column 2 up to 3?
BY_HAND: Tree = ([0, 1, 2], [1.0, 2.0, 3.0], [0, 0, 0], [10.0, 20.0, 30.0, 40.0], [25.0, 15.0, 35.0])
FEATURES = 4
GROUPS = 3


def tree_with(missing_left: list[int]) -> Trees:
    """Return the tree by hand with other places for what is missing."""
    features, thresholds, _, leaves, means = BY_HAND
    return Trees.of(0.5, [(features, thresholds, missing_left, leaves, means)])


def column(*values: float) -> FloatArray:
    return np.array(values)[:, np.newaxis]


def random_trees(seed: int, count: int) -> Trees:
    """Return trees whose means are no special ones: what they add must not depend on that."""
    rng = np.random.default_rng(seed)
    trees: list[Tree] = [
        (
            rng.integers(FEATURES, size=3).tolist(),
            rng.normal(size=3).tolist(),
            rng.integers(2, size=3).tolist(),
            rng.normal(size=4).round(7).tolist(),
            rng.normal(size=3).round(7).tolist(),
        )
        for _ in range(count)
    ]
    return Trees.of(round(float(rng.normal()), 7), trees)


def random_table(seed: int, rows: int) -> FloatArray:
    rng = np.random.default_rng([seed, 1])
    table: FloatArray = np.where(
        rng.random((FEATURES, rows)) < 0.2, np.nan, rng.normal(size=(FEATURES, rows))
    )
    return table


@pytest.mark.parametrize(
    ("row", "leaf"),
    [
        ((0.0, 0.0, 9.0), 10.0),
        ((1.0, 2.0, 9.0), 10.0),  # a value up to the threshold goes left
        ((1.0, 2.1, 0.0), 20.0),
        ((1.1, 0.0, 3.0), 30.0),
        ((5.0, 0.0, 3.1), 40.0),
    ],
)
def test_a_tree_scores_as_by_hand(row: tuple[float, ...], leaf: float) -> None:
    trees = tree_with([0, 0, 0])
    assert len(trees) == 1
    assert trees.score(column(*row)).tolist() == [0.5 + leaf]


@pytest.mark.parametrize(
    ("missing_left", "row", "leaf"),
    [
        ([1, 0, 0], (NAN, 0.0, 9.0), 10.0),
        ([0, 0, 0], (NAN, 0.0, 9.0), 40.0),
        ([0, 1, 0], (0.0, NAN, 9.0), 10.0),
        ([0, 0, 1], (0.0, NAN, 9.0), 20.0),
        ([0, 0, 1], (9.0, 0.0, NAN), 30.0),
        ([1, 1, 0], (9.0, 0.0, NAN), 40.0),
        ([1, 0, 1], (NAN, NAN, NAN), 20.0),
    ],
)
def test_what_is_missing_goes_where_the_tree_says(
    missing_left: list[int], row: tuple[float, ...], leaf: float
) -> None:
    assert tree_with(missing_left).score(column(*row)).tolist() == [0.5 + leaf]


def test_trees_add_up() -> None:
    trees = Trees.of(1.0, [BY_HAND, BY_HAND, BY_HAND])
    assert trees.score(column(0.0, 0.0, 0.0)).tolist() == [31.0]
    assert Trees.of(1.25, []).score(column(0.0, 0.0)).tolist() == [1.25]


def test_a_question_adds_its_step_to_its_own_group() -> None:
    trees = tree_with([0, 0, 0])
    leaves = trees.leaves(np.array([[0.0, 9.0], [9.0, 0.0], [0.0, 0.0]]))
    parts = trees.contributions(leaves, np.array([0, 1, 2]), GROUPS)
    # To the left: 25 -> 15 by column 0, 15 -> 20 by column 1. To the right: 25 -> 35, 35 -> 30 by column 2.
    assert parts.tolist() == [[-10.0, 5.0, 0.0], [10.0, 0.0, -5.0]]
    one = trees.contributions(leaves, np.array([0, 0, 0]), 1)
    assert one.tolist() == [[-5.0], [5.0]]


@given(seed=st.integers(0, 2**32), count=st.integers(0, 40), rows=st.integers(1, 20))
def test_contributions_sum_to_the_score_less_the_means(seed: int, count: int, rows: int) -> None:
    trees, table = random_trees(seed, count), random_table(seed, rows)
    group = np.random.default_rng([seed, 2]).integers(GROUPS, size=FEATURES)
    parts = trees.contributions(trees.leaves(table), group, GROUPS)
    assert parts.shape == (rows, GROUPS)
    np.testing.assert_allclose(parts.sum(axis=1), trees.score(table) - trees.bias - trees.mean[0].sum())


@given(seed=st.integers(0, 2**32), count=st.integers(1, 300), rows=st.integers(1, 40))
def test_a_row_alone_is_the_row_in_the_batch(seed: int, count: int, rows: int) -> None:
    trees, table = random_trees(seed, count), random_table(seed, rows)
    group = np.arange(FEATURES) % GROUPS
    leaves = trees.leaves(table)
    scores, parts = trees.score(table, leaves), trees.contributions(leaves, group, GROUPS)
    assert scores.tolist() == trees.score(table).tolist()
    for row in range(rows):
        alone = np.ascontiguousarray(table[:, row : row + 1])
        assert trees.score(alone).tolist() == [scores[row]]
        assert trees.contributions(trees.leaves(alone), group, GROUPS).tolist() == [parts[row].tolist()]


def test_the_order_of_trees_does_not_matter() -> None:
    table = random_table(3, 50)
    trees = random_trees(3, 200)
    turned = Trees(
        bias=trees.bias,
        feature=trees.feature[:, ::-1],
        threshold=trees.threshold[:, ::-1],
        missing_left=trees.missing_left[:, ::-1],
        leaf=trees.leaf[::-1],
        mean=trees.mean[:, ::-1],
    )
    assert turned.score(table).tolist() == trees.score(table).tolist()


@given(seed=st.integers(0, 2**32), counts=st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_sums_asked_together_answer_as_each_alone(seed: int, counts: list[int]) -> None:
    heads = {str(place): random_trees(seed + place, count) for place, count in enumerate(counts)}
    table = random_table(seed, 12)
    together = leaves_of(heads, table)
    assert list(together) == list(heads)
    for name, trees in heads.items():
        np.testing.assert_array_equal(together[name], trees.leaves(table), strict=True)
