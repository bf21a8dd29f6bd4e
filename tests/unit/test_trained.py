"""The model that ships: exact, repeatable, quick to see dead panels, slow to blame healthy ones."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sunsift.domain.evidence import Evidence
from sunsift.domain.period import Periods, ready_periods
from sunsift.domain.readings import FloatArray, IntArray
from sunsift.domain.rules import Rules
from sunsift.domain.status import Status
from sunsift.domain.verdict import Score
from sunsift.lab.record import OUTAGE, Record
from sunsift.lab.sensed import fleet_evidence
from sunsift.lab.simulate import simulate_records
from sunsift.model import load
from sunsift.model.calendar import HISTORY_DAYS, PERIOD_DAYS
from sunsift.model.trained import POOR_FROM, WELL_UPTO, TrainedModel, clear_kwh, shipped

DAYS = 430
# Houses are judged from here on: by then each has a past.
PAST_DAYS = 100
PERIODS = 336
MODEL = shipped()


@dataclass(frozen=True, slots=True)
class Judged:
    """A simulated house, its periods and their scores."""

    record: Record
    evidence: Evidence
    periods: Periods
    scores: list[Score]

    def between(self, first: int, stop: int = 1 << 30) -> list[Score]:
        """Return the scores of the periods that end on the days from `first` to before `stop`."""
        ends = self.periods.end.tolist()
        return [score for end, score in zip(ends, self.scores, strict=True) if first <= end < stop]

    def faulty(self) -> IntArray:
        """Return the days with a fault."""
        days: IntArray = self.record.day[np.array([bool(name) for name in self.record.fault])]
        return days


def all_periods(evidence: Evidence) -> Periods:
    return ready_periods(evidence, Rules(), int(evidence.day[0]), int(evidence.day[-1]))


@pytest.fixture(scope="module")
def fleet() -> list[Judged]:
    """Return 30 houses in three regions; half of them get a fault in their second hundred days."""
    records = list(simulate_records(30, DAYS, seed=5, faulty_share=0.5))
    judged = []
    for record, evidence in zip(records, fleet_evidence(records), strict=True):
        periods = all_periods(evidence)
        judged.append(Judged(record, evidence, periods, MODEL.score(record.house, evidence, periods)))
    return judged


def healthy_ones(fleet: list[Judged]) -> list[Judged]:
    return [one for one in fleet if not len(one.faulty())]


def dead_ones(fleet: list[Judged]) -> list[Judged]:
    """Return the houses that died for good."""
    return [one for one in fleet if one.record.fault[-1] == OUTAGE]


def p_poor(scores: list[Score]) -> FloatArray:
    return np.array([score.p_poor for score in scores])


def test_the_shipped_model_is_what_load_gives() -> None:
    model = load()
    assert isinstance(model, TrainedModel)
    assert model.version == MODEL.version
    assert model.history_days == HISTORY_DAYS
    assert {"learnt_from", "held_out", "limits", "licence"} <= set(MODEL.card)


def test_nothing_asked_is_nothing_said(fleet: list[Judged]) -> None:
    one = fleet[0]
    nobody = one.periods.take(np.zeros(len(one.periods), np.bool_))
    assert MODEL.score(one.record.house, one.evidence, nobody) == []


@pytest.mark.parametrize("number", [0, 17])
def test_many_periods_at_once_are_each_by_itself(fleet: list[Judged], number: int) -> None:
    one = fleet[number]
    house = one.record.house
    last = one.periods.take(np.arange(len(one.periods)) >= len(one.periods) - PERIODS)
    together = MODEL.score(house, one.evidence, last)
    assert len(together) == PERIODS
    assert together == one.scores[-PERIODS:]
    for place, end in enumerate(last.end.tolist()):
        seen = (one.evidence.day <= end) & (one.evidence.day > end - HISTORY_DAYS)
        alone = Evidence(one.evidence.day[seen], one.evidence.rows[seen])
        scores = MODEL.score(house, alone, ready_periods(alone, Rules(), end, end))
        assert repr(scores) == repr(together[place : place + 1])


def test_clear_energy_does_not_depend_on_what_lies_before(fleet: list[Judged]) -> None:
    for one in fleet[:10]:
        whole = clear_kwh(one.record.house, one.evidence, one.periods)
        for place in (60, 200, len(one.periods) - 1):
            end = int(one.periods.end[place])
            seen = (one.evidence.day <= end) & (one.evidence.day > end - PERIOD_DAYS)
            alone = Evidence(one.evidence.day[seen], one.evidence.rows[seen])
            found = clear_kwh(one.record.house, alone, ready_periods(alone, Rules(), end, end))
            assert found.tolist() == [whole[place]]


def test_clear_energy_of_lost_days_is_the_mean_of_the_others(fleet: list[Judged]) -> None:
    one = healthy_ones(fleet)[0]
    keep = np.ones(len(one.evidence), np.bool_)
    keep[[-10, -20]] = False
    fewer = Evidence(one.evidence.day[keep], one.evidence.rows[keep])
    whole = clear_kwh(one.record.house, one.evidence, all_periods(one.evidence))[-1]
    assert clear_kwh(one.record.house, fewer, all_periods(fewer))[-1] == pytest.approx(whole, rel=0.02)


def test_repeated_scores_are_the_same_bytes(fleet: list[Judged]) -> None:
    for one in fleet[:5]:
        again = shipped().score(one.record.house, one.evidence, one.periods)
        assert repr(again) == repr(one.scores)


def test_scores_are_in_range_and_rounded(fleet: list[Judged]) -> None:
    for score in (score for one in fleet for score in one.scores):
        assert 0.0 <= score.p_poor <= 1.0
        assert score.p_poor == round(score.p_poor, 4)
        assert 0.0 <= score.performance <= 1.0
        assert score.performance == round(score.performance, 3)
        assert 0.0 < score.performance_se <= 1.0
        assert score.performance_se == round(score.performance_se, 3)
        assert score.lost_kwh >= 0.0
        assert score.lost_kwh == round(score.lost_kwh, 1)


def test_the_verdict_follows_the_probability(fleet: list[Judged]) -> None:
    seen = set()
    for score in (score for one in fleet for score in one.scores):
        seen.add(score.verdict)
        # A rounded probability tells nothing of its own last step.
        if abs(score.p_poor - POOR_FROM) > 1e-4 and abs(score.p_poor - WELL_UPTO) > 1e-4:
            well = Status.WELL if score.p_poor < WELL_UPTO else Status.UNKNOWN
            assert score.verdict is (Status.POOR if score.p_poor > POOR_FROM else well)
    assert seen == {Status.WELL, Status.POOR, Status.UNKNOWN}


def test_probabilities_rise_with_the_log_odds() -> None:
    p = MODEL.probability(np.linspace(-30.0, 30.0, 200))
    assert (np.diff(p) >= 0.0).all()
    assert p[0] < 0.01 < 0.99 < p[-1]


def test_dead_panels_are_found_within_five_days(fleet: list[Judged]) -> None:
    dead = dead_ones(fleet)
    assert len(dead) >= 3
    for one in dead:
        onset = int(one.faulty()[0])
        assert onset >= one.record.day[0] + PAST_DAYS
        assert p_poor(one.between(onset, onset + 5)).max() > 0.9, one.record.house
        assert (p_poor(one.between(onset + 5, onset + 35)) > 0.9).mean() >= 0.9, one.record.house
        # Even when the healthy past is nearly forgotten.
        assert (p_poor(one.between(onset + 5)) > 0.5).all(), one.record.house


def test_healthy_panels_are_left_in_peace(fleet: list[Judged]) -> None:
    healthy = healthy_ones(fleet)
    assert len(healthy) >= 10
    scores = [p_poor(one.between(int(one.record.day[0]) + PAST_DAYS)) for one in healthy]
    assert (np.concatenate(scores) < 0.5).mean() >= 0.95
    for one in dead_ones(fleet):
        assert np.median(p_poor(one.between(0, int(one.faulty()[0])))) < 0.5


def test_the_loss_of_long_outages_is_about_right(fleet: list[Judged]) -> None:
    told, true = [], []
    for one in dead_ones(fleet):
        record = one.record
        told.append(one.scores[-1].lost_kwh)
        true.append(float(np.nansum((record.healthy_kwh - record.generation_kwh)[-PERIOD_DAYS:])))
        assert one.scores[-1].performance < 0.35
    assert sum(told) == pytest.approx(sum(true), rel=0.3)
    np.testing.assert_allclose(told, true, rtol=0.45)


def test_scoring_needs_numpy_and_msgspec_alone() -> None:
    script = """
import json, sys
from sunsift.domain.evidence import measure_evidence, stack_evidence
from sunsift.domain.period import ready_periods
from sunsift.domain.rules import Rules
from sunsift.domain.sunlight import NO_SENSOR
from sunsift.model import load
from tests.support.build import FIRST_DAY, a_house, days_of
house, packets = a_house(), days_of("house-1", FIRST_DAY, 40)
rows = measure_evidence(house, packets, [NO_SENSOR] * len(packets))
evidence = stack_evidence([(p.day, row) for p, row in zip(packets, rows)])
periods = ready_periods(evidence, Rules(), FIRST_DAY, FIRST_DAY + 39)
model = load()
scores = model.score(house, evidence, periods)
told = [model.explain(reason) for score in scores for reason in score.reasons]
modules = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"scores": len(scores), "told": told, "modules": modules}))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["scores"] == 16
    assert found["told"]
    heavy = {"scipy", "sklearn", "pandas", "pyarrow", "pvlib", "matplotlib", "joblib", "typer", "rich"}
    assert not heavy & set(found["modules"])
    assert {"numpy", "msgspec"} <= set(found["modules"])
