"""Separation of dead from healthy panels: the figures on known arrays, a stub model and real homes."""

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sunsift.domain.drift import Histogram
from sunsift.domain.errors import SunsiftError
from sunsift.domain.evidence import GEOMETRY, Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import day_number
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score
from sunsift.lab.datasets import SETTING, RealHomes, real_homes
from sunsift.lab.judge import roc_auc, separation
from sunsift.lab.packets import write_packets
from tests.support.homes import a_metered_home, write_homes


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2, 0.3], 1.0),
        ([0.1], [0.8, 0.9], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.8, 0.4], [0.6, 0.4, 0.2], 4.5 / 6),
        ([1.0, 1.0, 0.0], [1.0, 0.0], 3.5 / 6),
    ],
)
def test_auc_on_known_arrays(positive: list[float], negative: list[float], expected: float) -> None:
    assert roc_auc(positive, negative) == pytest.approx(expected)


def test_auc_is_the_share_of_ordered_pairs() -> None:
    rng = np.random.default_rng(1)
    above, below = rng.integers(3, 10, 60) / 10, rng.integers(0, 8, 40) / 10
    pairs = [(a > b) + 0.5 * (a == b) for a in above for b in below]
    assert roc_auc(above, below) == pytest.approx(np.mean(pairs))


def test_auc_of_nothing_is_nan_and_nan_is_refused() -> None:
    assert math.isnan(roc_auc([], [0.5]))
    assert math.isnan(roc_auc([0.5], []))
    with pytest.raises(ValueError, match="NaN"):
        roc_auc([math.nan], [0.5])


class ShareOfDeadDays:
    """Calls a period poor by the share of its days without any export in the sun.

    seen: the houses and the evidence that it was shown, in turn.
    """

    version = "stub"
    card: Mapping[str, object] = MappingProxyType({})
    history_days = 30

    def __init__(self) -> None:
        self.seen: list[tuple[str, Evidence]] = []

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        self.seen.append((house.house_id, evidence))
        dead = evidence.column("exporting") == 0.0
        shares = [
            round(float(dead[first : last + 1].mean()), 4)
            for first, last in zip(periods.first_row, periods.last_row, strict=True)
        ]
        return [
            Score(share, 1.0 - share, 0.1, 0.0, Status.POOR if share >= 0.5 else Status.WELL, ())
            for share in shares
        ]

    def training_histograms(self) -> Mapping[str, Histogram]:
        return {}

    def explain(self, reason: Reason) -> str:
        return reason.code


@pytest.fixture
def sunny_home(tmp_path: Path) -> tuple[Path, Path]:
    starts = [datetime(2024, 1, 1) + timedelta(hours=hour) for hour in range(24 * 120)]  # noqa: DTZ001
    table = pa.table(
        {
            "house_id": ["a"] * len(starts),
            "start": pa.array(starts, pa.timestamp("us")),
            "load_kwh": [0.2] * len(starts),
            "generation_kwh": [1.0 if 9 <= start.hour < 15 else 0.0 for start in starts],
        }
    )
    pq.write_table(table, tmp_path / "readings.parquet")
    (tmp_path / "homes.csv").write_text(
        "house_id,capacity_kwp,latitude,longitude,utc_offset_hours,interval_minutes\na,2.0,-33.3,151.4,10,60\n"
    )
    return tmp_path / "homes.csv", tmp_path / "readings.parquet"


def test_separation_counts_days_from_the_onset(sunny_home: tuple[Path, Path]) -> None:
    onset = date(2024, 3, 1)
    result = separation(*sunny_home, onset=onset, model=ShareOfDeadDays())
    (home,) = result.homes
    assert home.onset == day_number(onset)
    assert home.healthy_periods == 120 - 24  # the first one is ready on day 25
    assert home.dead_periods == 60 - 29
    assert home.auc_dead == result.auc_dead == 1.0
    assert home.auc_partly_dead == 1.0
    assert (home.healthy_poor, home.healthy_unknown) == (0.0, 0.0)
    assert home.days_to_prediction == 15  # the first day on which half of thirty are dead
    assert home.days_to_status is not None
    assert 15 < home.days_to_status < 30
    assert result.model_version == "stub"


def test_an_onset_after_the_readings_finds_nothing(sunny_home: tuple[Path, Path]) -> None:
    result = separation(*sunny_home, onset=date(2025, 1, 1), model=ShareOfDeadDays())
    assert math.isnan(result.auc_dead)
    assert result.homes[0].days_to_prediction is None
    assert result.homes[0].days_to_status is None


def test_onsets_follow_the_seed(sunny_home: tuple[Path, Path]) -> None:
    onsets = [
        separation(*sunny_home, seed=seed, model=ShareOfDeadDays()).homes[0].onset for seed in (1, 1, 2, 3, 4)
    ]
    assert onsets[0] == onsets[1]
    assert len(set(onsets)) > 1
    first = day_number(date(2024, 1, 1))
    assert all(first + 48 <= onset <= first + 72 for onset in onsets)


def test_dead_panels_are_judged_under_the_sunlight_that_the_others_sense(tmp_path: Path) -> None:
    homes = [a_metered_home(f"home-{number}", 60) for number in range(4)]
    model = ShareOfDeadDays()
    done: list[tuple[int, int]] = []
    result = separation(
        *write_homes(tmp_path, homes),
        model=model,
        progress=lambda homes_done, in_all: done.append((homes_done, in_all)),
    )
    names = [home.house.house_id for home in homes]
    assert [house_id for house_id, _ in model.seen] == [name for name in names for _ in range(2)]
    for figures, (_, metered), (_, out) in zip(result.homes, model.seen[0::2], model.seen[1::2], strict=True):
        for column in ("expected", "light_am", "light_noon", "light_pm"):
            np.testing.assert_array_equal(out.column(column), metered.column(column))
        assert not metered.flag(GEOMETRY).any()
        assert (metered.column("expected") < metered.column("clear")).all()
        dead = out.day >= figures.onset
        np.testing.assert_array_equal(out.rows[~dead], metered.rows[~dead])
        assert (out.column("exporting")[dead] == 0.0).all()
        assert (metered.column("exporting") > 0.0).any()
    assert done == [(number, 4) for number in range(1, 5)]


def test_the_data_set_folder_is_named_when_absent(tmp_path: Path) -> None:
    with pytest.raises(SunsiftError, match=f"does not exist; set {SETTING}"):
        real_homes({SETTING: str(tmp_path / "nowhere")})
    with pytest.raises(
        SunsiftError, match=r"lacks homes_with_generation\.csv and homes_with_generation\.parq"
    ):
        real_homes({SETTING: str(tmp_path)})


@pytest.fixture
def real() -> RealHomes:
    try:
        return real_homes()
    except SunsiftError as error:
        pytest.skip(str(error))


@pytest.mark.datasets
def test_real_homes_become_packets(real: RealHomes, tmp_path: Path) -> None:
    result = write_packets(
        real.homes_csv, real.readings_parquet, tmp_path / "real.jsonl.gz", capacity_scale=2
    )
    assert result.houses == 14
    assert result.house_days > 14 * 365
    assert result.without_readings == ()


@pytest.mark.datasets
def test_dead_panels_of_real_homes_are_told_from_healthy_ones(real: RealHomes) -> None:
    result = separation(real.homes_csv, real.readings_parquet, 3.0)
    assert len(result.homes) == 14
    assert result.auc_dead > 0.95
    assert result.healthy_poor < 0.1
