"""The card of a trained model: what it learnt from, how well it did on what it had not seen, its limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sunsift.domain.evidence import COLUMNS, Evidence
from sunsift.domain.readings import BoolArray, FloatArray
from sunsift.lab.evaluate.metrics import auc, average_precision
from sunsift.lab.evaluate.tally import BINS
from sunsift.lab.train.samples import Samples
from sunsift.model.artefact import HistogramFile
from sunsift.model.features import FEATURES

SHARES: Final = 10
PAST_DAYS: Final = 90.0
LIMITS: Final = (
    "Learnt from few metered homes: two places, systems of 1 to 5 kWp, and the same scaled up.",
    "Faults were injected cleanly; real ones may look otherwise.",
    "A registered capacity that is far too high looks like a fault while there is no past.",
    "Midday trips, slow fading and growing shade are found late or not at all.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """What was said of rows by models that had seen neither their home nor late days; shape (n,)."""

    odds: FloatArray
    performance: FloatArray


def histograms_of(healthy: Sequence[Evidence]) -> dict[str, HistogramFile]:
    """Return how each column of the evidence is spread over healthy homes, in tenths."""
    found = {}
    for name in COLUMNS:
        values = np.concatenate([evidence.column(name) for evidence in healthy])
        values = values[~np.isnan(values)]
        edges = np.unique(np.round(np.quantile(values, np.arange(1, SHARES) / SHARES), 4))
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        found[name] = HistogramFile(edges.tolist(), np.round(counts / counts.sum(), 4).tolist())
    return found


def card_of(samples: Samples, held: Held, poor: FloatArray, *, data: str, seed: int) -> dict[str, Any]:
    """Return the card; poor: shape (n,), what each row taught."""
    rows = ~np.isnan(held.odds) & ~np.isnan(poor)
    if (rows & samples.metered).any():
        rows &= samples.metered
    with_past = samples.table[:, FEATURES.index("past_days")] >= PAST_DAYS
    kinds = {
        "unseen homes, with 90 days of past": rows & with_past,
        "unseen homes, without": rows & ~with_past,
        "unseen homes in unseen months": rows & samples.late,
    }
    error = held.performance - np.clip(samples.performance, 0.0, 1.0)
    return {
        "learnt_from": data,
        "homes": len(samples.homes),
        "periods": len(samples),
        "seed": seed,
        "features": len(FEATURES),
        "held_out": {kind: _figures(held.odds, poor, wanted) for kind, wanted in kinds.items()},
        "performance_error": _rounded(float(np.nanmean(np.abs(error[rows])))) if rows.any() else None,
        "licence": "Apache-2.0; the data sets keep their own",
        "limits": list(LIMITS),
    }


def _figures(odds: FloatArray, poor: FloatArray, wanted: BoolArray) -> dict[str, float | int | None]:
    p = 1.0 / (1.0 + np.exp(-odds[wanted]))
    bins = np.rint(p * (BINS - 1)).astype(np.int64)
    is_poor, is_well = (
        np.bincount(bins[poor[wanted] == state], minlength=BINS).astype(np.float64) for state in (1.0, 0.0)
    )
    return {
        "periods": int(wanted.sum()),
        "roc_auc": _rounded(auc(is_poor, is_well)),
        "average_precision_at_5": _rounded(average_precision(is_poor, is_well)),
    }


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
