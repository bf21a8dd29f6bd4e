"""Sums of small trees: every tree asks at most two questions, so each is a term of at most two features.

Such a sum is an additive model with pairs: what each feature adds to a score is known exactly, and scoring
needs numpy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from sunsift.domain.readings import FloatArray, IntArray

# Steps in one: sums over trees are made in whole billionths.
STEPS: Final = 1e9
Leaves = npt.NDArray[np.int8]
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

    def leaves(self, table: FloatArray) -> Leaves:
        """Return the leaf that each row reaches in each tree, shape (t, p); table: shape (features, p)."""
        # Below everything, an unknown value goes left; as it is, it goes right.
        both = np.concatenate((table, np.where(np.isnan(table), -np.inf, table)))
        column = self.feature + len(table) * self.missing_left
        root, left, right = (
            both[asked] <= least[:, np.newaxis] for asked, least in zip(column, self.threshold, strict=True)
        )
        place: Leaves = 3 - 2 * root.view(np.int8) - np.where(root, left, right)
        return place

    def score(self, table: FloatArray, leaves: Leaves | None = None) -> FloatArray:
        """Return the sum of all trees, shape (p,); table: shape (features, p), NaN where unknown."""
        place = self.leaves(table) if leaves is None else leaves
        steps = _whole(self.leaf).ravel().take(self._first_leaf() + place)
        total: FloatArray = steps.sum(axis=0) / STEPS
        return self.bias + total

    def contributions(self, leaves: Leaves, group: IntArray, groups: int) -> FloatArray:
        """Return what each group of features adds to each row's score, shape (p, groups).

        leaves: as `leaves` returns them. group: shape (features,), the group of each feature. A question adds
        the step from the mean before it to the mean after it (Saabas 2014), so that the groups of a row sum
        to its score minus the mean of all.
        """
        after_root = self.mean[[1, 1, 2, 2]].T
        first, second = after_root - self.mean[:1].T, self.leaf - after_root
        named_first, named_second = group[self.feature[:1]].T, group[self.feature[[1, 1, 2, 2]]].T
        number = np.arange(groups)[:, np.newaxis, np.newaxis]
        steps = _whole(
            np.where(named_first == number, first, 0.0) + np.where(named_second == number, second, 0.0)
        )
        place = self._first_leaf() + leaves
        result = np.empty((leaves.shape[1], groups))
        for of_group, total in zip(steps, result.T, strict=True):
            moved = place[of_group.any(axis=1)]
            total[:] = of_group.ravel().take(moved).sum(axis=0) / STEPS
        return result

    def _first_leaf(self) -> IntArray:
        """Return the place of each tree's first leaf among all leaves, shape (t, 1)."""
        return 4 * np.arange(len(self))[:, np.newaxis]


def leaves_of(heads: Mapping[str, Trees], table: FloatArray) -> dict[str, Leaves]:
    """Return what `Trees.leaves` gives for each of several sums; asked together, the table is read once."""
    sums = list(heads.values())
    together = Trees(
        bias=0.0,
        feature=np.concatenate([trees.feature for trees in sums], axis=1),
        threshold=np.concatenate([trees.threshold for trees in sums], axis=1),
        missing_left=np.concatenate([trees.missing_left for trees in sums], axis=1),
        leaf=np.concatenate([trees.leaf for trees in sums]),
        mean=np.concatenate([trees.mean for trees in sums], axis=1),
    )
    parts = np.split(together.leaves(table), np.cumsum([len(trees) for trees in sums])[:-1])
    return dict(zip(heads, parts, strict=True))


def _whole(values: FloatArray) -> FloatArray:
    """Return values in whole steps of a billionth: they add up exactly, in whatever order."""
    return np.rint(values * STEPS)
