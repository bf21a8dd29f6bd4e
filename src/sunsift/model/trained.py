"""The model that ships: an additive model of the house's last days, its own past and the region's sun."""

from collections.abc import Mapping
from importlib import resources
from typing import Final

import numpy as np

from sunsift.domain.drift import Histogram
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.ratio import over
from sunsift.domain.readings import FloatArray
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score
from sunsift.model.artefact import Artefact, read
from sunsift.model.calendar import HISTORY_DAYS, PERIOD_DAYS
from sunsift.model.features import FEATURES, Features, features
from sunsift.model.reasons import explain, reasons_of
from sunsift.model.trees import Leaves, leaves_of

POOR_FROM: Final = 0.5
WELL_UPTO: Final = 0.35
# The mean absolute error of a normal variable times this is its standard deviation.
ERROR_TO_SE: Final = 1.2533
LEAST_SE: Final = 0.02
UNKNOWN, WELL, POOR = range(3)
VERDICTS: Final = (Status.UNKNOWN, Status.WELL, Status.POOR)


class TrainedModel:
    """Scores periods of 30 days by what was learnt from homes whose generation was known."""

    history_days = HISTORY_DAYS

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact
        self.version = artefact.version
        self.card: Mapping[str, object] = artefact.card
        raw, calibrated = zip(*artefact.calibration, strict=True)
        self._raw, self._calibrated = np.array(raw), np.array(calibrated)

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        """Score each period from the HISTORY_DAYS of evidence up to its end, and nothing else.

        Result: one score a period, the same to the last digit whether it is scored alone or with others.
        """
        if not len(periods):
            return []
        found = features(house, evidence, periods.end)
        table = np.stack([found[name] for name in self._artefact.features])
        heads = self._artefact.heads
        leaves = leaves_of(heads, table)
        scores = {name: head.score(table, leaves[name]) for name, head in heads.items()}
        p_poor = self.probability(scores["poor"])
        performance = np.clip(scores["performance"], 0.0, 1.0)
        error = np.maximum(scores["error"] * ERROR_TO_SE, LEAST_SE)
        healthy_share = np.maximum(scores["healthy"], 0.0)
        healthy_kwh = healthy_share * clear_kwh(house, evidence, periods)
        return self._scores(house, found, leaves["poor"], p_poor, performance, error, healthy_kwh)

    def probability(self, log_odds: FloatArray) -> FloatArray:
        """Return calibrated probabilities from the trees' log-odds; both of shape (p,)."""
        calibrated = np.interp(log_odds, self._raw, self._calibrated)
        probability: FloatArray = 1.0 / (1.0 + np.exp(-calibrated))
        return probability

    def training_histograms(self) -> Mapping[str, Histogram]:
        """Return how the columns of the evidence were spread over healthy homes at training."""
        return {
            name: Histogram(tuple(told.edges), tuple(told.shares))
            for name, told in self._artefact.training.items()
        }

    def explain(self, reason: Reason) -> str:
        """Put a reason in plain words; a code of another version comes back as it is."""
        return explain(reason)

    def _scores(
        self,
        house: House,
        found: Features,
        leaves: Leaves,
        p_poor: FloatArray,
        performance: FloatArray,
        error: FloatArray,
        healthy_kwh: FloatArray,
    ) -> list[Score]:
        told = np.where(p_poor >= POOR_FROM, POOR, np.where(p_poor <= WELL_UPTO, WELL, UNKNOWN))
        reasons = reasons_of(self._artefact, house, found, leaves, told == POOR)
        numbers = (
            np.round(p_poor, 4).tolist(),
            np.round(performance, 3).tolist(),
            np.round(np.minimum(error, 1.0), 3).tolist(),
            np.round((1.0 - performance) * healthy_kwh, 1).tolist(),
            [VERDICTS[index] for index in told.tolist()],
        )
        return [Score(*values) for values in zip(*numbers, reasons, strict=True)]


def clear_kwh(house: House, evidence: Evidence, periods: Periods) -> FloatArray:
    """Return the registered panels' clear-sky output over each period, shape (p,) [kWh].

    Days without evidence take the mean of the others.
    """
    daily = evidence.column("clear")
    known = ~np.isnan(daily)
    # Whole steps of a millionth add up exactly, whatever comes before them.
    steps = np.rint(np.where(known, daily, 0.0) * 1e6).astype(np.int64)
    total = np.concatenate(([0], np.cumsum(steps)))
    count = np.concatenate(([0], np.cumsum(known)))
    first, stop = periods.first_row, periods.last_row + 1
    energy_seen = (total[stop] - total[first]) / 1e6
    mean = np.nan_to_num(over(energy_seen, (count[stop] - count[first]).astype(np.float64)))
    energy: FloatArray = mean * PERIOD_DAYS * house.capacity_kwp
    return energy


def shipped() -> TrainedModel:
    """Return the model in the package. Errors: DamagedModelError if its file was changed."""
    content = resources.files("sunsift.model").joinpath("shipped.json").read_bytes()
    return TrainedModel(read(content, FEATURES))
