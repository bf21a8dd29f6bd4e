"""Fit small trees by gradient boosting, and take them out of the library that grew them."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from sunsift.domain.errors import MissingExtraError
from sunsift.domain.readings import FloatArray
from sunsift.model.artefact import HeadFile

# Two questions a tree make a model with pairs of features, and no more: measured against deeper trees and
# single questions in docs/model.md.
DEPTH: Final = 2
LEARNING_RATE: Final = 0.12
ROWS_A_LEAF: Final = 200
RIDGE: Final = 5.0
BINS: Final = 63
COLUMNS_A_SPLIT: Final = 0.5
DECIMALS: Final = 7
BEYOND_ALL: Final = 1e30


def need_scikit_learn() -> None:
    """Errors: MissingExtraError where scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training", "lab") from error


def fit_odds(table: FloatArray, poor: FloatArray, weight: FloatArray, rounds: int, seed: int) -> HeadFile:
    """Fit the log-odds of poor. table: shape (n, features), NaN unknown; poor: shape (n,), 0 or 1."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    grown = HistGradientBoostingClassifier(**_settings(rounds, seed))
    return _taken_out(_grow(grown, table, poor, weight))


def fit_value(table: FloatArray, value: FloatArray, weight: FloatArray, rounds: int, seed: int) -> HeadFile:
    """Fit the mean of a value; shapes as in `fit_odds`."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    grown = HistGradientBoostingRegressor(**_settings(rounds, seed))
    return _taken_out(_grow(grown, table, value, weight))


def _settings(rounds: int, seed: int) -> dict[str, Any]:
    return {
        "max_iter": rounds,
        "learning_rate": LEARNING_RATE,
        "max_depth": DEPTH,
        "min_samples_leaf": ROWS_A_LEAF,
        "l2_regularization": RIDGE,
        "max_bins": BINS,
        "max_features": COLUMNS_A_SPLIT,
        "early_stopping": False,
        "random_state": seed,
    }


def _grow(grown: Any, table: FloatArray, target: FloatArray, weight: FloatArray) -> Any:
    # A column of which nothing is known cannot be cut into bins; as a constant it is never asked for.
    table = np.where(np.isnan(table).all(axis=0), 0.0, table)
    return grown.fit(table.astype(np.float32), target, sample_weight=weight)


def _taken_out(grown: Any) -> HeadFile:
    """Return the trees of a fitted estimator, rounded so that the file is small."""
    bias = float(np.ravel(grown._baseline_prediction)[0])
    trees = [_tree(stage[0].nodes) for stage in grown._predictors]
    return HeadFile(bias=round(bias, DECIMALS), trees=trees)


def _tree(nodes: Any) -> tuple[list[int], list[float], list[int], list[float], list[float]]:
    """Return one tree of depth two or less; a question that is not asked gets two equal leaves."""
    root = nodes[0]
    if root["is_leaf"]:
        value = round(float(root["value"]), DECIMALS)
        return [0, 0, 0], [0.0, 0.0, 0.0], [0, 0, 0], [value] * 4, [value] * 3
    asked, leaves, means, counts = [root], [], [], []
    for place in (root["left"], root["right"]):
        child = nodes[place]
        asked.append(child)
        ends = [child, child] if child["is_leaf"] else [nodes[child["left"]], nodes[child["right"]]]
        values = [round(float(end["value"]), DECIMALS) for end in ends]
        weights = [float(end["count"]) for end in ends]
        leaves.extend(values)
        means.append(_mean(values, weights))
        counts.append(float(child["count"]))
    questions = [(0, 0.0, 0) if q["is_leaf"] else _question(q) for q in asked]
    columns, thresholds, missing = (list(part) for part in zip(*questions, strict=True))
    rounded = [round(mean, DECIMALS) for mean in (_mean(means, counts), *means)]
    return columns, thresholds, missing, leaves, rounded


def _question(node: Any) -> tuple[int, float, int]:
    # An infinite threshold parts the known from the unknown; a file of plain JSON holds no infinity.
    threshold = min(float(node["num_threshold"]), BEYOND_ALL)
    return int(node["feature_idx"]), threshold, int(node["missing_go_to_left"])


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return float(np.average(values, weights=weights))
