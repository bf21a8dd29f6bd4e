"""What can be exported: each table's columns in their fixed order, and its rows in the order of its key.

Others script against these shapes. Two equal states give equal rows, columns of wall-clock time aside.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sunsift.domain.readings import day_date
from sunsift.formats.tables import Column, Kind, Row
from sunsift.model import Model
from sunsift.records import Counts, Records


@dataclass(frozen=True, slots=True)
class Export:
    """One exportable table.

    rows: reads them as a stream. expected: how many there are about, for progress.
    """

    columns: tuple[Column, ...]
    rows: Callable[[Records, Model], Iterator[Row]]
    expected: Callable[[Counts], int]


def _predictions(records: Records, model: Model) -> Iterator[Row]:
    for house_id, prediction, _ in records.predictions():
        score = prediction.score
        yield (
            house_id,
            day_date(prediction.period_end),
            prediction.usable_days,
            score.p_poor,
            score.performance,
            score.performance_se,
            score.lost_kwh,
            *score.lost_kwh_range,
            str(score.verdict),
            [model.explain(reason) for reason in score.reasons],
            prediction.model_version,
            prediction.input_digest,
        )


def _statuses(records: Records, _: Model) -> Iterator[Row]:
    for house_id, _prediction, folded in records.predictions():
        yield house_id, day_date(folded.as_of), str(folded.status), folded.average, str(folded.previous)


def _reports(records: Records, _: Model) -> Iterator[Row]:
    for r in records.reports():
        as_of = day_date(r.as_of)
        yield r.key, r.house_id, str(r.status), str(r.previous), as_of, r.created_at, r.delivered_at


def _feedback(records: Records, _: Model) -> Iterator[Row]:
    for noted in records.feedback():
        f = noted.feedback
        yield f.house_id, day_date(f.first_day), day_date(f.last_day), str(f.found), f.note, noted.noted_at


def _quarantine(records: Records, _: Model) -> Iterator[Row]:
    for q in records.quarantine():
        yield q.id, q.code, q.reason, q.house_id, q.source, q.received_at, *body_as_text(q.body)


def body_as_text(body: bytes) -> tuple[str, str]:
    """Return a message's body as text and how: as it is (utf-8), or in base64 where it is no text."""
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


EXPORTS: Final[dict[str, Export]] = {
    "predictions": Export(
        (
            Column("house_id"),
            Column("period_end", Kind.DATE),
            Column("usable_days", Kind.INTEGER),
            Column("p_poor", Kind.NUMBER),
            Column("performance", Kind.NUMBER),
            Column("performance_se", Kind.NUMBER),
            Column("lost_kwh", Kind.NUMBER),
            Column("lost_kwh_low", Kind.NUMBER),
            Column("lost_kwh_high", Kind.NUMBER),
            Column("verdict"),
            Column("reasons", Kind.TEXTS),
            Column("model_version"),
            Column("input_digest"),
        ),
        _predictions,
        lambda counts: counts.predictions,
    ),
    "statuses": Export(
        (
            Column("house_id"),
            Column("as_of", Kind.DATE),
            Column("status"),
            Column("average", Kind.NUMBER),
            Column("previous"),
        ),
        _statuses,
        lambda counts: counts.predictions,
    ),
    "reports": Export(
        (
            Column("key"),
            Column("house_id"),
            Column("status"),
            Column("previous"),
            Column("as_of", Kind.DATE),
            Column("created_at", Kind.MOMENT),
            Column("delivered_at", Kind.MOMENT),
        ),
        _reports,
        lambda counts: counts.reports,
    ),
    "feedback": Export(
        (
            Column("house_id"),
            Column("first_day", Kind.DATE),
            Column("last_day", Kind.DATE),
            Column("found"),
            Column("note"),
            Column("noted_at", Kind.MOMENT),
        ),
        _feedback,
        lambda counts: counts.feedback,
    ),
    "quarantine": Export(
        (
            Column("id"),
            Column("code"),
            Column("reason"),
            Column("house_id"),
            Column("source"),
            Column("received_at", Kind.MOMENT),
            Column("body"),
            Column("body_encoding"),
        ),
        _quarantine,
        lambda counts: counts.quarantined,
    ),
}
