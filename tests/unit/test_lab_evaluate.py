"""The benchmark as a whole, on small homes: the flow, the baselines, the files it writes."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.house import House
from sunsift.domain.period import Periods
from sunsift.domain.readings import Days
from sunsift.domain.rules import Rules
from sunsift.domain.status import Status
from sunsift.domain.verdict import Score
from sunsift.lab.datasets import SETTING, RealHomes, real_homes
from sunsift.lab.evaluate import Evaluation, evaluate, evaluate_homes, recipe
from sunsift.lab.evaluate.baselines import Ceiling, LargestExport
from sunsift.lab.evaluate.flow import run_day_by_day
from sunsift.lab.evaluate.page import page
from sunsift.lab.evaluate.results import to_json
from sunsift.lab.evaluate.trace import CODE, Trace, trace_at_once
from sunsift.lab.evaluate.truth import POOR, truth_of
from sunsift.lab.evaluate.virtual import virtual_houses
from sunsift.lab.metered import read_metered
from sunsift.lab.record import no_progress
from sunsift.model import load
from tests.support.homes import a_metered_home, write_homes

HOMES = [a_metered_home("home-1", 90), a_metered_home("home-2", 100, shift=20)]


@pytest.fixture(scope="module", autouse=True)
def _small_recipe() -> None:
    """Let the recipe of 2017 learn from a few houses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "RECIPE_HOUSES", 24)
        recipe.learnt.cache_clear()
        recipe.learnt()


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluate_homes(HOMES, scenarios=4, seed=2, resamples=20)


class Repeats:
    """Says of each period what the flow said on its last day."""

    version = "repeats"

    def __init__(self, first_day: int, said: Trace) -> None:
        self.first_day, self.said = first_day, said

    def score(self, house: House, days: Days, periods: Periods) -> list[Score]:
        of_code = {code: status for status, code in CODE.items()}
        return [self._score(row, of_code) for row in (periods.end - self.first_day).tolist()]

    def _score(self, row: int, of_code: dict[int, Status]) -> Score:
        p_poor, performance = float(self.said.p_poor[row]), float(self.said.performance[row])
        return Score(p_poor, performance, 0.1, 0.0, of_code[int(self.said.verdict[row])], ())


def test_at_once_says_what_the_flow_says_day_by_day(found: Evaluation) -> None:
    reports = 0
    for house, trace in zip(found.houses, found.systems[0].traces, strict=True):
        at_once = trace_at_once(house.record, Repeats(int(house.record.day[0]), trace), Rules())
        for name in ("p_poor", "performance", "average", "verdict", "status"):
            np.testing.assert_array_equal(getattr(trace, name), getattr(at_once, name))
        assert trace.reports == at_once.reports
        reports += len(trace.reports)
    assert reports >= len(found.houses)


def test_every_group_of_every_system_has_an_interval(found: Evaluation) -> None:
    for system in found.systems:
        assert system.groups.keys() == {"scenario", "capacity", "self_consumption"}
        assert {"healthy", "outage", "string_half", "smoke"} <= system.groups["scenario"].keys()
        for named in system.groups.values():
            for figures in named.values():
                told = figures["verdicts_given"]
                assert 0.0 < told.low <= told.high <= 1.0


def test_every_house_day_of_both_years_is_run_once() -> None:
    records = [home.record() for home in HOMES]
    seen: list[tuple[int, int]] = []
    traces = run_day_by_day(records, load(), Rules(), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (190, 190)
    assert len(seen) == 120  # the days of the calendar on which either home has a packet
    assert [int((~np.isnan(trace.p_poor)).sum()) for trace in traces] == [90 - 24, 100 - 24]


def test_no_house_meets_another_version_of_itself(found: Evaluation) -> None:
    places = [(house.home_id, house.record.house.region) for house in found.houses]
    assert len(set(places)) == len(places)
    assert len({house.record.house.house_id for house in found.houses}) == len(found.houses)


def test_physics_alone_is_measured_beside_the_others(found: Evaluation) -> None:
    physics = next(system for system in found.systems[1:] if system.name == "physics-1")
    assert physics.what == "physics alone: no training, no past, no neighbours"
    outages = [
        (trace, truth)
        for house, truth, trace in zip(found.houses, found.truths, physics.traces, strict=True)
        if house.scene.scenario == "outage"
    ]
    assert outages
    assert all((trace.status[truth.state == POOR] == POOR).mean() > 0.5 for trace, truth in outages)


def test_the_ceiling_finds_what_is_there_and_alarms_for_nothing(found: Evaluation) -> None:
    ceiling = found.systems[-1]
    assert ceiling.name == "true-generation"
    assert ceiling.overall["faults_found"].value == 1.0
    assert ceiling.overall["false_alarms_a_year"].value == 0.0
    assert ceiling.overall["specificity"].value > 0.99
    assert ceiling.overall["roc_auc_without_past"].value > 0.999


def test_the_simple_rule_sees_a_dead_system() -> None:
    house = next(h for h in virtual_houses(HOMES, 4, 2) if h.scene.scenario == "outage")
    left = np.ones((len(house.scene), 1))
    left[40:] = 0.0
    record = replace(house.scene.with_left(left, 40), house=house.record.house).record()
    said = trace_at_once(record, LargestExport(), Rules())
    assert said.p_poor[30:40].max() < 0.2
    assert said.p_poor[75] > 0.9
    truly = trace_at_once(record, Ceiling(int(record.day[0]), truth_of(record, Rules())), Rules())
    assert truly.status[75] == said.status[75] == POOR


def test_same_seed_same_bytes_and_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    homes_csv, readings = write_homes(tmp_path, HOMES)
    evaluate(homes_csv, readings, seed=2, scenarios=4, resamples=20, report_dir=tmp_path / "one")
    evaluate(homes_csv, readings, seed=2, scenarios=4, resamples=20, json_file=tmp_path / "two.json")
    one, two = (tmp_path / "one" / "metrics.json").read_bytes(), (tmp_path / "two.json").read_bytes()
    assert one == two
    document = json.loads(one)
    assert (document["homes"], document["without_readings"]) == (["home-1", "home-2"], ["silent"])
    assert document["virtual_houses"] == len(document["houses"]) == 8
    assert document["house_days"] == 4 * 190
    assert [s["name"] for s in document["systems"]] == [
        load().version, "physics-1", "largest-export", "recipe-2017", "true-generation",
    ]  # fmt: skip
    assert document["systems"][0]["overall"]["specificity"].keys() == {"value", "low", "high"}
    html = (tmp_path / "one" / "index.html").read_text("utf-8")
    assert html.count("data:image/png;base64,") >= 4
    assert "//" not in html.replace("base64,//", "").split("<img")[0]
    assert not any(f'{attribute}="http' in html for attribute in ("src", "href"))
    assert "home-1.0" in html
    for name in ("physics-1", "largest-export", "recipe-2017", "true-generation"):
        assert f"<summary>The same of {name}</summary>" in html


def test_figures_alone_need_no_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = a_metered_home("blank", 40)
    blank.load_kwh[:] = np.nan
    homes_csv, readings = write_homes(tmp_path, [HOMES[0], blank])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sunsift\[lab\]'"):
        evaluate(homes_csv, readings, scenarios=4, report_dir=tmp_path / "report")
    assert not (tmp_path / "report").exists()
    evaluate(homes_csv, readings, scenarios=4, resamples=2, json_file=tmp_path / "deep" / "metrics.json")
    document = json.loads((tmp_path / "deep" / "metrics.json").read_text())
    assert document["homes"] == ["home-1"]
    assert document["without_readings"] == ["blank", "silent"]


def test_odd_homes_go_through() -> None:
    short, gaps, dead = (
        a_metered_home(name, days) for name, days in (("short", 20), ("gaps", 60), ("dead", 50))
    )
    gaps.load_kwh[10:20] = np.nan
    gaps.generation_kwh[30:33, 5:9] = np.nan
    dead.generation_kwh[:] = 0.0
    coarse = a_metered_home("fine", 40)
    fine = replace(
        coarse,
        interval_minutes=5,
        load_kwh=np.repeat(coarse.load_kwh / 12, 12, axis=1),
        generation_kwh=np.repeat(coarse.generation_kwh / 12, 12, axis=1),
    )
    odd = evaluate_homes([short, gaps, dead, fine], scenarios=8, resamples=2)
    assert odd.house_days == 8 * (20 + 60 + 50 + 40)
    assert len(json.loads(to_json(odd))["houses"]) == 4 * 8
    assert page(odd).count("<figure>") >= 3


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_no_such_scale(tmp_path: Path, scale: float) -> None:
    homes_csv, readings = write_homes(tmp_path, HOMES[:1])
    with pytest.raises(SunsiftError, match="capacity_scale"):
        evaluate(homes_csv, readings, capacity_scale=scale)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    homes_csv, readings = write_homes(tmp_path, HOMES[:1])
    with pytest.raises(SunsiftError, match="cannot write the report"):
        evaluate(homes_csv, readings, scenarios=4, resamples=2, json_file=homes_csv / "metrics.json")


@pytest.fixture
def real() -> RealHomes:
    try:
        return real_homes()
    except SunsiftError as error:
        pytest.skip(f"needs the real homes' data sets (setting {SETTING}): {error}")


@pytest.mark.datasets
def test_a_dead_spell_of_a_real_home_is_no_truth(real: RealHomes) -> None:
    homes = {home.house.house_id: home for home in read_metered(real.homes_csv, real.readings_parquet)}
    house = next(h for h in virtual_houses([homes["fontana-7"]], 4, 1) if h.scene.scenario == "healthy")
    assert np.isnan(house.record.healthy_kwh[:9]).all()
    assert not np.isnan(house.record.healthy_kwh[9:]).any()
    part = replace(
        house.record,
        day=house.record.day[:60],
        watt_hours=house.record.watt_hours[:60],
        quality=house.record.quality[:60],
        generation_kwh=house.record.generation_kwh[:60],
        healthy_kwh=house.record.healthy_kwh[:60],
        fault=house.record.fault[:60],
    )
    (trace,) = run_day_by_day([part], load(), Rules(), no_progress)
    assert not np.isnan(trace.p_poor[30:]).any()
