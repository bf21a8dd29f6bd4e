"""How far numbers moved away from those that a model was trained on."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.readings import FloatArray, IntArray

# The usual reading of the index: below the first stable, above the second drifted.
MOVED_FROM: Final = 0.10
DRIFTED_FROM: Final = 0.25
# Empty bins count as this share, so that a single value in one does not make the index infinite.
LEAST_SHARE: Final = 1e-4
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the values of a column were spread at training.

    edges: shape (b - 1,), rising; bin i holds values from edge i - 1, itself included, up to below edge i.
    shares: shape (b,), of all values; they add up to 1. Errors: ValueError if the shapes do not fit.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.shares) != len(self.edges) + 1:
            raise ValueError("a histogram has one share more than edges")
        if any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("the edges of a histogram must rise")


def histogram_of(values: FloatArray, bins: int = BINS) -> Histogram:
    """Return the histogram of values between their quantiles; any shape, NaN is left out.

    Equal quantiles become one edge, so there are at most `bins` bins; values that are all equal have one, and
    show no drift. Errors: ValueError without any value.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        raise ValueError("there is no value to make a histogram of")
    smallest = known.min()
    # Each edge is itself a value, and the one above the smallest stands for it: so a value that most have in
    # common shares no bin with everything above it.
    quantiles = np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf")
    above = known[known > smallest].min(initial=np.inf)
    edges = np.unique(np.where(quantiles > smallest, quantiles, above))
    edges = edges[np.isfinite(edges)]
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
    return Histogram(tuple(edges.tolist()), tuple((counts / known.size).tolist()))


def stability(
    edges: tuple[float, ...], shares: tuple[float, ...], values: FloatArray, counts: IntArray | None = None
) -> float:
    """Return the population stability index of values against a histogram [1], NaN without any value.

    edges, shares: as in `Histogram`. values: any shape, NaN is left out. counts: how often each value
    occurs, the same shape; None for once each. Below 0.1 the values are usually called stable, up to 0.25
    moved, above drifted. Without any drift n independent values give about (bins - 1) / n on average.

    Source: Siddiqi (2006), Credit Risk Scorecards, chapter 9; it is the symmetric divergence of Kullback and
    Leibler (1951, doi 10.1214/aoms/1177729694) between the binned distributions.
    """
    known = np.isfinite(values)
    weights = None if counts is None else counts[known]
    place = np.searchsorted(edges, values[known], side="right")
    found = np.bincount(place, weights=weights, minlength=len(shares)).astype(np.float64)
    if found.sum() == 0.0:
        return float("nan")
    actual = np.maximum(found / found.sum(), LEAST_SHARE)
    expected = np.maximum(shares, LEAST_SHARE)
    return float(((actual - expected) * np.log(actual / expected)).sum())
