"""Train the model that ships: gradient-boosted trees of two questions, on homes whose truth is known."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.errors import SunsiftError
from sunsift.domain.readings import BoolArray, FloatArray
from sunsift.lab.evaluate.truth import POOR_UPTO, WELL
from sunsift.lab.record import Progress, no_progress
from sunsift.lab.train.card import Held, card_of, histograms_of
from sunsift.lab.train.fit import fit_odds, fit_value, need_scikit_learn
from sunsift.lab.train.samples import Fleet, Samples, samples_of
from sunsift.model.artefact import FORMAT, HeadFile, ModelFile
from sunsift.model.features import FEATURES
from sunsift.model.trees import Trees

__all__ = ["ROUNDS", "train"]
ROUNDS: Final = {"poor": 300, "performance": 150, "error": 40, "healthy": 60}
FOLDS: Final = 3
# Classes of log-odds in which what was said is compared with what was true.
CLASS_EDGES: Final = np.arange(-5.0, 6.0)
# Days of one house are much alike: so many tell as much as one case.
DAYS_A_CASE: Final = 10
LEAST_RISE: Final = 0.01
# The line goes on this far beyond the outermost classes.
FAR: Final = 20.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """What a row teaches. poor: shape (n,), 1 or 0, NaN where it lies between. performance: shape (n,)."""

    poor: FloatArray
    performance: FloatArray


def train(
    fleets: Sequence[Fleet],
    *,
    seed: int,
    version: str,
    data: str,
    feedback: Sequence[Samples] = (),
    rounds: dict[str, int] = ROUNDS,
    say: Say = lambda _: None,
    progress: Progress = no_progress,
) -> ModelFile:
    """Learn a model from fleets; equal arguments give an equal file.

    Homes are dealt into three folds. Each fold is judged by a model that saw neither its homes nor the last
    third of anybody's days: that gives the calibration, the error of the performance, and the figures on the
    card. The model that is returned has learnt from everything. version: its name. data: what it
    learnt from, for the card. feedback: what visits found, to learn from as well. progress: called with fits
    done and fits in all.
    Errors: MissingExtraError without scikit-learn; SunsiftError if there is nothing to tell apart, or too
    little to hold some of it out.
    """
    need_scikit_learn()
    parts, healthy = [], []
    for number, fleet in enumerate(fleets, start=1):
        say(f"laying out fleet {number} of {len(fleets)}: {len(fleet.homes)} homes")
        part, evidence = samples_of(fleet)
        parts.append(part)
        healthy += evidence
    samples = Samples.joined([*parts, *feedback])
    target = target_of(samples)
    if len(set(target.poor[~np.isnan(target.poor)].tolist())) < 2:
        raise SunsiftError("the homes give no poor periods, or no healthy ones: nothing can be learnt")
    say(f"learning from {len(samples)} periods of {len(samples.homes)} homes")
    held = _judge_held_out(samples, target, rounds, seed, lambda done: progress(done, 2 * FOLDS + 4))
    heads = _heads(
        samples, target, held, rounds, seed, lambda done: progress(2 * FOLDS + done, 2 * FOLDS + 4)
    )
    return ModelFile(
        format=FORMAT,
        version=version,
        features=list(FEATURES),
        heads=heads,
        calibration=_calibration(held, target, samples),
        training=histograms_of(healthy),
        card=card_of(samples, held, target.poor, data=data, seed=seed),
    )


def target_of(samples: Samples) -> Target:
    """Return what each row teaches.

    Panels that died days ago have made most of the period's energy and are poor all the same: the worse of
    the period and its last seven days decides. What lies between poor and well teaches nothing of either.
    Where somebody went and looked, that is the truth.
    """
    worst = np.fmin(samples.performance, samples.recent)
    with np.errstate(invalid="ignore"):
        known = np.where(worst <= POOR_UPTO, 1.0, np.where(samples.state == WELL, 0.0, np.nan))
    poor = np.where(np.isnan(samples.told), known, samples.told)
    return Target(poor, np.clip(samples.performance, 0.0, 1.0))


def fold_of(home: str) -> int:
    """Return the fold of a home; a home keeps its fold whatever the others are."""
    return hashlib.blake2b(home.encode(), digest_size=4, salt=b"fold").digest()[0] % FOLDS


def _judge_held_out(
    samples: Samples, target: Target, rounds: dict[str, int], seed: int, tick: Callable[[int], None]
) -> Held:
    """Judge every row by models that saw neither its home nor late days."""
    fold = np.array([fold_of(home) for home in samples.homes])[samples.home]
    odds, performance = np.full(len(samples), np.nan), np.full(len(samples), np.nan)
    for number in range(FOLDS):
        out = fold == number
        learnt = ~out & ~samples.late
        # A visit tells nothing of the performance, so visits alone are not enough to learn from.
        if not out.any() or np.isnan(target.performance[learnt]).all():
            continue
        table = np.ascontiguousarray(samples.table[out].T)
        head = _fit_poor(samples, target, learnt, rounds, seed)
        odds[out] = Trees.of(head.bias, head.trees).score(table)
        tick(2 * number + 1)
        head = _fit_performance(samples, target, learnt, rounds, seed)
        performance[out] = Trees.of(head.bias, head.trees).score(table)
        tick(2 * number + 2)
    if np.isnan(performance - target.performance).all():
        raise SunsiftError("the homes are too few, or their days, to judge the model on some it has not seen")
    return Held(odds, performance)


def _fit_poor(
    samples: Samples, target: Target, rows: BoolArray, rounds: dict[str, int], seed: int
) -> HeadFile:
    rows = rows & ~np.isnan(target.poor)
    return fit_odds(samples.table[rows], target.poor[rows], samples.weight[rows], rounds["poor"], seed)


def _fit_performance(
    samples: Samples, target: Target, rows: BoolArray, rounds: dict[str, int], seed: int
) -> HeadFile:
    rows = rows & ~np.isnan(target.performance)
    wanted = (samples.table[rows], target.performance[rows], samples.weight[rows])
    return fit_value(*wanted, rounds["performance"], seed)


def _heads(
    samples: Samples,
    target: Target,
    held: Held,
    rounds: dict[str, int],
    seed: int,
    tick: Callable[[int], None],
) -> dict[str, HeadFile]:
    """Fit the heads that ship, on all rows."""
    everything = np.ones(len(samples), np.bool_)
    heads = {"poor": _fit_poor(samples, target, everything, rounds, seed)}
    tick(1)
    heads["performance"] = _fit_performance(samples, target, everything, rounds, seed)
    tick(2)
    for name, value in (
        ("error", np.abs(held.performance - target.performance)),
        ("healthy", samples.healthy),
    ):
        known = ~np.isnan(value)
        heads[name] = fit_value(samples.table[known], value[known], samples.weight[known], rounds[name], seed)
        tick(3 if name == "error" else 4)
    return heads


def _calibration(held: Held, target: Target, samples: Samples) -> list[tuple[float, float]]:
    """Return the broken line that makes held-out log-odds honest, on metered homes if there are any.

    Boosting that is held back says too little where everything agrees, so that a straight line will not do:
    in each class of log-odds the share that was poor is put in place of what was said, pulled towards even
    odds by as much as half a case on either side, and made to rise.
    """
    rows = ~np.isnan(held.odds) & ~np.isnan(target.poor)
    if (rows & samples.metered).any():
        rows &= samples.metered
    odds, poor = held.odds[rows], target.poor[rows]
    place = np.searchsorted(CLASS_EDGES, odds, side="right")
    line: list[tuple[float, float]] = []
    for number in range(len(CLASS_EDGES) + 1):
        inside = place == number
        if inside.sum() < DAYS_A_CASE:
            continue
        cases = poor[inside].sum() / DAYS_A_CASE, (1.0 - poor[inside]).sum() / DAYS_A_CASE
        honest = math.log((float(cases[0]) + 0.5) / (float(cases[1]) + 0.5))
        least = line[-1][1] + LEAST_RISE if line else -math.inf
        line.append((round(float(odds[inside].mean()), 6), round(max(honest, least), 6)))
    first, last = line[0], line[-1]
    return [(first[0] - FAR, first[1] - FAR), *line, (last[0] + FAR, last[1] + FAR * LEAST_RISE)]
