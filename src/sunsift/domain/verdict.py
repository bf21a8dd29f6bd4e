"""What a model says of one period, in the exact form that is stored, folded and exported."""

from dataclasses import dataclass

from sunsift.domain.status import Opinion, Status


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: a word of the model's vocabulary and the number it speaks of.

    The number is whole so that it is stored exactly; the model's `explain` knows its unit.
    """

    code: str
    value: int


@dataclass(frozen=True, slots=True)
class Score:
    """A model's answer for one period, rounded so that equal inputs store equal bytes everywhere.

    p_poor: probability that the panels perform poorly, in steps of 0.0001.
    performance: share of healthy output that the panels made, in steps of 0.001.
    performance_se: its standard error, in steps of 0.001.
    lost_kwh: energy lost against healthy panels over the period, in steps of 0.1 [kWh].
    """

    p_poor: float
    performance: float
    performance_se: float
    lost_kwh: float
    verdict: Status
    reasons: tuple[Reason, ...]

    @property
    def lost_kwh_range(self) -> tuple[float, float]:
        """What was lost at the least and at the most, one standard error to either side [kWh]."""
        if self.performance >= 1.0:
            return 0.0, 0.0
        healthy_kwh = self.lost_kwh / (1.0 - self.performance)
        blur = self.performance_se * healthy_kwh
        return round(max(self.lost_kwh - blur, 0.0), 1), round(min(self.lost_kwh + blur, healthy_kwh), 1)

    def opinion(self) -> Opinion:
        """Return what the status fold needs of this score."""
        return Opinion(self.p_poor, self.verdict)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A score with what it rests on.

    period_end: last day of the period [days since 1970-01-01].
    input_digest: 32 hexadecimal digits naming the inputs.
    """

    period_end: int
    usable_days: int
    score: Score
    model_version: str
    input_digest: str
