"""No look-ahead: a prediction for a period that ends on a day is the same whether or not later days exist."""

import json

import pytest

from tests.acceptance.conftest import Fleet, write_mail
from tests.support.process import SunsiftHere


def date_of(message: bytes) -> str:
    """Return the day of a message; empty if it has none."""
    try:
        return str(json.loads(message)["date"])
    except (ValueError, KeyError, TypeError):
        return ""


@pytest.mark.parametrize("days", [26, 31, 45, 79])
def test_later_days_change_no_prediction(small_fleet: Fleet, here: SunsiftHere, days: int) -> None:
    dates = sorted({date_of(m) for m in small_fleet.mail} - {"", "2999-01-01"})
    today = dates[days - 1]
    until_today = [m for m in small_fleet.mail if date_of(m) <= today]
    later = [m for m in small_fleet.mail if date_of(m) > today]
    expected = [
        line
        for line in small_fleet.result["predictions"].splitlines()
        if json.loads(line)["period_end"] <= today
    ]
    assert expected

    here.do("houses", "add", small_fleet.houses_csv)
    here.do("ingest", write_mail(here.data / "until-today.jsonl", until_today))
    here.do("settle", "--quiet-minutes", 0)
    assert here.export("predictions").splitlines() == expected

    statuses = set(here.export("statuses").splitlines())
    here.do("ingest", write_mail(here.data / "later.jsonl", later))
    again = here.json("settle", "--quiet-minutes", 0)
    assert here.result() == small_fleet.result
    assert statuses <= set(here.export("statuses").splitlines())
    total = len(small_fleet.result["predictions"].splitlines())
    assert again["predictions"] == total - len(expected), "what is known must not be scored again"
