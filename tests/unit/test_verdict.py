"""A score in the form that is stored and exported."""

from dataclasses import replace

from sunsift.domain.status import Status
from tests.support.verdicts import a_score


def test_the_range_of_what_was_lost_is_one_standard_error_wide() -> None:
    score = replace(a_score(Status.POOR, 0.9), performance=0.6, performance_se=0.1, lost_kwh=200.0)
    assert score.lost_kwh_range == (150.0, 250.0)


def test_no_more_can_be_lost_than_healthy_panels_make_and_no_less_than_nothing() -> None:
    dead = replace(a_score(Status.POOR, 0.9), performance=0.05, performance_se=0.2, lost_kwh=475.0)
    assert dead.lost_kwh_range == (375.0, 500.0)
    fine = replace(a_score(Status.WELL, 0.1), performance=0.9, performance_se=0.2, lost_kwh=50.0)
    assert fine.lost_kwh_range == (0.0, 150.0)
    assert replace(fine, performance=1.0, lost_kwh=0.0).lost_kwh_range == (0.0, 0.0)
