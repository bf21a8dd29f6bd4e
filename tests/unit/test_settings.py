"""Settings and rules: the defaults of the design, and errors that name what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from sunsift.domain.errors import SettingsError
from sunsift.domain.rules import Rules
from sunsift.settings import read_settings


def test_the_defaults_are_those_of_the_design() -> None:
    settings = read_settings({})
    assert settings.data == Path("sunsift-data")
    rules = settings.rules
    assert (rules.period_days, rules.ready_days, rules.fold_predictions, rules.quiet_minutes) == (
        30,
        25,
        10,
        45,
    )
    assert rules.quiet_ms == 45 * 60_000


def test_the_environment_sets_everything() -> None:
    settings = read_settings(
        {
            "SUNSIFT_DATA": "/srv/sunsift",
            "SUNSIFT_DATA_SETS": "/srv/homes",
            "SUNSIFT_PERIOD_DAYS": "28",
            "SUNSIFT_READY_DAYS": "20",
            "SUNSIFT_FOLD_PREDICTIONS": "7",
            "SUNSIFT_QUIET_MINUTES": "0.5",
            "SUNSIFT_CLOSE_MINUTES": "90",
            "SUNSIFT_LEASE_SECONDS": "30",
        }
    )
    assert (settings.data, settings.data_sets) == (Path("/srv/sunsift"), Path("/srv/homes"))
    assert settings.rules == Rules(
        period_days=28,
        ready_days=20,
        fold_predictions=7,
        quiet_minutes=0.5,
        close_minutes=90.0,
        lease_seconds=30.0,
    )
    assert settings.rules.quiet_ms == 30_000
    assert settings.rules.close_ms == 90 * 60_000


def test_region_days_close_after_the_quiet_time_unless_told_otherwise() -> None:
    assert Rules(quiet_minutes=7).close_ms == 7 * 60_000
    assert Rules(quiet_minutes=7, close_minutes=0).close_ms == 0


def test_a_folder_given_by_hand_wins() -> None:
    settings = read_settings({"SUNSIFT_DATA": "/srv/sunsift"}, Path("here"))
    assert settings.database.parent == Path("here")
    assert settings.inbox.parent == settings.outbox.parent == Path("here")


@pytest.mark.parametrize("value", ["many", "nan", "inf", "1e999", "-1"])
@pytest.mark.parametrize(
    "name",
    [
        "SUNSIFT_PERIOD_DAYS",
        "SUNSIFT_READY_DAYS",
        "SUNSIFT_FOLD_PREDICTIONS",
        "SUNSIFT_QUIET_MINUTES",
        "SUNSIFT_CLOSE_MINUTES",
        "SUNSIFT_LEASE_SECONDS",
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError):
        read_settings({name: value})


def test_days_are_whole() -> None:
    with pytest.raises(SettingsError, match=r"SUNSIFT_PERIOD_DAYS .* must be a whole number"):
        read_settings({"SUNSIFT_PERIOD_DAYS": "29.5"})


def test_a_value_that_is_no_number_is_named() -> None:
    with pytest.raises(SettingsError, match="SUNSIFT_QUIET_MINUTES is 'soon'"):
        read_settings({"SUNSIFT_QUIET_MINUTES": "soon"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"ready_days": 31},
        {"ready_days": 0},
        {"period_days": 367, "ready_days": 300},
        {"fold_predictions": 0},
        {"fold_predictions": 10**30},
        {"quiet_minutes": -0.1},
        {"quiet_minutes": 1e300},
        {"quiet_minutes": float("nan")},
        {"quiet_minutes": float("inf")},
        {"close_minutes": -0.1},
        {"close_minutes": float("nan")},
        {"lease_seconds": 0.0},
        {"lease_seconds": float("inf")},
        {"lease_seconds": 1e300},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Rules(**wrong)
