"""A registration: what it allows, and what names it."""

from dataclasses import replace
from typing import Any

import pytest

from sunsift.domain.errors import InvalidHouseError
from sunsift.domain.house import LONGEST_REGION
from tests.support.build import a_house


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity_kwp": 5.1},
        {"latitude": -33.8},
        {"azimuth": 0.0},
        {"tilt": 0.0},
        {"export_limit_kw": 0.0},
        {"battery": True},
        {"region": "x"},
    ],
)
def test_any_change_changes_the_digest(changes: dict[str, Any]) -> None:
    assert replace(a_house(), **changes).digest() != a_house().digest()
    assert a_house().digest() == a_house().digest()


def test_the_most_a_house_may_export() -> None:
    # Three times the nameplate and a margin, more with a battery, never more than its connection.
    assert a_house(capacity_kwp=5.0).largest_export_wh(60) == 17_000
    assert a_house(capacity_kwp=5.0).largest_export_wh(5) == pytest.approx(17_000 / 12)
    assert a_house(capacity_kwp=5.0, battery=True).largest_export_wh(60) == 27_000
    assert a_house(capacity_kwp=100.0).largest_export_wh(60) == 60_000


def test_a_region_is_a_short_name() -> None:
    assert a_house(region="n" * LONGEST_REGION).weather_region == "n" * LONGEST_REGION
    with pytest.raises(InvalidHouseError, match="at most 100 characters"):
        a_house(region="n" * (LONGEST_REGION + 1))
