"""What one day of net readings shows by itself: all that the verdict from physics is built from.

Each row rests on that day's readings and the registration alone, so other days and other houses never
change it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sunsift.domain.house import House
from sunsift.domain.readings import BoolArray, Days, FloatArray, IntArray
from sunsift.domain.sunlight import clear_sky_kwh, hourly

HOURS: Final = 24
# Hours in which healthy panels could reach this share of the day's clear-sky peak count as sunny.
SUNNY_SHARE: Final = 0.4
# A battery holds the meter this close to zero. [kW]
BALANCED_KW: Final = 0.05
# An hour's import that tells a lived-in house from an empty one. [kW]
LIVED_KW: Final = 0.2
# The evening, where a battery shows: this many hours after the sun has gone. [h]
EVENING_HOURS: Final = 4
# Half-hours within 1 % of the day's largest export. A clear day's peak is that flat for 2 hours at most.
FLAT_SHARE: Final = 0.99
FLAT_SLOTS: Final = 6


@dataclass(frozen=True, slots=True)
class DayFeatures:
    """One number a day, each of shape (n,); NaN, 0 or false as told where the day is not usable.

    usable: as in `Days`, and with sun enough to judge.
    clear_kwh: what healthy panels would make under a clear sky [kWh], 0 where not usable.
    best_outflow: largest sunny outflow as a share of the clear-sky peak [1].
    night_load: lowest hourly net load of the night as a share of the clear-sky peak [1].
    exported: export as a share of the day's clear-sky generation [1].
    spread: mean minus lowest night load as a share of the clear-sky peak [1].
    balanced: whether the meter is held within BALANCED_KW of zero through most of the evening.
    held_off: whether import stays below BALANCED_KW in a fifth of the sunny hours or more, of a lived-in day.
    top_kw: largest half-hourly export [kW].
    flat: whether exports stay at `top_kw` for three hours or more.
    """

    usable: BoolArray
    clear_kwh: FloatArray
    best_outflow: FloatArray
    night_load: FloatArray
    exported: FloatArray
    spread: FloatArray
    balanced: BoolArray
    held_off: BoolArray
    top_kw: FloatArray
    flat: BoolArray


def _mean_where(values: FloatArray, wanted: BoolArray) -> FloatArray:
    """Return the mean over each row's wanted entries, NaN where there are none."""
    count = wanted.sum(axis=1)
    total = np.where(wanted, values, 0.0).sum(axis=1)
    mean: FloatArray = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def day_features(house: House, days: Days) -> DayFeatures:
    """Describe each day by itself.

    Result: as many rows as `days`. Days without night or without sun (polar) are not usable.
    """
    clear = clear_sky_kwh(house, days.day)
    peak = clear.max(axis=1)
    outflow = hourly(days.export_kwh - days.import_kwh)
    present = np.isfinite(outflow) & days.usable[:, np.newaxis]
    outflow = np.where(present, outflow, -np.inf)
    sunny = present & (clear > SUNNY_SHARE * peak[:, np.newaxis])
    dark = clear <= 0.0
    night = present & dark
    usable = days.usable & (peak > 0.0) & sunny.any(axis=1) & night.any(axis=1)
    scale = np.where(usable, peak, np.nan)

    lowest_night = -np.where(night, outflow, -np.inf).max(axis=1)
    best = np.where(sunny, outflow, -np.inf).max(axis=1)
    mean_night = -_mean_where(outflow, night)
    exports = np.where(np.isnan(days.export_kwh), 0.0, days.export_kwh)
    top = exports.max(axis=1)
    flat_slots = (exports >= FLAT_SHARE * top[:, np.newaxis]).sum(axis=1)

    lived = (present & (outflow < -LIVED_KW)).any(axis=1)

    afternoon = np.arange(HOURS) >= HOURS // 2
    evening = night & afternoon & (np.cumsum(dark & afternoon, axis=1) <= EVENING_HOURS)
    with np.errstate(invalid="ignore"):
        return DayFeatures(
            usable=usable,
            clear_kwh=np.where(usable, clear.sum(axis=1), 0.0),
            best_outflow=best / scale,
            night_load=lowest_night / scale,
            exported=exports.sum(axis=1) / np.where(usable, clear.sum(axis=1), np.nan),
            spread=(mean_night - lowest_night) / scale,
            balanced=_mean_where((np.abs(outflow) <= BALANCED_KW).astype(np.float64), evening) >= 0.75,
            held_off=lived & (_mean_where((outflow >= -BALANCED_KW).astype(np.float64), sunny) >= 0.2),
            top_kw=np.where(usable, 2.0 * top, np.nan),
            flat=usable & (top > 0.0) & (flat_slots >= FLAT_SLOTS),
        )


def window_rows(days: Days, end: IntArray, first_row: IntArray, last_row: IntArray, width: int) -> IntArray:
    """Lay the rows of each period out by date, so that every period has the same shape.

    end, first_row, last_row: shape (p,), as in `Periods`. Result: shape (p, width); the last column is the
    period's last day and each column before it one day earlier. Dates without a stored day, or outside
    the period's own rows, hold len(days), the row that `padded` adds.
    """
    wanted = end[:, np.newaxis] + np.arange(1 - width, 1)
    row = np.searchsorted(days.day, wanted)
    inside = (row >= first_row[:, np.newaxis]) & (row <= last_row[:, np.newaxis])
    found = inside & (days.day[np.minimum(row, len(days) - 1)] == wanted)
    rows: IntArray = np.where(found, row, len(days))
    return rows


def padded(values: FloatArray, fill: float) -> FloatArray:
    """Return per-day values with one more row of `fill`, for dates without a day."""
    return np.concatenate((values, np.full((1, *values.shape[1:]), fill)))
