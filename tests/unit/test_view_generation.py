"""Expected and estimated generation of a house's days, held against what its panels really made."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import numpy as np
import pytest

from sunsift.domain.readings import FloatArray
from sunsift.lab.record import Record
from sunsift.lab.simulate import simulate_records
from sunsift.local import settle_all
from sunsift.settings import read_settings
from sunsift.views.generation import Generation, Said, estimate
from sunsift.views.house import HousePicture, house_picture
from sunsift.wiring import embedded
from tests.support.clock import ManualClock

NOTHING = np.nan


def said(
    days: int, performance: float = NOTHING, se: float = 0.05, lost: float = NOTHING, first: int = 29
) -> Said:
    """Return what predictions said that all say the same; the first ends on day `first`."""
    told = np.arange(days) >= first
    return Said(*(np.where(told, value, np.nan) for value in (performance, se, lost)))


def test_healthy_panels_make_what_the_sun_gives() -> None:
    sunlit = np.linspace(5.0, 25.0, 90)
    made = estimate(sunlit, 0.4 * sunlit, said(90, performance=1.0, lost=0.0))
    assert made.expected_kwh == pytest.approx(sunlit)
    assert made.estimated_kwh == pytest.approx(sunlit)
    assert (made.low_kwh < sunlit).all()
    assert (made.high_kwh > sunlit).all()


@pytest.mark.parametrize("of_registered", [0.7, 1.0, 1.2])
def test_what_was_lost_says_how_healthy_panels_do_there(of_registered: float) -> None:
    """Panels that do better or worse than registered ones, half of which are dead."""
    sunlit = np.full(120, 20.0)
    lost = 0.5 * of_registered * 20.0 * 30
    made = estimate(sunlit, np.full(120, 3.0), said(120, performance=0.5, lost=lost))
    assert made.expected_kwh[30:60] == pytest.approx(20.0 * of_registered, rel=0.05)
    assert made.estimated_kwh[30:60] == pytest.approx(10.0 * of_registered, rel=0.05)


def test_never_less_than_was_exported() -> None:
    sunlit = np.full(60, 10.0)
    exports = np.where(np.arange(60) == 45, 9.5, 1.0)
    made = estimate(sunlit, exports, said(60, performance=0.1, lost=270.0))
    assert made.estimated_kwh[45] == made.low_kwh[45] == 9.5
    assert made.high_kwh[45] > 9.5
    assert (made.low_kwh >= exports).all()


def test_missing_is_missing() -> None:
    sunlit = np.full(70, 10.0)
    sunlit[40] = np.nan
    exports = np.full(70, 4.0)
    exports[[40, 41]] = np.nan
    made = estimate(sunlit, exports, said(70, performance=0.9, lost=30.0))
    for values in (made.expected_kwh, made.estimated_kwh, made.low_kwh, made.high_kwh):
        assert np.isnan(values[40])
        assert np.isfinite(values[41])
    never = estimate(sunlit, exports, said(70))
    assert np.isfinite(never.expected_kwh[0])
    assert np.isnan(never.estimated_kwh).all()
    empty = np.empty(0)
    assert len(estimate(empty, empty, said(0)).expected_kwh) == 0


def test_a_fault_shows_where_it_began() -> None:
    days = np.arange(150)
    share = np.where(days < 75, 1.0, 0.0)
    mean = np.convolve(share, np.full(30, 1 / 30))[:150]
    told = Said(
        performance=np.where(days >= 29, mean, np.nan),
        performance_se=np.where(days >= 29, 0.03, np.nan),
        lost_kwh=np.where(days >= 29, (1.0 - mean) * 300.0, np.nan),
    )
    made = estimate(np.full(150, 10.0), 3.0 * share, told)
    assert made.estimated_kwh[:45] == pytest.approx(10.0)
    assert made.estimated_kwh[105:] == pytest.approx(0.0, abs=0.01)
    assert (np.diff(made.estimated_kwh) < 1e-9).all()
    half = int(np.argmax(made.estimated_kwh < 5.0))
    assert abs(half - 75) <= 5
    assert made.expected_kwh == pytest.approx(10.0)


Pictures = list[tuple[Record, HousePicture]]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pictures]:
    """Houses whose truth is known, judged by the shipped model."""
    records = list(simulate_records(16, 150, seed=11, start=date(2025, 9, 1), faulty_share=0.5))
    clock = ManualClock()
    with closing(embedded(read_settings({}, tmp_path_factory.mktemp("truth")), clock=clock)) as parts:
        parts.store.register([record.house for record in records])
        parts.store.save([packet for record in records for packet in record.packets()], [])
        clock.turn(hours=2)
        parts.close_days()
        parts.sweep()
        settle_all(parts)
        yield [(r, house_picture(parts.records, parts.model, r.house)) for r in records]


def day_errors(pictures: Pictures, of: str) -> FloatArray:
    """Return how far a day is off on average, of each house, over a mean healthy day."""
    return np.array(
        [
            np.nanmean(np.abs(getattr(p.generation, f"{of}_kwh") - truth)) / np.nanmean(r.healthy_kwh)
            for r, p in pictures
            for truth in [r.healthy_kwh if of == "expected" else r.generation_kwh]
        ]
    )


def test_it_is_near_the_truth(pictures: Pictures) -> None:
    assert {fault for record, _ in pictures for fault in record.fault} > {""}
    assert np.median(day_errors(pictures, "expected")) < 0.13
    estimated = day_errors(pictures, "estimated")
    assert np.median(estimated) < 0.125
    assert np.quantile(estimated, 0.9) < 0.21


def test_the_range_holds_most_days(pictures: Pictures) -> None:
    inside, days = 0, 0
    for record, picture in pictures:
        made: Generation = picture.generation
        known = np.isfinite(made.low_kwh) & np.isfinite(record.generation_kwh)
        truth = record.generation_kwh[known]
        inside += int(((truth >= made.low_kwh[known]) & (truth <= made.high_kwh[known])).sum())
        days += int(known.sum())
    assert days > 1500
    assert 0.5 < inside / days < 0.9


def test_losses_are_seen_in_the_sum(pictures: Pictures) -> None:
    """What a house lost between expected and estimated goes with what it truly lost."""
    found, true = [], []
    for record, picture in pictures:
        made = picture.generation
        known = np.isfinite(made.estimated_kwh) & np.isfinite(record.generation_kwh)
        found.append(1.0 - made.estimated_kwh[known].sum() / made.expected_kwh[known].sum())
        true.append(1.0 - record.generation_kwh[known].sum() / record.healthy_kwh[known].sum())
    assert np.corrcoef(found, true)[0, 1] > 0.8
