"""The verdict from physics alone: no training, every constant with its reason.

Two questions are asked of a period. Level: how high does the outflow rise over the house's own base load
on its clearest days, against a clear sky? Silence: is there a run of days without any trace of
generation that clouds and appetite do not explain?
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import BoolArray, Days, FloatArray, IntArray
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score
from sunsift.lab.evaluate.physics_features import DayFeatures, day_features, padded, window_rows

WINDOW: Final = 30
# The window is taken in thirds, each with a clear day or two of its own in most weather, so that the level
# does not rest on one odd day.
THIRDS: Final = 3
THIRD_DAYS: Final = 4
TOP_DAYS: Final = 2

# What healthy panels show against the clear-sky model: nameplates, roofs, soiling and shade vary.
HEALTHY_LEVEL: Final = 0.95
HEALTHY_SE: Final = 0.16
# Faulty panels may show any level up to here.
FAULTY_UPTO: Final = 0.80
# Of systems in the field, about one in ten makes less than it should.
PRIOR_POOR: Final = 0.10
# How much a restless load blurs the level: of the load's spread, and of the daytime load that hides it.
SPREAD_BLUR: Final = 0.15
HIDDEN_BLUR: Final = 0.5
BATTERY_SE: Final = 0.25
# A battery shows in this share of the evenings, and hides the level of healthy panels in every second case.
BATTERY_EVENINGS: Final = 0.2
BATTERY_HIDES: Final = 0.5
# One that nobody registered may be an empty house instead.
UNTOLD_BATTERY_HIDES: Final = 0.2

# Nights of a period that are quieter than its quiet night.
QUIET_NIGHTS: Final = 0.5

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

UNKNOWN, WELL, POOR = range(3)
VERDICTS: Final = (Status.UNKNOWN, Status.WELL, Status.POOR)
WORDING: Final = {
    "no_usable_days": "None of its days had readings that can be used.",
    "silent_days": "No trace of solar generation on the last {v} days with readings.",
    "outage_days": "No trace of solar generation for {v} days in between; it has come back since.",
    "best_export": "On its best day it exported {v} % of what its panels could make under a clear sky.",
    "load_hides": "On {v} days the house itself used so much in the daytime that the panels cannot be seen.",
    "export_limit": "Its exports stop at {tenth:.1f} kW, an export limit, which is not a fault.",
    "clear_output": "On its clearest days the panels reached about {v} % of what healthy ones would make.",
    "battery": "A battery seems to take part of the generation, so the estimate is less certain.",
}


def _sigmoid(log_odds: FloatArray) -> FloatArray:
    """Return probabilities from log-odds."""
    probability: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50.0, 50.0)))
    return probability


@dataclass(frozen=True, slots=True)
class Window:
    """The days of p periods laid out by date: shape (p, 30) each, the last column the period's last day.

    rows: into the day features. usable, trace, exports: flags; a trace is any sign of generation.
    headroom: how far the lowest sunny net load lies below the base load, as a share of the clear-sky
    peak, 0 where not usable [1]. count: shape (p,), usable days.
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


def base_load(night_load: FloatArray, count: IntArray) -> FloatArray:
    """Return the load that each day's headroom is measured from, shape (p, 30).

    night_load: shape (p, 30), inf where not usable. A night's lowest load, but no more than a quiet night
    of the period: heating or charging through some nights would otherwise look like generation by day.
    """
    ranked = np.sort(np.where(np.isfinite(night_load), night_load, np.inf), axis=1)
    quiet = np.take_along_axis(ranked, (count * QUIET_NIGHTS).astype(np.int64)[:, np.newaxis], axis=1)
    load: FloatArray = np.minimum(night_load, quiet)
    return load


def find_silence(window: Window) -> Silence:
    """Find the run of days whose silence speaks loudest for an outage, and weigh it.

    The run with the largest sum of log-likelihood ratios is the one to look at.
    """
    silent = window.usable & ~window.trace
    hides = np.clip((-window.headroom - HIDES_FROM) / (3.0 * HIDES_FROM), 0.0, 1.0)
    weight = np.where(silent, SPELL * (1.0 - hides), 0.0)
    against = np.where(
        window.exports, EXPORT_AGAINST, np.where(window.usable & window.trace, HEADROOM_AGAINST, 0.0)
    )

    # The sum of a run is the total up to its end minus the total before its start, so the best run to each
    # end starts behind the lowest total before it, the latest if several are as low.
    rough = weight * -np.log(0.1) + against
    columns = np.arange(WINDOW)
    total = np.round(np.cumsum(rough, axis=1), 9)
    before = np.concatenate((np.zeros((len(rough), 1)), total[:, :-1]), axis=1)
    gain = total - np.minimum.accumulate(before, axis=1)
    last = np.where(gain.max(axis=1) > 0.0, gain.argmax(axis=1), -1)
    until = columns <= last[:, np.newaxis]
    before = np.where(until, before, np.inf)
    first = np.where(until & (before == before.min(axis=1, keepdims=True)), columns, 0).max(axis=1)

    # How often this house is silent for no fault, from the days outside the run.
    inside = (columns >= first[:, np.newaxis]) & (columns <= last[:, np.newaxis]) & window.usable
    outside = window.usable & ~inside
    rate = ((silent & outside).sum(axis=1) + 0.5) / (outside.sum(axis=1) + 6.0)
    evidence = (weight * inside).sum(axis=1) * -np.log(rate) + (against * inside).sum(axis=1)
    days = inside.sum(axis=1)
    probability = _sigmoid(evidence + np.where(days == window.count, LONG_DEAD, FRESH_FAULT))
    fresh = (days > 0) & ~(window.usable & (columns > last[:, np.newaxis])).any(axis=1)
    return Silence(first, last, days, fresh, np.where(days >= 3, probability, 0.0))


@dataclass(frozen=True, slots=True)
class Level:
    """How high the clearest days reach; shape (p,) each.

    known: whether there were days enough. share: of the clear-sky output [1]. se: its standard error [1].
    capped: held down by an export limit, so that `share` is only a lower bound. limit_kw: that limit [kW].
    """

    known: BoolArray

    share: FloatArray
    se: FloatArray
    capped: BoolArray
    limit_kw: FloatArray


def find_level(house: House, day: DayFeatures, window: Window, silence: Silence, battery: BoolArray) -> Level:
    """Estimate the level outside the silent run, if there is one.

    The measure is the headroom of the clearest days: how far the lowest sunny net load lies below the
    lowest load of the night, so that the house's own base load cancels.
    """
    outage = (silence.probability > 0.5)[:, np.newaxis]
    column = np.arange(WINDOW)
    inside = (column >= silence.first[:, np.newaxis]) & (column <= silence.last[:, np.newaxis])
    thirds = (len(window.rows), THIRDS, WINDOW // THIRDS)
    healthy = (window.usable & ~(inside & outage)).reshape(thirds)
    useful = healthy.sum(axis=2) >= THIRD_DAYS
    lost = ~useful.any(axis=1)
    healthy = np.where(lost[:, np.newaxis, np.newaxis], window.usable.reshape(thirds), healthy)
    useful = np.where(lost[:, np.newaxis], healthy.sum(axis=2) >= TOP_DAYS, useful)
    headroom = np.where(healthy, window.headroom.reshape(thirds), -np.inf)
    shares = np.where(useful, np.sort(headroom, axis=2)[:, :, -TOP_DAYS:].mean(axis=2), -np.inf)
    ranked = np.sort(shares, axis=1)
    # The two best thirds, since one may have had no clear day.
    share = np.where(np.isfinite(ranked[:, 1]), (ranked[:, 1] + ranked[:, 2]) / 2.0, ranked[:, 2])

    top_kw = padded(day.top_kw, 0.0)[window.rows]
    top_kw = np.where(np.isfinite(top_kw), top_kw, 0.0)
    highest = top_kw.max(axis=1)
    flat = padded(day.flat.astype(np.float64), 0.0)[window.rows] * (top_kw >= 0.985 * highest[:, np.newaxis])
    limit = np.where(flat.sum(axis=1) >= FLAT_DAYS, highest, np.inf)
    if house.export_limit_kw is not None:
        limit = np.minimum(limit, house.export_limit_kw)
    capped = highest >= 0.97 * limit

    spread = padded(day.spread, np.nan)[window.rows]
    count = np.maximum(window.count, 1)
    spread = np.where(window.usable & np.isfinite(spread), spread, 0.0).sum(axis=1) / count
    hidden = np.maximum(-window.headroom, 0.0).sum(axis=1) / count
    se = np.sqrt(HEALTHY_SE**2 + (SPREAD_BLUR * spread) ** 2 + (HIDDEN_BLUR * hidden) ** 2)
    known = np.isfinite(share)
    return Level(known, np.where(known, share, 0.0), np.where(known, se, 1.0), capped & known, limit)


def poor_by_level(level: Level, hides: FloatArray) -> FloatArray:
    """Return the probability that panels which show this level are faulty, shape (p,).

    hides: shape (p,), share of healthy houses of this kind whose battery lets any level show. Bayes with
    healthy levels normal around HEALTHY_LEVEL and faulty ones uniform up to FAULTY_UPTO. The
    normal integral is replaced by the logistic curve, which differs by less than 0.01.
    """
    share = np.clip(level.share, 0.0, HEALTHY_LEVEL)
    blur = 1.702 / level.se
    healthy = np.exp(-0.5 * ((share - HEALTHY_LEVEL) / level.se) ** 2) / (level.se * np.sqrt(2.0 * np.pi))
    faulty = (_sigmoid((FAULTY_UPTO - share) * blur) - _sigmoid(-share * blur)) / FAULTY_UPTO
    healthy = healthy + hides * (1.0 - healthy)
    # Under a cap the panels made at least what is seen.
    healthy = np.where(level.capped, 1.0, healthy)
    faulty = np.where(level.capped, np.clip(1.0 - share / FAULTY_UPTO, 0.02, 1.0), faulty)
    odds = PRIOR_POOR * faulty / ((1.0 - PRIOR_POOR) * healthy)
    probability: FloatArray = odds / (1.0 + odds)
    return np.where(level.known, probability, PRIOR_POOR)


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

        balanced = padded(day.balanced.astype(np.float64), 0.0)[rows].sum(axis=1) / np.maximum(count, 1)
        best_outflow = padded(day.best_outflow, np.nan)[rows]
        headroom = best_outflow + base_load(padded(day.night_load, np.inf)[rows], count)
        held_off = padded(day.held_off.astype(np.float64), 0.0)[rows] > 0.0
        limited = house.export_limit_kw is not None and house.export_limit_kw < 0.5 * house.capacity_kwp
        exports = usable & (best_outflow > TRACE_OUTFLOW)
        # An empty house is near zero in the evening too, but without panels it never exports.
        battery = house.battery | ((balanced >= BATTERY_EVENINGS) & exports.any(axis=1))
        trace = exports | (usable & (headroom > TRACE_HEADROOM))
        trace |= usable & held_off & (battery | limited)[:, np.newaxis]
        window = Window(rows, usable, trace, exports, np.where(usable, headroom, 0.0), count)

        silence = find_silence(window)
        level = find_level(house, day, window, silence, battery)
        exported = padded(np.nan_to_num(day.exported), 0.0)[rows].max(axis=1)
        clear_kwh = padded(day.clear_kwh, 0.0)[rows].sum(axis=1)
        return _scores(house, window, silence, level, battery, exported, clear_kwh)

    def explain(self, reason: Reason) -> str:
        """Put a reason in plain words; a code of another version comes back as it is."""
        text = WORDING.get(reason.code)
        return text.format(v=reason.value, tenth=reason.value / 10.0) if text else reason.code


def _scores(
    house: House,
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
    hides = np.where(battery, BATTERY_HIDES if house.battery else UNTOLD_BATTERY_HIDES, 0.0)
    p_level = poor_by_level(level, hides)
    dead = silence.probability
    p_poor = np.clip(1.0 - (1.0 - p_level) * (1.0 - dead * matters), 0.0, 1.0)
    running = 1.0 - dead * share_out
    made = np.where(level.capped | ~level.known, 1.0, np.clip(level.share / HEALTHY_LEVEL, 0.0, 1.0))
    performance = made * running
    se = np.where(level.capped, 0.05 + 0.35 * (1.0 - np.clip(level.share, 0.0, 1.0)), level.se)
    se = np.sqrt(se**2 + np.where(battery, BATTERY_SE**2, 0.0))
    se = np.sqrt((se * running) ** 2 + dead * (1.0 - dead) * share_out**2 + 0.02**2)
    lost = (1.0 - performance) * CLOUD_SHARE * clear_kwh
    certain = (p_poor <= WELL_UPTO) & (se <= WIDEST_SE)
    told = np.where(p_poor >= POOR_FROM, POOR, np.where(certain, WELL, UNKNOWN))

    codes = _reasons(window, silence, level, battery, exported, told)
    numbers = (
        np.round(p_poor, 4).tolist(),
        np.round(performance, 3).tolist(),
        np.round(np.minimum(se, 1.0), 3).tolist(),
        np.round(lost, 1).tolist(),
        [VERDICTS[index] for index in told.tolist()],
    )
    return [Score(*values) for values in zip(*numbers, codes, strict=True)]


def _reasons(
    window: Window, silence: Silence, level: Level, battery: BoolArray, exported: FloatArray, told: IntArray
) -> list[tuple[Reason, ...]]:
    """Name the evidence of each period, the most telling first, at most three."""
    out = np.where(silence.probability > 0.5, silence.days, 0)
    judged, seen = window.count > 0, level.known & (out < window.count)
    hidden = (window.headroom < -HIDES_FROM).sum(axis=1)
    candidates = (
        ("no_usable_days", ~judged, window.count),
        ("silent_days", (out > 0) & silence.fresh, out),
        ("outage_days", (out > 0) & ~silence.fresh, out),
        ("load_hides", (hidden > window.count // 2) & (told == UNKNOWN), hidden),
        ("best_export", judged & ((told != WELL) | (out > 0)), 100.0 * exported),
        ("export_limit", level.capped, 10.0 * np.minimum(level.limit_kw, 3000.0)),
        ("clear_output", seen & ~level.capped, 100.0 * level.share),
        ("battery", battery & judged, battery),
    )
    told_of: list[list[Reason]] = [[] for _ in range(len(window.count))]
    for code, applies, value in candidates:
        whole = np.clip(np.rint(value), 0, 30000).astype(np.int64).tolist()
        for index in np.flatnonzero(applies).tolist():
            told_of[index].append(Reason(code, whole[index]))
    return [tuple(reasons[:3]) for reasons in told_of]
