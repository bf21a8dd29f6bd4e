"""The heart of predict: what is scored again, what is withdrawn, and what the retailer is told."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from sunsift.domain.readings import Packet
from sunsift.domain.rules import Rules
from sunsift.domain.status import Change, Folded, Status
from sunsift.domain.sunlight import NO_SENSOR
from sunsift.parcels import Outcome, StoredPrediction, Work
from sunsift.steps.assess import assess
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.models import ExportModel

RULES = Rules()
HOUSE = "house-1"


def work_on(
    packets: Sequence[Packet],
    changed: tuple[int, int],
    stored: Sequence[StoredPrediction] = (),
    reported: Change | None = None,
    evidence: Sequence[tuple[int, bytes]] = (),
) -> Work:
    """Return work on days of a house that nobody measured the sunlight of.

    changed: first and last changed day, counted from FIRST_DAY. evidence: of the days measured before.
    """
    first, last = (FIRST_DAY + day for day in changed)
    profiles = dict.fromkeys([packet.day for packet in packets], NO_SENSOR)
    return Work(a_house(HOUSE), 1, 1, 0, first, last, evidence, packets, profiles, None, stored, reported)


def stored_of(outcome: Outcome) -> list[StoredPrediction]:
    """Return what the store holds after an outcome of the first predict."""
    folded = {f.as_of: f for f in outcome.statuses}
    return [
        StoredPrediction(p.input_digest, p.score.opinion(), folded[p.period_end]) for p in outcome.predictions
    ]


def ends(outcome: Outcome) -> list[int]:
    """Return the ends of the new predictions, counted from FIRST_DAY."""
    return [p.period_end - FIRST_DAY for p in outcome.predictions]


@pytest.fixture
def model() -> ExportModel:
    return ExportModel()


def test_a_new_house_has_every_ready_period_scored_at_once(model: ExportModel) -> None:
    outcome = assess(work_on(days_of(HOUSE, FIRST_DAY, 60), (0, 59)), model, RULES)
    assert ends(outcome) == list(range(24, 60))
    assert len(model.asked) == 1
    assert [f.as_of for f in outcome.statuses] == [p.period_end for p in outcome.predictions]
    assert outcome.report == Change(FIRST_DAY + 24, Status.WELL, Status.UNKNOWN)
    assert {p.model_version for p in outcome.predictions} == {"exports-1"}


def test_a_house_with_few_days_is_not_scored(model: ExportModel) -> None:
    outcome = assess(work_on(days_of(HOUSE, FIRST_DAY, 24), (0, 23)), model, RULES)
    assert (outcome.predictions, outcome.statuses, outcome.report) == ([], [], None)
    assert model.asked == []


def test_one_more_day_is_one_more_prediction(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 61)
    first = assess(work_on(days[:60], (0, 59)), model, RULES)
    again = assess(work_on(days, (60, 60), stored_of(first), first.report), model, RULES)
    assert ends(again) == [60]
    assert again.report is None, "nothing changed"


def test_unchanged_inputs_are_not_scored_again(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 60)
    first = assess(work_on(days, (0, 59)), model, RULES)
    again = assess(work_on(days, (0, 59), stored_of(first), first.report), model, RULES)
    assert (again.predictions, again.withdrawn, again.statuses, again.report) == ([], [], [], None)
    assert len(model.asked) == 1


def test_a_revision_rescores_the_periods_that_see_it(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 90)
    first = assess(work_on(days, (0, 89)), model, RULES)
    days[40] = a_packet(HOUSE, FIRST_DAY + 40, revision=1)
    again = assess(work_on(days, (40, 40), stored_of(first), first.report), model, RULES)
    assert ends(again) == list(range(40, 70))


def test_a_day_that_turns_out_estimated_withdraws_what_is_no_longer_ready(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 25)
    first = assess(work_on(days, (0, 24)), model, RULES)
    assert ends(first) == [24]
    days[3] = a_packet(HOUSE, FIRST_DAY + 3, quality="E", revision=1)
    again = assess(work_on(days, (3, 3), stored_of(first), first.report), model, RULES)
    assert again.withdrawn == [FIRST_DAY + 24]
    assert again.predictions == []
    told = first.report
    assert told is not None
    assert again.report == Change(told.as_of, Status.UNKNOWN, Status.WELL), "the verdict must be taken back"


def test_what_was_taken_back_is_taken_back_once(model: ExportModel) -> None:
    taken_back = Change(FIRST_DAY + 24, Status.UNKNOWN, Status.WELL)
    outcome = assess(work_on(days_of(HOUSE, FIRST_DAY, 20), (0, 19), [], taken_back), model, RULES)
    assert outcome.report is None


def test_a_change_that_the_retailer_knows_is_not_told_again(model: ExportModel) -> None:
    alive = days_of(HOUSE, FIRST_DAY, 40)
    dead = days_of(HOUSE, FIRST_DAY + 40, 20, alive=False)
    outcome = assess(work_on(alive + dead, (0, 59)), model, RULES)
    assert outcome.report is not None
    assert (outcome.report.status, outcome.report.previous) == (Status.POOR, Status.WELL)
    again = assess(work_on(alive + dead, (0, 59), [], outcome.report), model, RULES)
    assert again.report is None


def test_statuses_after_a_revision_are_folded_anew(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 40) + days_of(HOUSE, FIRST_DAY + 40, 20, alive=False)
    first = assess(work_on(days, (0, 59)), model, RULES)
    corrected = days[:40] + days_of(HOUSE, FIRST_DAY + 40, 20, revision=1)
    again = assess(work_on(corrected, (40, 59), stored_of(first), first.report), model, RULES)
    whole = assess(work_on(corrected, (0, 59)), model, RULES)
    after: dict[int, Folded] = {f.as_of: f for f in [*first.statuses, *again.statuses]}
    assert list(after.values()) == whole.statuses
    assert again.report == whole.report


@pytest.mark.parametrize("chunk", [1, 7, 30])
def test_day_by_day_is_all_at_once(model: ExportModel, chunk: int) -> None:
    days = [
        *days_of(HOUSE, FIRST_DAY, 45),
        *days_of(HOUSE, FIRST_DAY + 49, 20, alive=False),
        *days_of(HOUSE, FIRST_DAY + 69, 21),
    ]
    whole = assess(work_on(days, (0, 89)), model, RULES)
    stored: dict[int, StoredPrediction] = {}
    told: Change | None = None
    for first in range(0, len(days), chunk):
        known = days[: first + chunk]
        changed = (known[first].day - FIRST_DAY, known[-1].day - FIRST_DAY)
        outcome = assess(work_on(known, changed, list(stored.values()), told), model, RULES)
        stored |= {p.folded.as_of: p for p in stored_of(outcome)}
        told = outcome.report or told
    assert list(stored.values()) == stored_of(whole)
    assert told == whole.report


def test_the_model_sees_missing_as_missing(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 30)
    days[7] = a_packet(HOUSE, FIRST_DAY + 7, nulls=48)
    days[9] = a_packet(HOUSE, FIRST_DAY + 9, nulls=2)
    assess(work_on(days, (0, 29)), model, RULES)
    assert model.seen is not None
    assert np.flatnonzero(~model.seen.usable).tolist() == [7]
    assert np.flatnonzero(~model.seen.has_data).tolist() == [7]
    assert np.isnan(model.seen.column("exporting")).nonzero()[0].tolist() == [7]


def test_a_day_is_measured_once(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 60)
    whole = assess(work_on(days, (0, 59)), model, RULES)
    assert [day for day, _ in whole.evidence] == [p.day for p in days]
    first = assess(work_on(days[:50], (0, 49)), model, RULES)
    rest = work_on(days[50:], (50, 59), stored_of(first), first.report, first.evidence)
    later = assess(rest, model, RULES)
    assert [*first.evidence, *later.evidence] == whole.evidence
    assert [*first.predictions, *later.predictions] == whole.predictions


def test_a_change_reaches_as_far_as_the_model_remembers(model: ExportModel) -> None:
    model.history_days = 50
    days = days_of(HOUSE, FIRST_DAY, 120)
    first = assess(work_on(days, (0, 119)), model, RULES)
    days[40] = a_packet(HOUSE, FIRST_DAY + 40, revision=1)
    again = assess(work_on(days, (40, 40), stored_of(first), first.report), model, RULES)
    assert ends(again) == list(range(40, 90))


def test_a_revision_that_shows_nothing_else_changes_nothing(model: ExportModel) -> None:
    days = days_of(HOUSE, FIRST_DAY, 30)
    first = assess(work_on(days, (0, 29)), model, RULES)
    days[5] = days[5]._replace(updated_at=days[5].updated_at + 1, quality="F")
    again = assess(work_on(days, (5, 5), stored_of(first), first.report), model, RULES)
    assert again.predictions == []


def test_an_open_region_day_is_never_judged(model: ExportModel) -> None:
    work = work_on(days_of(HOUSE, FIRST_DAY, 30), (0, 29))
    with pytest.raises(KeyError):
        assess(replace(work, profiles={}), model, RULES)
