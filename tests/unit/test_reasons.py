"""Why a score is what it is: plain sentences, true ones, and silence where there is silence."""

import re
from functools import cache

import numpy as np
import pytest

from sunsift.domain.evidence import BALANCED, Evidence
from sunsift.domain.period import ready_periods
from sunsift.domain.rules import Rules
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason, Score
from sunsift.lab.record import OUTAGE, Record
from sunsift.lab.sensed import fleet_evidence
from sunsift.lab.simulate import simulate_records
from sunsift.model import load
from sunsift.model.reasons import MOST_REASONS, WORDING, explain
from sunsift.model.trained import shipped

MODEL = shipped()


@cache
def fleet() -> list[tuple[Record, Evidence]]:
    """Return simulated houses with half a year of evidence; some die on the way."""
    records = list(simulate_records(30, 200, seed=8, faulty_share=0.5))
    return list(zip(records, fleet_evidence(records), strict=True))


def scored(record: Record, evidence: Evidence) -> dict[int, Score]:
    """Return the score of each period by its last day."""
    periods = ready_periods(evidence, Rules(), int(evidence.day[0]), int(evidence.day[-1]))
    return dict(zip(periods.end.tolist(), MODEL.score(record.house, evidence, periods), strict=True))


def dead() -> list[tuple[Record, Evidence]]:
    return [(record, evidence) for record, evidence in fleet() if record.fault[-1] == OUTAGE]


@pytest.mark.parametrize("code", WORDING)
@pytest.mark.parametrize("value", [0, 1, 30, 97])
def test_every_code_reads_as_a_sentence(code: str, value: int) -> None:
    text = explain(Reason(code, value))
    assert re.fullmatch(r"[A-Z][^{}]+\.", text), text
    assert "  " not in text
    assert load().explain(Reason(code, value)) == text
    if "{v" in WORDING[code]:
        assert f"{value} " in text
    if "{tenth" in WORDING[code]:
        assert f"{value / 10:.1f} kW" in text


def test_a_code_of_another_version_comes_back_as_it_is() -> None:
    assert explain(Reason("phase_of_moon", 3)) == "phase_of_moon"


def test_the_reasons_of_dead_panels_name_the_silence_and_its_length() -> None:
    assert len(dead()) >= 3
    for record, evidence in dead():
        scores = scored(record, evidence)
        silent = int(record.day[-1]) - int(record.day[record.fault.index(OUTAGE)]) + 1
        last = scores[max(scores)]
        assert last.verdict is Status.POOR
        (told,) = [reason for reason in last.reasons if reason.code == "silent_days"]
        assert 15 <= told.value <= min(silent, 30)
        assert f"on the last {told.value} days" in explain(told)


def test_silence_is_counted_day_by_day() -> None:
    record, evidence = dead()[0]
    onset = int(record.day[record.fault.index(OUTAGE)])
    scores = scored(record, evidence)
    counted = []
    for day in range(onset + 4, onset + 20):
        usable = int(evidence.usable[(evidence.day >= onset) & (evidence.day <= day)].sum())
        told = {reason.code: reason.value for reason in scores[day].reasons} if day in scores else {}
        if "silent_days" in told:
            counted.append((told["silent_days"], usable))
    assert len(counted) >= 10
    assert all(abs(said - true) <= 1 for said, true in counted)


def test_reasons_are_few_known_and_said_once() -> None:
    for record, evidence in fleet():
        for score in scored(record, evidence).values():
            codes = [reason.code for reason in score.reasons]
            assert len(codes) <= MOST_REASONS
            assert len(set(codes)) == len(codes)
            assert set(codes) <= set(WORDING)
            assert all(0 <= reason.value <= 30000 for reason in score.reasons)


def test_a_verdict_of_poor_has_a_reason() -> None:
    poor = [s for r, e in fleet() for s in scored(r, e).values() if s.verdict is Status.POOR]
    assert len(poor) > 100
    assert all(score.reasons for score in poor)


def test_well_panels_are_not_told_to_be_silent() -> None:
    blaming = {"silent_days", "silent_between", "gaps", "shape", "unseen_before"}
    well = [s for r, e in fleet() for s in scored(r, e).values() if s.verdict is Status.WELL]
    assert len(well) > 1000
    assert not any(reason.code in blaming for score in well for reason in score.reasons)


def test_a_new_house_is_told_to_be_one() -> None:
    record, evidence = dead()[0]
    late = evidence.day >= record.day[-40]
    new = Evidence(evidence.day[late], evidence.rows[late])
    told = [reason for score in scored(record, new).values() for reason in score.reasons]
    no_past = [reason for reason in told if reason.code == "no_past"]
    assert no_past
    assert {reason.value for reason in no_past} == {round(10.0 * record.house.capacity_kwp)}
    assert not {"used_to", "used_to_match"} & {reason.code for reason in told}


def test_a_battery_is_named_where_there_is_one_alone() -> None:
    def codes(record: Record, evidence: Evidence) -> set[str]:
        return {reason.code for score in scored(record, evidence).values() for reason in score.reasons}

    with_battery = [codes(r, e) for r, e in fleet() if r.house.battery]
    assert any("battery" in found for found in with_battery)
    without = [codes(r, e) for r, e in fleet() if not r.house.battery and not e.flag(BALANCED).any()]
    assert without
    assert not any("battery" in found for found in without)


def test_reasons_are_the_same_in_a_batch_and_alone() -> None:
    record, evidence = dead()[0]
    periods = ready_periods(evidence, Rules(), int(evidence.day[0]), int(evidence.day[-1]))
    together = MODEL.score(record.house, evidence, periods)
    for place in range(0, len(periods), 7):
        (alone,) = MODEL.score(record.house, evidence, periods.take(np.arange(len(periods)) == place))
        assert alone.reasons == together[place].reasons
