"""How the flow does: what waits where, how far behind it is, what each step did last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Final

from sunsift.domain.readings import EPOCH
from sunsift.domain.status import Status
from sunsift.parcels import Activity
from sunsift.ports import Inbox
from sunsift.records import ReportRow, ReportState, Waiting
from sunsift.wiring import Sunsift

HOUR_MINUTES: Final = 60
# The sweep, which is the rarest, runs every hour.
LOOK_BACK_MINUTES: Final = 90
STEPS: Final = ("poll", "ingest", "settle", "predict", "deliver", "sweep")
REPORTS_SEEN: Final = 200


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the slow tenth of some durations [hours]."""

    middle_hours: float
    slow_hours: float


@dataclass(frozen=True, slots=True)
class Lag:
    """How late the last reports were, at most REPORTS_SEEN of them; None without any.

    from_reading: from the end of the day that turned the status to the retailer's acknowledgement. History
    that comes late makes it long. from_verdict: from the writing of the report on.
    """

    reports: int
    from_reading: Spread | None
    from_verdict: Spread | None


@dataclass(frozen=True, slots=True)
class StepRuns:
    """One step. last_run: the minute of its last run, as a time in UTC; None if it did not run for a week.

    The others: over the last hour. done: packets, houses or reports; failed: of these, what failed.
    """

    step: str
    last_run: str | None
    runs: int
    seconds: float
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Judging:
    """The model and what it says of the fleet. shares: of the houses, by status, 0 to 1."""

    version: str
    card: Mapping[str, object]
    shares: Mapping[Status, float]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The whole flow. inbox_depth: about how many messages wait; None where nobody knows.

    recent: each step and minute of the last hour in which it ran, for charts of throughput.
    """

    inbox_depth: int | None
    waiting: Waiting
    lag: Lag
    quarantine: Sequence[tuple[str, int]]
    steps: Sequence[StepRuns]
    recent: Sequence[Activity]
    judging: Judging


def pipeline_of(parts: Sunsift, inbox: Inbox | None) -> Pipeline:
    """Look at the whole flow. It is cheap at any size; `health.py` looks at the model's work in depth."""
    minute = int(parts.clock.now().timestamp()) // 60
    activity = parts.records.activity(minute - LOOK_BACK_MINUTES)
    if not {a.step for a in activity}.issuperset(STEPS):
        # Not everything runs: when it did last may be long ago.
        activity = parts.records.activity(0)
    recent = [a for a in activity if a.minute > minute - HOUR_MINUTES]
    return Pipeline(
        inbox_depth=None if inbox is None else inbox.depth(),
        waiting=parts.records.waiting(),
        lag=lag_of(parts),
        quarantine=parts.records.quarantine_codes(),
        steps=[_runs(step, activity, recent) for step in STEPS],
        recent=recent,
        judging=_judging(parts),
    )


def lag_of(parts: Sunsift) -> Lag:
    """Measure how late the last delivered reports were."""
    rows = parts.records.reports_page(None, ReportState.DELIVERED, None, REPORTS_SEEN).rows
    houses = parts.store.houses({row.house_id for row in rows})
    ends = [_end_of_day(row, houses[row.house_id].utc_offset_hours) for row in rows if row.house_id in houses]
    got = [_moment(row.delivered_at) for row in rows if row.house_id in houses and row.delivered_at]
    written = [_moment(row.created_at) for row in rows if row.house_id in houses]
    return Lag(
        reports=len(got),
        from_reading=_spread([a - b for a, b in zip(got, ends, strict=True)]),
        from_verdict=_spread([a - b for a, b in zip(got, written, strict=True)]),
    )


def _end_of_day(row: ReportRow, utc_offset_hours: float) -> datetime:
    midnight = datetime.combine(EPOCH, datetime.min.time(), UTC) + timedelta(days=row.as_of + 1)
    return midnight - timedelta(hours=utc_offset_hours)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _spread(durations: Sequence[timedelta]) -> Spread | None:
    hours = sorted(duration / timedelta(hours=1) for duration in durations)
    if not hours:
        return None
    slow = quantiles(hours, n=10, method="inclusive")[-1] if len(hours) > 1 else hours[0]
    return Spread(round(median(hours), 3), round(slow, 3))


def _runs(step: str, activity: Sequence[Activity], recent: Sequence[Activity]) -> StepRuns:
    last = max((a.minute for a in activity if a.step == step), default=None)
    mine = [a for a in recent if a.step == step]
    return StepRuns(
        step=step,
        last_run=None if last is None else datetime.fromtimestamp(60 * last, UTC).isoformat(),
        runs=sum(a.runs for a in mine),
        seconds=round(sum(a.milliseconds for a in mine) / 1000, 3),
        done=sum(a.done for a in mine),
        failed=sum(a.failed for a in mine),
    )


def _judging(parts: Sunsift) -> Judging:
    tallies = parts.records.tallies()
    houses = sum(t.houses for t in tallies)
    shares = {s: sum(t.houses for t in tallies if t.status is s) / max(houses, 1) for s in Status}
    return Judging(parts.model.version, parts.model.card, shares)
