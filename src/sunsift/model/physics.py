"""The verdict from physics alone: no training, every constant with its reason.

Two questions are asked of a period. Level: how high does the outflow rise over the house's own base load
in its clearest hours, against a clear sky? Silence: is there a run of days without any trace of
generation that clouds and appetite do not explain?
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.features import SUNNY_SHARE, DayFeatures, day_features, padded, window_rows
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import BoolArray, Days, FloatArray, IntArray
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score

WINDOW: Final = 30
# The window in thirds, each with a clear hour or two of its own in most weather: a level that rests on
# three separate peaks is not the work of one odd reading.
THIRDS: Final = 3
THIRD_DAYS: Final = 4
TOP_HOURS: Final = 3

# What healthy panels show against the clear-sky model: nameplates, roofs, soiling and shade vary.
HEALTHY_LEVEL: Final = 0.97
HEALTHY_SE: Final = 0.15
# Faulty panels may show any level up to here.
FAULTY_UPTO: Final = 0.80
# Of systems in the field, about one in ten makes less than it should.
PRIOR_POOR: Final = 0.10
# How much a restless load blurs the level: of the load's spread, and of the daytime load that hides it.
SPREAD_BLUR: Final = 0.15
HIDDEN_BLUR: Final = 0.5
BATTERY_SE: Final = 0.25
BATTERY_EVENINGS: Final = 0.6

# A day shows a trace of generation if it exports this much in the sun, or its lowest sunny net load lies
# this far below its lowest night load [shares of the clear-sky peak].
TRACE_OUTFLOW: Final = 0.02
TRACE_HEADROOM: Final = 0.15
# Dead panels hardly ever export in the sun; a night of heating may fake headroom.
EXPORT_AGAINST: Final = -8.0
HEADROOM_AGAINST: Final = -3.4
# Days without a trace come in spells of weather, so each counts for less than an independent one.
SPELL: Final = 0.6
# A daytime load above the night's by this share of the peak begins to hide generation; by four times, does.
HIDES_FROM: Final = 0.25
# Log-odds before looking: a fault began in these days (1 in 2000 a day); the house was dead all along.
FRESH_FAULT: Final = -6.5
LONG_DEAD: Final = -3.5

# Clouds leave about this share of the clear-sky energy over a month.
CLOUD_SHARE: Final = 0.75
POOR_FROM: Final = 0.60
WELL_UPTO: Final = 0.15
WIDEST_SE: Final = 0.30
FLAT_DAYS: Final = 4


def _sigmoid(log_odds: FloatArray) -> FloatArray:
    """Return probabilities from log-odds."""
    probability: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0)))
    return probability


@dataclass(frozen=True, slots=True)
class Window:
    """The days of p periods laid out by date: shape (p, 30) each, the last column the period's last day.

    usable, trace, exports: flags. headroom: as in `DayFeatures`, 0 where not usable.
    count: shape (p,), usable days.
    """

    rows: IntArray
    usable: BoolArray
    trace: BoolArray
    exports: BoolArray
    headroom: FloatArray
    count: IntArray


@dataclass(frozen=True, slots=True)
class Silence:
    """The most telling run of days without a trace of generation; shape (p,) each.

    first, last: its columns in the window. days: usable days in it. fresh: it lasts to the period's end.
    probability: that it is an outage.
    """

    first: IntArray
    last: IntArray
    days: IntArray
    fresh: BoolArray
    probability: FloatArray


def find_silence(window: Window) -> Silence:
    """Find the run of days whose silence speaks loudest for an outage, and weigh it.

    The run with the largest sum of log-likelihood ratios is found by Kadane's scan over the dates.
    """
    silent = window.usable & ~window.trace
    hides = np.clip((-window.headroom - HIDES_FROM) / (3.0 * HIDES_FROM), 0.0, 1.0)
    weight = np.where(silent, SPELL * (1.0 - hides), 0.0)
    against = np.where(
        window.exports, EXPORT_AGAINST, np.where(window.usable & window.trace, HEADROOM_AGAINST, 0.0)
    )

    rough = weight * -np.log(0.1) + against
    count = len(rough)
    best, running = np.zeros(count), np.zeros(count)
    first, last, start = np.zeros(count, np.int64), np.full(count, -1), np.zeros(count, np.int64)
    for column in range(WINDOW):
        restart = running <= 0.0
        start = np.where(restart, column, start)
        running = np.where(restart, 0.0, running) + rough[:, column]
        better = running > best
        best = np.where(better, running, best)
        first, last = np.where(better, start, first), np.where(better, column, last)

    # How often this house is silent for no fault, from the days outside the run.
    column = np.arange(WINDOW)
    inside = (column >= first[:, np.newaxis]) & (column <= last[:, np.newaxis]) & window.usable
    outside = window.usable & ~inside
    rate = ((silent & outside).sum(axis=1) + 0.5) / (outside.sum(axis=1) + 6.0)
    evidence = (weight * inside).sum(axis=1) * -np.log(rate) + (against * inside).sum(axis=1)
    days = inside.sum(axis=1)
    probability = _sigmoid(evidence + np.where(days == window.count, LONG_DEAD, FRESH_FAULT))
    fresh = (days > 0) & ~(window.usable & (column > last[:, np.newaxis])).any(axis=1)
    return Silence(first, last, days, fresh, np.where(days >= 3, probability, 0.0))


@dataclass(frozen=True, slots=True)
class Level:
    """How high the clearest hours reach; shape (p,) each.

    share: of the clear-sky output [1]. se: its standard error [1]. capped: held down by an export limit,
    so that `share` is only a lower bound. limit_kw: that limit [kW].
    """

    share: FloatArray
    se: FloatArray
    capped: BoolArray
    limit_kw: FloatArray


def _top(values: FloatArray, wanted: BoolArray) -> FloatArray:
    """Return the mean of the TOP_HOURS largest wanted values over the last axis, -inf where too few."""
    mean: FloatArray = np.sort(np.where(wanted, values, -np.inf), axis=-1)[..., -TOP_HOURS:].mean(axis=-1)
    return mean


def find_level(house: House, day: DayFeatures, window: Window, silence: Silence, battery: BoolArray) -> Level:
    """Estimate the level outside the silent run, if there is one.

    The lowest net load of the sunniest hours is set against the lowest of as many night hours, so that the
    house's own base load cancels, and its noise does too.
    """
    outage = (silence.probability > 0.5)[:, np.newaxis]
    column = np.arange(WINDOW)
    inside = (column >= silence.first[:, np.newaxis]) & (column <= silence.last[:, np.newaxis])
    thirds = (len(window.rows), THIRDS, WINDOW // THIRDS)
    useful = (window.usable & ~(inside & outage)).reshape(thirds).sum(axis=2) >= THIRD_DAYS
    useful |= ~useful.any(axis=1, keepdims=True) & window.usable.reshape(thirds).any(axis=2)

    outflow = padded(day.outflow_kw, -np.inf)[window.rows].reshape(*thirds, -1).max(axis=2)
    clear = padded(day.clear_kw, 0.0)[window.rows].reshape(*thirds, -1).max(axis=2)
    peak = clear.max(axis=2, keepdims=True)
    base = -_top(outflow, clear <= 0.0)
    sunny = _top(outflow, clear > SUNNY_SHARE * peak)
    useful &= np.isfinite(base) & np.isfinite(sunny)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(useful, (sunny + base) / _top(clear, clear >= 0.0), -np.inf)
    ranked = np.sort(shares, axis=1)
    # The two best thirds, since one may have had no clear hour.
    share = np.where(np.isfinite(ranked[:, 1]), (ranked[:, 1] + ranked[:, 2]) / 2.0, ranked[:, 2])

    top_kw = padded(day.top_kw, 0.0)[window.rows]
    top_kw = np.where(np.isfinite(top_kw), top_kw, 0.0)
    highest = top_kw.max(axis=1)
    flat = padded(day.flat.astype(np.float64), 0.0)[window.rows] * (top_kw >= 0.985 * highest[:, np.newaxis])
    limit = np.where(flat.sum(axis=1) >= FLAT_DAYS, highest, np.inf)
    if house.export_limit_kw is not None:
        limit = np.minimum(limit, house.export_limit_kw)
    highest_outflow = np.where(useful, sunny, -np.inf).max(axis=1)
    capped = highest_outflow >= 0.97 * limit - 0.02

    spread = padded(day.spread, np.nan)[window.rows]
    spread = np.where(window.usable & np.isfinite(spread), spread, 0.0).sum(axis=1) / np.maximum(
        window.count, 1
    )
    hidden = np.maximum(-window.headroom, 0.0).sum(axis=1) / np.maximum(window.count, 1)
    se = np.sqrt(
        HEALTHY_SE**2
        + (SPREAD_BLUR * spread) ** 2
        + (HIDDEN_BLUR * hidden) ** 2
        + np.where(battery, BATTERY_SE**2, 0.0)
    )
    known = np.isfinite(share)
    return Level(np.where(known, share, 0.0), np.where(known, se, 1.0), capped & known, limit)


def poor_by_level(level: Level) -> FloatArray:
    """Return the probability that panels which show this level are faulty, shape (p,).

    Bayes with healthy levels normal around HEALTHY_LEVEL and faulty ones uniform up to FAULTY_UPTO. The
    normal integral is replaced by the logistic curve, which differs by less than 0.01.
    """
    share = np.clip(level.share, 0.0, HEALTHY_LEVEL)
    blur = 1.702 / level.se
    healthy = np.exp(-0.5 * ((share - HEALTHY_LEVEL) / level.se) ** 2) / (level.se * np.sqrt(2.0 * np.pi))
    faulty = (_sigmoid((FAULTY_UPTO - share) * blur) - _sigmoid(-share * blur)) / FAULTY_UPTO
    # Under a cap the panels made at least what is seen.
    healthy = np.where(level.capped, 1.0, healthy)
    faulty = np.where(level.capped, np.clip(1.0 - share / FAULTY_UPTO, 0.02, 1.0), faulty)
    odds = PRIOR_POOR * faulty / ((1.0 - PRIOR_POOR) * healthy)
    probability: FloatArray = odds / (1.0 + odds)
    return np.where(level.se < 1.0, probability, PRIOR_POOR)


class PhysicsModel:
    """Scores periods of at most 30 days; of longer ones it sees the last 30 days."""

    version = "physics-1"

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        """Score each period from its own rows of `days` and the registration, and nothing else.

        Result: one score a period. Every reduction runs over fixed axes of one period, so a period scored
        alone equals the same period in a batch to the last stored digit.
        """
        if not len(periods):
            return []
        start, stop = int(periods.first_row.min()), int(periods.last_row.max()) + 1
        seen = Days(*(getattr(days, name)[start:stop] for name in Days.__slots__))
        day = day_features(house, seen)
        rows = window_rows(seen, periods.end, periods.first_row - start, periods.last_row - start, WINDOW)
        usable = padded(day.usable.astype(np.float64), 0.0)[rows] > 0.0
        count = usable.sum(axis=1)

        balanced = padded(np.nan_to_num(day.balanced), 0.0)[rows].sum(axis=1) / np.maximum(count, 1)
        battery = house.battery | (balanced >= BATTERY_EVENINGS)
        best_outflow = padded(day.best_outflow, -np.inf)[rows]
        headroom = padded(day.headroom, 0.0)[rows]
        held = padded(np.nan_to_num(day.balanced_sunny), 0.0)[rows] >= 0.5
        limited = house.export_limit_kw is not None and house.export_limit_kw < 0.5 * house.capacity_kwp
        exports = usable & (best_outflow > TRACE_OUTFLOW)
        trace = exports | (usable & (headroom > TRACE_HEADROOM))
        trace |= usable & held & (battery | limited)[:, np.newaxis]
        window = Window(rows, usable, trace, exports, np.where(usable, headroom, 0.0), count)

        silence = find_silence(window)
        level = find_level(house, day, window, silence, battery)
        exported = padded(np.nan_to_num(day.exported), 0.0)[rows].max(axis=1)
        clear_kwh = (padded(day.clear_kw.sum(axis=1), 0.0)[rows] * usable).sum(axis=1)
        return _scores(window, silence, level, battery, exported, clear_kwh)

    def explain(self, reason: Reason) -> str:
        """Put a reason in plain words; a code of another version comes back as it is."""
        text = WORDING.get(reason.code)
        return text.format(v=reason.value, tenth=reason.value / 10.0) if text else reason.code


def _scores(
    window: Window,
    silence: Silence,
    level: Level,
    battery: BoolArray,
    exported: FloatArray,
    clear_kwh: FloatArray,
) -> list[Score]:
    """Join both questions into one score a period, rounded as `Score` says."""
    share_out = silence.days / np.maximum(window.count, 1)
    # A fresh outage is poor at once; a healed one only if it cost a quarter of the period.
    matters = np.where(silence.fresh, 1.0, np.clip((share_out - 0.20) / 0.06, 0.0, 1.0))
    p_level = poor_by_level(level)
    dead = silence.probability
    p_poor = np.clip(1.0 - (1.0 - p_level) * (1.0 - dead * matters), 0.0, 1.0)
    running = 1.0 - dead * share_out
    made = np.where(level.capped, HEALTHY_LEVEL, np.clip(level.share / HEALTHY_LEVEL, 0.0, 1.0))
    performance = made * running
    se = np.where(level.capped, 0.05 + 0.35 * (1.0 - np.clip(level.share, 0.0, 1.0)), level.se)
    se = np.sqrt((se * running) ** 2 + dead * (1.0 - dead) * share_out**2 + 0.02**2)
    lost = (1.0 - performance) * CLOUD_SHARE * clear_kwh
    told = (p_poor >= POOR_FROM) * 2 + ((p_poor <= WELL_UPTO) & (se <= WIDEST_SE))

    percent = np.clip(np.rint(100.0 * np.stack((level.share, exported))), 0, 999).astype(np.int64)
    limit = np.where(level.capped, np.clip(np.rint(10.0 * np.minimum(level.limit_kw, 3000.0)), 0, 30000), -1)
    hidden = (window.headroom < -HIDES_FROM).sum(axis=1)
    result = []
    columns = (
        np.round(p_poor, 4), np.round(performance, 3), np.round(np.minimum(se, 1.0), 3), np.round(lost, 1), told,
        np.where(dead > 0.5, silence.days, 0), silence.fresh, percent[0], percent[1], limit.astype(np.int64),
        battery, hidden, window.count,
    )  # fmt: skip
    for p, made_, se_, lost_, verdict, out, fresh, reached, best, cap, stored, hides, count in zip(
        *(c.tolist() for c in columns), strict=True
    ):
        why = []
        if not count:
            why.append(Reason("no_usable_days", 0))
        if out:
            why.append(Reason("silent_days" if fresh else "outage_days", out))
        if count and (verdict != 1 or out):
            why.append(Reason("best_export", best))
        if hides > count // 2 and verdict == 0:
            why.append(Reason("load_hides", hides))
        if cap >= 0:
            why.append(Reason("export_limit", cap))
        elif count and out < count:
            why.append(Reason("clear_output", reached))
        if stored:
            why.append(Reason("battery", 1))
        result.append(Score(p, made_, se_, lost_, VERDICTS[verdict], tuple(why[:3])))
    return result


VERDICTS: Final = (Status.UNKNOWN, Status.WELL, Status.POOR)
WORDING: Final = {
    "no_usable_days": "None of its days had readings that can be used.",
    "silent_days": "No trace of solar generation on the last {v} days with readings.",
    "outage_days": "No trace of solar generation for {v} days in between; it has come back since.",
    "best_export": "On its best day it exported {v} % of what its panels could make under a clear sky.",
    "load_hides": "On {v} days the house itself used so much in the daytime that the panels cannot be seen.",
    "export_limit": "Its exports stop at {tenth:.1f} kW, an export limit, which is not a fault.",
    "clear_output": "In its clearest hours the panels reached about {v} % of what healthy ones would make.",
    "battery": "A battery seems to take part of the generation, so the estimate is less certain.",
}
