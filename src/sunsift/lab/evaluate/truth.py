"""What was true of every house on every day, and which reports it called for."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sunsift.domain.readings import BoolArray, FloatArray
from sunsift.domain.rules import Rules
from sunsift.lab.record import Record

Codes = npt.NDArray[np.int8]
POOR_UPTO: Final = 0.75
WELL_FROM: Final = 0.90
# Panels that died yesterday made 97 % of the period's energy, and yet are not well.
RECENT_DAYS: Final = 7
BETWEEN, WELL, POOR = range(3)


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of n days of one house.

    performance: shape (n,), made over healthy energy of the period that ends on the day; NaN where too few
    of its days are known. recent: the same over the last RECENT_DAYS days. state: shape (n,), BETWEEN, WELL
    or POOR. lost_kwh: shape (n,), lost on the day by a fault [kWh]. judged: shape (n,), whether the period is
    complete by then.
    """

    performance: FloatArray
    recent: FloatArray
    state: Codes
    lost_kwh: FloatArray
    judged: BoolArray


def truth_of(record: Record, rules: Rules) -> Truth:
    """Work the truth out from what the panels made and would have made."""
    known = ~(np.isnan(record.generation_kwh) | np.isnan(record.healthy_kwh))
    made = np.where(known, record.generation_kwh, 0.0)
    healthy = np.where(known, record.healthy_kwh, 0.0)

    def share(days: int, fewest: int) -> FloatArray:
        of_made, of_healthy, count = (
            _running(values, days) for values in (made, healthy, known.astype(np.float64))
        )
        tells = (count >= fewest) & (of_healthy > 1e-9)
        result: FloatArray = np.where(tells, of_made / np.where(tells, of_healthy, 1.0), np.nan)
        return result

    performance = share(rules.period_days, rules.ready_days)
    recent = share(min(RECENT_DAYS, rules.period_days), 1)
    state = np.full(len(made), BETWEEN, np.int8)
    with np.errstate(invalid="ignore"):
        state[(performance >= WELL_FROM) & (recent >= WELL_FROM)] = WELL
        state[performance <= POOR_UPTO] = POOR
    judged = np.arange(len(made)) >= rules.period_days - 1
    return Truth(performance, recent, state, np.maximum(healthy - made, 0.0), judged)


def _running(values: FloatArray, days: int) -> FloatArray:
    """Return the sum over the last `days` entries up to each one."""
    total = np.concatenate((np.zeros(days), np.cumsum(values)))
    sums: FloatArray = total[days:] - total[:-days]
    return sums


def needless_changes(reports: list[tuple[int, int]], state: Codes) -> list[bool]:
    """Say of each report whether nothing called for it.

    reports: (row, new status as BETWEEN for unknown, WELL or POOR), oldest first. A report is called for if
    it tells the truth of its day and the truth last told was another one; in a spell of days between well
    and poor, one report is called for. Both the false alarm and its withdrawal are needless.
    """
    told, gray_since, needless = BETWEEN, -1, []
    for row, status in reports:
        truth = int(state[row])
        if truth == BETWEEN:
            spell = row
            while spell > 0 and state[spell - 1] == BETWEEN:
                spell -= 1
            called_for = status != BETWEEN and status != told and gray_since != spell
            gray_since = spell if called_for else gray_since
        else:
            called_for = status == truth and told != truth
        told = status if called_for else told
        needless.append(not called_for)
    return needless
