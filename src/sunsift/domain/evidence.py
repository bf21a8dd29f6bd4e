"""What one day of net readings shows under that day's sunlight: a few small numbers, kept for good.

A day's evidence rests on its packet, the registration and the region's closed profile alone, so it never
changes when other days arrive. Every verdict, and every memory of a house's own past, is built from these
rows and not from readings. Each number is one byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sunsift.domain.house import House
from sunsift.domain.ratio import over
from sunsift.domain.readings import BoolArray, Days, FloatArray, IntArray, Packet, stack_days
from sunsift.domain.sunlight import clear_sky_kwh, clearsky_index, hourly

# The first byte of a row: how it is laid out. Rows of another layout are measured again.
LAYOUT: Final = 1
MISSING: Final = 255
HOURS: Final = 24
# Hours in which the clear-sky output passes this share of the day's peak count as sunny.
SUNNY_SHARE: Final = 0.4
# Expected output below this share of the clear-sky peak is too small to divide by.
LEAST_EXPECTED: Final = 0.25
# The clear-sky noon lies in the middle block, this many hours to either side.
NOON_HOURS: Final = 1.5
# A battery holds the meter this close to zero, and an hour's import this high tells a lived-in house. [kW]
BALANCED_KW: Final = 0.05
LIVED_KW: Final = 0.2
EVENING_HOURS: Final = 4
# Half-hours within 1 % of the day's largest export. A clear day's peak is that flat for 2 hours at most.
FLAT_SHARE: Final = 0.99
FLAT_SLOTS: Final = 6

USABLE, HAS_DATA, FLAT, BALANCED, HELD_OFF, GEOMETRY = (1 << bit for bit in range(6))


class Scale(NamedTuple):
    """How a number becomes a byte: `low` is 0, and each `step` adds one, up to 254."""

    low: float
    step: float


# All but `expected` are shares of the clear-sky output of the registered panels, per hour or per block.
COLUMNS: Final[dict[str, Scale]] = {
    # Expected output over clear-sky output, of each third of the day: the sunlight.
    "light_am": Scale(0.0, 1 / 160),
    "light_noon": Scale(0.0, 1 / 160),
    "light_pm": Scale(0.0, 1 / 160),
    # Export over clear-sky output.
    "export_am": Scale(0.0, 1 / 180),
    "export_noon": Scale(0.0, 1 / 180),
    "export_pm": Scale(0.0, 1 / 180),
    # Export minus import over clear-sky output.
    "net_am": Scale(-2.8, 1 / 60),
    "net_noon": Scale(-2.8, 1 / 60),
    "net_pm": Scale(-2.8, 1 / 60),
    # Largest hourly export minus import over the clear-sky output of that hour.
    "top_am": Scale(-1.0, 0.01),
    "top_noon": Scale(-1.0, 0.01),
    "top_pm": Scale(-1.0, 0.01),
    # Lowest of the same within three hours of the clear-sky noon.
    "trough": Scale(-1.4, 0.01),
    # Largest, and lower quartile, of hourly export minus import over what was to be expected.
    "best": Scale(-1.0, 0.01),
    "low": Scale(-1.0, 0.01),
    # Largest hourly rise of export minus import above the lowest night load: over the clear-sky peak, and
    # over what was to be expected in that hour.
    "rise": Scale(-0.8, 0.01),
    "rise_expected": Scale(-0.8, 0.01),
    # Lowest and mean night load over the clear-sky peak.
    "night_low": Scale(0.0, 0.006),
    "night_mean": Scale(0.0, 0.012),
    # Share of the sunny hours with export.
    "exporting": Scale(0.0, 1 / 250),
    # Sums for the slope of net energy on the expected: squared hourly steps of what was to be expected, and
    # their products with the steps of export minus import, both over the squared peak.
    "steps": Scale(0.0, 0.008),
    "follows": Scale(-0.7, 0.011),
    # Mean hourly step of net energy that the sun's do not explain, over the peak: trips, clouds, cooking.
    "rough": Scale(0.0, 0.004),
    # Largest half-hourly export as power over capacity [kW/kWp].
    "top_export": Scale(0.0, 1 / 180),
    # What was to be expected [kWh/kWp a day], and the clear-sky output [kWh/kWp a day].
    "expected": Scale(0.0, 0.04),
    "clear": Scale(0.0, 0.04),
}
WIDTH: Final = 2 + len(COLUMNS)
_PLACES: Final = {name: place for place, name in enumerate(COLUMNS, start=2)}
# What each byte of each place stands for; the first two places hold no column.
_UNITS: Final = np.full((WIDTH, MISSING + 1), np.nan)
for _name, _scale in COLUMNS.items():
    _UNITS[_PLACES[_name], :MISSING] = _scale.low + _scale.step * np.arange(MISSING)

_LOWS, _STEPS = np.array(list(COLUMNS.values())).T

Rows = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of n days of one house, oldest first.

    day: shape (n,) [days since 1970-01-01], strictly rising, gaps possible. rows: shape (n, WIDTH).
    """

    day: IntArray
    rows: Rows

    def __len__(self) -> int:
        return len(self.day)

    def flag(self, bit: int) -> BoolArray:
        """Return whether a flag is set, shape (n,)."""
        result: BoolArray = (self.rows[:, 1] & bit) > 0
        return result

    @property
    def usable(self) -> BoolArray:
        """Whether each day is measured, nearly complete and has sun and night, shape (n,)."""
        return self.flag(USABLE)

    @property
    def has_data(self) -> BoolArray:
        """Whether each day has at least one reading, shape (n,)."""
        return self.flag(HAS_DATA)

    def columns(self, names: Sequence[str]) -> FloatArray:
        """Return columns in their own units, shape (k, n), NaN where there is nothing to tell."""
        places = np.array([_PLACES[name] for name in names])
        values: FloatArray = _UNITS[places[:, np.newaxis], self.rows.T[places]]
        return values

    def column(self, name: str) -> FloatArray:
        """Return a column in its own unit, shape (n,), NaN where there is nothing to tell."""
        values: FloatArray = self.columns((name,))[0]
        return values


def stack_evidence(rows: Sequence[tuple[int, bytes]]) -> Evidence:
    """Line stored rows up; rows: (day, evidence), oldest first."""
    day = np.fromiter((day for day, _ in rows), np.int64, len(rows))
    return Evidence(day, np.frombuffer(b"".join(row for _, row in rows), np.uint8).reshape(-1, WIDTH))


def is_current(row: bytes) -> bool:
    """Say whether a stored row is laid out as this version does."""
    return len(row) == WIDTH and row[0] == LAYOUT


def measure_evidence(house: House, packets: Sequence[Packet], profiles: Sequence[bytes]) -> list[bytes]:
    """Return the evidence of each packet.

    packets: of one house, oldest first. profiles: the closed profile of the region for each of their days.
    """
    days = stack_days(packets)
    index, sensed = clearsky_index(house, profiles)
    rows = evidence_rows(house, days, index, ~sensed)
    return [row.tobytes() for row in rows]


def evidence_rows(house: House, days: Days, index: FloatArray, geometry: BoolArray) -> Rows:
    """Return the rows of days under their clear-sky index, shape (n, WIDTH).

    index: shape (n, 24) [1]. geometry: shape (n,), whether nobody measured the sunlight.
    """
    clear = clear_sky_kwh(house, days.day)
    expected = clear * index
    peak = clear.max(axis=1)
    export = hourly(days.export_kwh)
    outflow = export - hourly(days.import_kwh)
    present = np.isfinite(outflow) & days.usable[:, np.newaxis]
    sunny = present & (clear > SUNNY_SHARE * peak[:, np.newaxis])
    dark = clear <= 0.0
    night = present & dark
    usable = days.usable & (peak > 0.0) & sunny.any(axis=1) & night.any(axis=1)
    scale = np.where(usable, peak, np.nan)[:, np.newaxis]

    def summed(values: FloatArray, where: BoolArray) -> FloatArray:
        total: FloatArray = np.where(where, values, 0.0).sum(axis=1)
        return total

    def largest(values: FloatArray, where: BoolArray) -> FloatArray:
        most = np.where(where, values, -np.inf).max(axis=1)
        return np.where(np.isfinite(most), most, np.nan)

    values: dict[str, FloatArray] = {}
    hour = np.arange(HOURS) + 0.5
    noon = over((clear * hour).sum(axis=1), clear.sum(axis=1))[:, np.newaxis]
    lit = present & (clear > 0.15 * peak[:, np.newaxis])
    shares = over(np.where(present, outflow, 0.0), np.where(sunny, clear, 0.0))
    for name, block in (
        ("am", hour < noon - NOON_HOURS),
        ("noon", np.abs(hour - noon) <= NOON_HOURS),
        ("pm", hour > noon + NOON_HOURS),
    ):
        where = lit & block
        total = summed(clear, where)
        values[f"light_{name}"] = over(summed(expected, where), total)
        values[f"export_{name}"] = over(summed(export, where), total)
        values[f"net_{name}"] = over(summed(outflow, where), total)
        values[f"top_{name}"] = largest(shares, sunny & block)

    around = sunny & (np.abs(hour - noon) <= 2.0 * NOON_HOURS)
    values["trough"] = -largest(-shares, around)
    telling = sunny & (expected > LEAST_EXPECTED * peak[:, np.newaxis])
    of_expected = over(np.where(telling, outflow, 0.0), np.where(telling, expected, 0.0))
    values["best"] = largest(of_expected, telling)
    ranked = np.sort(np.where(telling, of_expected, -np.inf), axis=1)
    count = telling.sum(axis=1)
    place = np.minimum(HOURS - 1 - (3 * count) // 4, HOURS - 1)[:, np.newaxis]
    values["low"] = np.where(count > 0, np.take_along_axis(ranked, place, axis=1)[:, 0], np.nan)

    lowest = -largest(outflow, night)
    rise = np.where(present, outflow, 0.0) + np.where(usable, lowest, 0.0)[:, np.newaxis]
    values["rise"] = largest(rise, sunny) / scale[:, 0]
    values["rise_expected"] = largest(
        over(np.where(telling, rise, 0.0), np.where(telling, expected, 0.0)), telling
    )
    values["night_low"] = lowest / scale[:, 0]
    values["night_mean"] = over(-summed(outflow, night), night.sum(axis=1)) / scale[:, 0]
    values["exporting"] = over(summed((export > 0.0).astype(np.float64), sunny), sunny.sum(axis=1))

    both = lit[:, 1:] & lit[:, :-1]
    with np.errstate(invalid="ignore"):
        sun_steps = np.diff(expected, axis=1) / scale
        net_steps = np.clip(np.diff(np.where(present, outflow, 0.0), axis=1) / scale, -1.0, 1.0)
    values["steps"] = summed(sun_steps**2, both)
    values["follows"] = summed(sun_steps * net_steps, both)
    values["rough"] = over(summed(np.abs(net_steps - sun_steps), both), both.sum(axis=1))

    exports = np.where(np.isnan(days.export_kwh), 0.0, days.export_kwh)
    top = exports.max(axis=1)
    values["top_export"] = 2.0 * top / house.capacity_kwp
    values["expected"] = expected.sum(axis=1) / house.capacity_kwp
    values["clear"] = clear.sum(axis=1) / house.capacity_kwp

    rows = np.full((len(days), WIDTH), MISSING, np.uint8)
    rows[:, 0] = LAYOUT
    flat = usable & (top > 0.0) & ((exports >= FLAT_SHARE * top[:, np.newaxis]).sum(axis=1) >= FLAT_SLOTS)
    rows[:, 1] = (
        USABLE * usable
        + HAS_DATA * days.has_data
        + FLAT * flat
        + _battery_flags(outflow, present, sunny, night, dark)
        + GEOMETRY * geometry
    )
    stacked = np.stack([values[name] for name in COLUMNS], axis=1)
    told = usable[:, np.newaxis] & np.isfinite(stacked)
    steps = np.rint((np.where(told, stacked, 0.0) - _LOWS) / _STEPS)
    rows[:, 2:] = np.where(told, np.clip(steps, 0, MISSING - 1), MISSING)
    return rows


def _battery_flags(
    outflow: FloatArray, present: BoolArray, sunny: BoolArray, night: BoolArray, dark: BoolArray
) -> IntArray:
    """Return BALANCED where the meter is held at zero through the evening, HELD_OFF where by day."""
    afternoon = np.arange(HOURS) >= HOURS // 2
    evening = night & afternoon & (np.cumsum(dark & afternoon, axis=1) <= EVENING_HOURS)
    known = np.where(present, outflow, 0.0)
    near = np.abs(known) <= BALANCED_KW
    balanced = (evening & near).sum(axis=1) >= 0.75 * np.maximum(evening.sum(axis=1), 1)
    lived = (present & (known < -LIVED_KW)).any(axis=1)
    held = lived & ((sunny & (known >= -BALANCED_KW)).sum(axis=1) >= 0.2 * np.maximum(sunny.sum(axis=1), 1))
    flags: IntArray = BALANCED * balanced + HELD_OFF * held
    return flags
