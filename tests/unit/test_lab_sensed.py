"""Evidence of a fleet at once: the same as the steps of production measure day by day."""

from dataclasses import replace

import numpy as np

from sunsift.domain.evidence import GEOMETRY, Evidence
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.rules import Rules
from sunsift.domain.verdict import Score
from sunsift.lab.evaluate.flow import run_day_by_day
from sunsift.lab.metered import MeteredHome
from sunsift.lab.record import no_progress
from sunsift.lab.sensed import evidence_under, fleet_evidence, fleet_profiles
from tests.support.homes import a_metered_home
from tests.support.models import ExportModel


class Remembering(ExportModel):
    """Keeps the evidence that it was shown last of each house."""

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[str, Evidence] = {}

    def score(self, house: House, evidence: Evidence, periods: Periods) -> list[Score]:
        self.last[house.house_id] = evidence
        return super().score(house, evidence, periods)


def in_region(name: str, region: str, *, shift: int = 0) -> MeteredHome:
    home = a_metered_home(name, 32, shift=shift)
    return replace(home, house=replace(home.house, region=region))


def test_evidence_is_what_production_shows_its_model() -> None:
    homes = [in_region("a", "north"), in_region("b", "south"), in_region("c", "north", shift=3)]
    homes += [in_region("d", "north"), in_region("e", "south")]
    homes[0].load_kwh[5] = np.nan
    records = [home.record() for home in homes]
    model = Remembering()
    run_day_by_day(records, model, Rules(), no_progress)
    for record, evidence in zip(records, fleet_evidence(records), strict=True):
        assert evidence.day.tolist() == record.day.tolist()
        shown = model.last[record.house.house_id]
        assert len(shown) >= Rules().ready_days
        np.testing.assert_array_equal(shown.rows, evidence.rows[np.isin(evidence.day, shown.day)])


def test_sunlight_of_another_region_says_nothing() -> None:
    north = [in_region(name, "north").record() for name in "abc"]
    alone = in_region("d", "south").record()
    profiles = fleet_profiles(north)
    assert set(profiles) == {"north"}
    assert evidence_under(alone, profiles).flag(GEOMETRY).all()
    assert not evidence_under(north[0], profiles).flag(GEOMETRY).any()


def test_no_houses_have_no_evidence() -> None:
    assert fleet_evidence([]) == []
