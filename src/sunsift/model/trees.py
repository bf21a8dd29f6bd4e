"""Sums of small trees: every tree asks at most two questions, so each is a term of at most two features.

Such a sum is an additive model with pairs: what each feature adds to a score is known exactly, and scoring
needs numpy alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from sunsift.domain.readings import FloatArray, IntArray

Tree = tuple[Sequence[int], Sequence[float], Sequence[int], Sequence[float], Sequence[float]]
"""features (3), thresholds (3), missing goes left (3), leaf values (4), means (3: all, left, right)."""


@dataclass(frozen=True, slots=True)
class Trees:
    """t trees of depth two. Questions are numbered root, left, right; leaves from left to right.

    bias: what is added to every score. feature: shape (3, t), column of each question. threshold: shape
    (3, t); a value up to it goes left. missing_left: shape (3, t), where an unknown value goes. leaf: shape
    (t, 4). mean: shape (3, t), expected value of the tree before any question, and below its root to the
    left and to the right.
    """

    bias: float
    feature: IntArray
    threshold: FloatArray
    missing_left: npt.NDArray[np.bool_]
    leaf: FloatArray
    mean: FloatArray

    @classmethod
    def of(cls, bias: float, trees: Sequence[Tree]) -> Self:
        """Stack trees."""

        def column(place: int, width: int) -> FloatArray:
            values = np.array([tree[place] for tree in trees], np.float64)
            return np.ascontiguousarray(values.reshape(len(trees), width).T)

        return cls(
            bias=bias,
            feature=column(0, 3).astype(np.int64),
            threshold=column(1, 3),
            missing_left=column(2, 3) > 0.0,
            leaf=np.ascontiguousarray(column(3, 4).T),
            mean=column(4, 3),
        )

    def __len__(self) -> int:
        return len(self.leaf)

    def leaves(self, table: FloatArray) -> IntArray:
        """Return the leaf that each row reaches in each tree, shape (t, p); table: shape (features, p)."""
        unknown = np.isnan(table)
        answers = []
        for question in range(3):
            column, least = self.feature[question], self.threshold[question]
            left = table[column] <= least[:, np.newaxis]
            missing = self.missing_left[question]
            if missing.any():
                left |= unknown[column] & missing[:, np.newaxis]
            answers.append(left)
        root, left, right = answers
        place: IntArray = np.where(root, np.where(left, 0, 1), np.where(right, 2, 3))
        return place

    def score(self, table: FloatArray, leaves: IntArray | None = None) -> FloatArray:
        """Return the sum of all trees, shape (p,); table: shape (features, p), NaN where unknown."""
        place = self.leaves(table) if leaves is None else leaves
        values = np.take_along_axis(self.leaf, place, axis=1)
        return self.bias + _exact_sum(values)

    def contributions(self, leaves: IntArray, group: IntArray, groups: int) -> FloatArray:
        """Return what each group of features adds to each row's score, shape (p, groups).

        leaves: as `leaves` returns them. group: shape (features,), the group of each feature. A question adds
        the step from the mean before it to the mean after it (Saabas 2014), so that the groups of a row sum
        to its score minus the mean of all.
        """
        at_root = self.mean[0][:, np.newaxis]
        went_left = leaves < 2
        after_root = np.where(went_left, self.mean[1][:, np.newaxis], self.mean[2][:, np.newaxis])
        at_leaf = np.take_along_axis(self.leaf, leaves, axis=1)
        named = [group[self.feature[question]] for question in range(3)]
        result = np.zeros((leaves.shape[1], groups))
        for number in range(groups):
            first = (named[0] == number)[:, np.newaxis]
            second = np.where(
                went_left, (named[1] == number)[:, np.newaxis], (named[2] == number)[:, np.newaxis]
            )
            parts = np.where(first, after_root - at_root, 0.0) + np.where(second, at_leaf - after_root, 0.0)
            result[:, number] = _exact_sum(parts)
        return result


def _exact_sum(values: FloatArray) -> FloatArray:
    """Return the sum over trees, shape (p,); values: shape (t, p)."""
    # Whole steps of a billionth add up exactly, in whatever order.
    total: FloatArray = np.rint(values * 1e9).astype(np.int64).sum(axis=0) / 1e9
    return total
