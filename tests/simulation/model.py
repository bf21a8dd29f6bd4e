"""A model that is cheap, deterministic, and falls for every null that is taken for a zero."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from sunsift.domain.drift import Histogram
from sunsift.domain.evidence import Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import FloatArray
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score

# Where the whole fleet is dead, so is the sun.
LEAST_LIGHT = 0.2


class LevelModel:
    """Judges by what the usable days it sees exported, of what the region's sunlight promised.

    It looks back further than a period, and names every byte that it saw, so that nothing differs unseen.
    """

    version = "level-2"
    history_days = 6
    card: Mapping[str, object] = MappingProxyType({})

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        """Score each period from the rows that it may see."""
        export, light = evidence.column("export_noon"), evidence.column("light_noon")
        share = np.where(evidence.usable, export, np.nan) / np.maximum(light, LEAST_LIGHT)
        start = np.searchsorted(evidence.day, periods.end - (self.history_days - 1))
        return [
            _one(share[first : last + 1], evidence.rows[first : last + 1].tobytes())
            for first, last in zip(start.tolist(), periods.last_row.tolist(), strict=True)
        ]

    def training_histograms(self) -> Mapping[str, Histogram]:
        """Return nothing: it was not trained."""
        return {}

    def explain(self, reason: Reason) -> str:
        """Put a reason in words."""
        return f"the rows it saw have the checksum {reason.value}"


def _one(shares: FloatArray, rows: bytes) -> Score:
    present = shares[np.isfinite(shares)]
    share = float(present.mean()) if present.size else 0.0
    p_poor = round(min(1.0, max(0.0, 1.4 - 3.0 * share)), 4)
    verdict = Status.POOR if p_poor > 0.8 else Status.WELL if p_poor < 0.2 else Status.UNKNOWN
    return Score(p_poor, round(share, 3), 0.05, 0.0, verdict, (Reason("rows", zlib.crc32(rows) & 0x7FFF),))
