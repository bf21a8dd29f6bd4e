"""The pure heart of predict: from what is stored of a house to what should be."""

import numpy as np

from sunsift.domain.evidence import Evidence, measure_evidence, stack_evidence
from sunsift.domain.period import Periods, input_digests, ready_periods
from sunsift.domain.rules import Rules
from sunsift.domain.status import Change, Folded, Status, fold
from sunsift.domain.verdict import Prediction
from sunsift.model import Model
from sunsift.parcels import Outcome, StoredPrediction, Work


def assess(work: Work, model: Model, rules: Rules) -> Outcome:
    """Measure the evidence of new days, score every period whose inputs changed, fold the statuses.

    The result depends on the packets, the registration and the closed profiles alone, not on how often or
    in which order they arrived: an unchanged input keeps its prediction, and the fold runs over days, not
    arrivals. Every region day of the work must be closed.
    """
    last_end = work.changed_to + model.history_days - 1
    measured = _measure(work)
    evidence = stack_evidence(sorted([*work.evidence, *measured]))
    periods = ready_periods(evidence, rules, work.changed_from, last_end)
    digests = input_digests(work.house, evidence, periods, model.history_days)
    stored = {p.folded.as_of: p for p in work.predictions}
    predictions = _score_stale(work, model, evidence, periods, digests, stored)
    ready = set(periods.end.tolist())
    withdrawn = [end for end in stored if work.changed_from <= end <= last_end and end not in ready]
    statuses, current = _restand(stored, predictions, withdrawn, rules)
    return Outcome(work, predictions, withdrawn, statuses, _to_report(current, work.reported), measured)


def _measure(work: Work) -> list[tuple[int, bytes]]:
    """Return the evidence of the days that have none yet: (day, row)."""
    days = [packet.day for packet in work.packets]
    rows = measure_evidence(work.house, work.packets, [work.profiles[day] for day in days])
    return list(zip(days, rows, strict=True))


def _score_stale(
    work: Work,
    model: Model,
    evidence: Evidence,
    periods: Periods,
    digests: list[str],
    stored: dict[int, StoredPrediction],
) -> list[Prediction]:
    stale = np.array(
        [
            end not in stored or stored[end].input_digest != digest
            for end, digest in zip(periods.end.tolist(), digests, strict=True)
        ],
        dtype=np.bool_,
    )
    if not stale.any():
        return []
    to_score = periods.take(stale)
    scores = model.score(work.house, evidence, to_score)
    stale_digests = [digest for digest, is_stale in zip(digests, stale, strict=True) if is_stale]
    return [
        Prediction(end, usable_days, score, model.version, digest)
        for end, usable_days, score, digest in zip(
            to_score.end.tolist(), to_score.usable_days.tolist(), scores, stale_digests, strict=True
        )
    ]


def _restand(
    stored: dict[int, StoredPrediction],
    predictions: list[Prediction],
    withdrawn: list[int],
    rules: Rules,
) -> tuple[list[Folded], Change | None]:
    """Fold again from the first day that differs; return what changed, and the last change of status."""
    opinions = {as_of: p.opinion for as_of, p in stored.items() if as_of not in withdrawn}
    opinions |= {p.period_end: p.score.opinion() for p in predictions}
    rescored = {p.period_end for p in predictions}
    first = min([*rescored, *withdrawn], default=None)
    if first is None:
        newest = max(stored, default=None)
        return [], stored[newest].folded.change if newest is not None else None
    before = sorted(as_of for as_of in opinions if as_of < first)
    change = stored[before[-1]].folded.change if before else None
    new = [(as_of, opinions[as_of]) for as_of in sorted(opinions) if as_of >= first]
    folded = fold([opinions[as_of] for as_of in before], change, new, rules.fold_predictions)
    differing = [f for f in folded if f.as_of in rescored or f != stored[f.as_of].folded]
    return differing, folded[-1].change if folded else change


def _to_report(current: Change | None, reported: Change | None) -> Change | None:
    """Return the change that the retailer has yet to hear of."""
    if current is None and reported is not None and reported.status is not Status.UNKNOWN:
        # Corrections took away every verdict that was ever reported.
        return Change(reported.as_of, Status.UNKNOWN, reported.status)
    return current if current != reported else None
