"""One house over a stretch of days, as the House page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.evidence import Evidence, stack_evidence
from sunsift.domain.house import House
from sunsift.domain.readings import SLOTS, FloatArray, Packet, stack_days
from sunsift.domain.status import Change, Folded, Status
from sunsift.domain.verdict import Prediction
from sunsift.model import Model
from sunsift.records import NotedFeedback, Records, ReportRow, Standing
from sunsift.views.generation import Generation, Said, estimate
from sunsift.views.house_notes import Revision, late_revisions, notes_of

MOST_DAYS: Final = 400
REPORTS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Judged:
    """A prediction and where the house stood after it. period_end: the last day of its period."""

    period_end: int
    p_poor: float
    performance: float
    performance_se: float
    lost_kwh: float
    verdict: Status
    average: float
    status: Status


@dataclass(frozen=True, slots=True)
class HousePicture:
    """n consecutive dates of one house, `days[0]` to `days[-1]`, with or without readings; n may be 0.

    days: [since 1970-01-01]. net_kwh: export minus import, shape (n, 48) [kWh a half-hour], NaN if missing.
    import_kwh, export_kwh: shape (n,) [kWh a day], NaN where half of the day or more is missing.
    generation: see `sunsift.views.generation`; shape (n,) each.
    quality: one letter a date (see `Packet`), "" without a packet.
    standing: of now, whatever the stretch. judged, changes: within it, oldest first.
    reasons: of the newest prediction; notes: on battery, export limit and sunlight; both in plain words.
    revisions: days whose readings changed after those of later days had come.
    reports: of the house, the newest REPORTS_SHOWN first. stored_days: the first and last with a packet.
    """

    house: House
    standing: Standing
    days: Sequence[int]
    net_kwh: FloatArray
    import_kwh: FloatArray
    export_kwh: FloatArray
    generation: Generation
    quality: Sequence[str]
    judged: Sequence[Judged]
    changes: Sequence[Change]
    reasons: Sequence[str]
    notes: Sequence[str]
    revisions: Sequence[Revision]
    feedback: Sequence[NotedFeedback]
    reports: Sequence[ReportRow]
    stored_days: tuple[int, int] | None


def house_picture(
    records: Records, model: Model, house: House, first: int | None = None, last: int | None = None
) -> HousePicture:
    """Return the picture of a house from day `first` to day `last`, both included.

    Without them: all days that are stored. Days before the first and after the last stored one are left out,
    and of more than MOST_DAYS the last ones are shown.
    """
    name = house.house_id
    packets = records.days(name)
    stored = (packets[0].day, packets[-1].day) if packets else None
    days = _window(stored, first, last)
    shown = [packet for packet in packets if packet.day in days]
    told = [(prediction, folded) for _, prediction, folded in records.predictions(name)]
    evidence = stack_evidence(records.house_evidence(name))
    net_kwh, imports, exports = _energy(shown, days)
    standing = Standing(house, *told[-1]) if told else Standing(house, None, None)
    return HousePicture(
        house=house,
        standing=standing,
        days=days,
        net_kwh=net_kwh,
        import_kwh=imports,
        export_kwh=exports,
        generation=_generation(house, evidence, told, exports, days),
        quality=_quality(shown, days),
        judged=[_judged(prediction, folded) for prediction, folded in told if folded.as_of in days],
        changes=_changes([folded for _, folded in told], days),
        reasons=[model.explain(reason) for reason in told[-1][0].score.reasons] if told else [],
        notes=notes_of(house, evidence, days),
        revisions=[revision for revision in late_revisions(house, packets) if revision.day in days],
        feedback=list(records.feedback(name)),
        reports=records.reports_page(name, None, None, REPORTS_SHOWN).rows,
        stored_days=stored,
    )


def _window(stored: tuple[int, int] | None, first: int | None, last: int | None) -> range:
    if stored is None:
        return range(0)
    end = stored[1] if last is None else min(last, stored[1])
    begin = stored[0] if first is None else max(first, stored[0])
    return range(max(begin, end - MOST_DAYS + 1), end + 1)


def _energy(packets: Sequence[Packet], days: range) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return net energy, shape (n, 48), and daily import and export, each of shape (n,)."""
    stacked = stack_days(packets)
    at = stacked.day - days.start
    net = np.full((len(days), SLOTS), np.nan)
    net[at] = stacked.export_kwh - stacked.import_kwh
    daily = np.full((2, len(days)), np.nan)
    for row, half_hours in enumerate((stacked.import_kwh, stacked.export_kwh)):
        known = ~np.isnan(half_hours)
        sums = np.where(known, half_hours, 0.0).sum(axis=1)
        daily[row, at] = np.where(known.sum(axis=1) > SLOTS // 2, sums, np.nan)
    return net, daily[0], daily[1]


def _quality(packets: Sequence[Packet], days: range) -> list[str]:
    letters = [""] * len(days)
    for packet in packets:
        letters[packet.day - days.start] = packet.quality
    return letters


def _generation(
    house: House,
    evidence: Evidence,
    told: Sequence[tuple[Prediction, Folded]],
    exports: FloatArray,
    days: range,
) -> Generation:
    """Estimate the days from all that is known, of the months before and after them, too."""
    known = [*evidence.day[:1].tolist(), *evidence.day[-1:].tolist(), days.start, max(days.stop - 1, 0)]
    span = range(min(known), max(known) + 1) if days else range(0)
    sunlit, export_kwh = np.full(len(span), np.nan), np.full(len(span), np.nan)
    said = Said(*(np.full(len(span), np.nan) for _ in range(3)))
    if days:
        sunlit[evidence.day - span.start] = evidence.column("expected") * house.capacity_kwp
        export_kwh[days.start - span.start : days.stop - span.start] = exports
    for prediction, _ in told:
        if prediction.period_end in span:
            at, score = prediction.period_end - span.start, prediction.score
            said.performance[at], said.performance_se[at] = score.performance, score.performance_se
            said.lost_kwh[at] = score.lost_kwh
    whole = estimate(sunlit, export_kwh, said)
    cut = slice(days.start - span.start, days.stop - span.start)
    return Generation(
        whole.expected_kwh[cut], whole.estimated_kwh[cut], whole.low_kwh[cut], whole.high_kwh[cut]
    )


def _judged(prediction: Prediction, folded: Folded) -> Judged:
    score = prediction.score
    return Judged(
        period_end=prediction.period_end,
        p_poor=score.p_poor,
        performance=score.performance,
        performance_se=score.performance_se,
        lost_kwh=score.lost_kwh,
        verdict=score.verdict,
        average=folded.average,
        status=folded.status,
    )


def _changes(folded: Sequence[Folded], days: range) -> list[Change]:
    changes: list[Change] = []
    for after in folded:
        if after.change and after.change not in changes[-1:]:
            changes.append(after.change)
    return [change for change in changes if change.as_of in days]
