"""Compare trees of one question, of two, and of six deep: `python tools/compare_depths.py [--effort 0.1]`.

The rows are those that `sunsift lab train` learns from, with fewer simulated homes. As there, homes are dealt
into three folds, and metered homes are judged by trees that saw neither them nor the late days of others.
"""

import argparse
import time
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from sunsift.domain.readings import BoolArray, FloatArray
from sunsift.lab.datasets import real_homes
from sunsift.lab.evaluate.metrics import auc, average_precision
from sunsift.lab.split import Split
from sunsift.lab.train import FOLDS, ROUNDS, fold_of, target_of
from sunsift.lab.train.fit import BINS, COLUMNS_A_SPLIT, LEARNING_RATE, RIDGE, ROWS_A_LEAF
from sunsift.lab.train.recipe import SIMULATED_DAYS, fleets_of, metered_homes, simulated_homes
from sunsift.lab.train.samples import Samples, samples_of

# How deep, in words, and how many times the usual rounds: the fewer the questions, the more trees it takes.
DEPTHS: Final = (
    (1, "one question: no pairs", 2.0),
    (2, "two questions: pairs", 1.0),
    (6, "six deep: free", 1 / 3),
)

NARROWEST: Final = 100


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tools/compare_depths.py", description=__doc__)
    parser.add_argument("--effort", type=float, default=1.0, metavar="X", help="this many times the trees")
    parser.add_argument(
        "--simulated", type=int, default=80, metavar="N", help="simulated homes to learn from"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _samples(simulated: int, seed: int) -> Samples:
    """Return the rows of metered `dev` homes and of simulated ones."""
    real = real_homes()
    metered = metered_homes(real.homes_csv, real.readings_parquet, Split.DEV)
    made_up = simulated_homes(simulated, SIMULATED_DAYS, seed) if simulated else []
    return Samples.joined([samples_of(fleet)[0] for fleet in fleets_of(metered, made_up, seed)])


def _held_out_odds(samples: Samples, poor: FloatArray, depth: int, rounds: int, seed: int) -> FloatArray:
    """Return the log-odds of metered rows by trees that saw neither their home nor late days, shape (n,)."""
    fold = np.array([fold_of(home) for home in samples.homes])[samples.home]
    odds = np.full(len(samples), np.nan)
    for number in range(FOLDS):
        out = (fold == number) & samples.metered
        learnt = (fold != number) & ~samples.late & ~np.isnan(poor)
        if out.any():
            grown = _grown(samples, poor, learnt, depth, rounds, seed)
            odds[out] = grown.decision_function(samples.table[out].astype(np.float32))
    return odds


def _grown(samples: Samples, poor: FloatArray, rows: BoolArray, depth: int, rounds: int, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        max_iter=rounds,
        max_depth=depth,
        learning_rate=LEARNING_RATE,
        min_samples_leaf=ROWS_A_LEAF,
        l2_regularization=RIDGE,
        max_bins=BINS,
        max_features=COLUMNS_A_SPLIT,
        early_stopping=False,
        random_state=seed,
    )
    table = samples.table[rows]
    # A column of which nothing is known cannot be cut into bins.
    table[:, np.isnan(table).all(axis=0)] = 0.0
    return trees.fit(table.astype(np.float32), poor[rows], sample_weight=samples.weight[rows])


def _figures(odds: FloatArray, poor: FloatArray) -> tuple[float, float]:
    """Return ROC-AUC and average precision at 5 %, of the rows that are judged and known."""
    known = ~np.isnan(odds) & ~np.isnan(poor)
    values, rank = np.unique(odds[known], return_inverse=True)
    of_poor, of_well = (
        np.bincount(rank[poor[known] == state], minlength=len(values)).astype(np.float64)
        for state in (1.0, 0.0)
    )
    return auc(of_poor, of_well), average_precision(of_poor, of_well)


def main() -> None:
    """Fit each depth and print how well it tells held-out metered homes apart."""
    asked = _arguments()
    console = Console()
    console.width = max(console.width, NARROWEST)
    samples = _samples(asked.simulated, asked.seed)
    poor = target_of(samples).poor
    table = Table(title=f"{len(samples):,} periods of {len(samples.homes)} homes", title_justify="left")
    for column in ("trees", "rounds", "ROC-AUC", "average precision at 5 %", "fit and judge, s"):
        table.add_column(column)
    for depth, words, times in DEPTHS:
        rounds = max(1, round(asked.effort * times * ROUNDS["poor"]))
        began = time.perf_counter()
        odds = _held_out_odds(samples, poor, depth, rounds, asked.seed)
        seconds = time.perf_counter() - began
        area, precision = _figures(odds, poor)
        table.add_row(words, str(rounds), f"{area:.4f}", f"{precision:.4f}", f"{seconds:.0f}")
    console.print(table)


if __name__ == "__main__":
    main()
