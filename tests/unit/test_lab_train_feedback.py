"""Training on what visits found: it moves the verdict on those houses its way, and changes nothing else."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sunsift.domain.errors import SunsiftError
from sunsift.domain.evidence import stack_evidence
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.period import ready_periods
from sunsift.domain.readings import FloatArray
from sunsift.domain.rules import Rules
from sunsift.lab.split import Split, split_of
from sunsift.lab.train import ROUNDS, fold_of, target_of, train
from sunsift.lab.train.feedback import feedback_samples
from sunsift.lab.train.recipe import METERED_WEIGHT, VISIT_WEIGHT
from sunsift.lab.train.samples import Fleet, Samples, samples_of
from sunsift.model.artefact import ModelFile, read, to_bytes
from sunsift.model.features import FEATURES
from sunsift.model.trained import TrainedModel
from sunsift.settings import read_settings
from sunsift.wiring import Sunsift, embedded
from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of
from tests.support.clock import ManualClock
from tests.support.homes import a_metered_home, write_homes

FEW = dict.fromkeys(ROUNDS, 4)
# Enough periods of visited houses that a leaf of the trees can hold them alone.
DAYS = 90
VISITED = ("h1", "h2", "h3", "h4")
LAST_DAY = FIRST_DAY + DAYS - 1


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the state of four settled houses, and one that never sent anything."""
    folder = tmp_path_factory.mktemp("visited")
    shell = Command(folder / "state")
    houses = [a_house(name) for name in (*VISITED, "silent")]
    shell("houses", "add", houses_csv(folder / "h.csv", houses))
    packets = [packet for name in VISITED for packet in days_of(name, FIRST_DAY, DAYS)]
    (folder / "p.jsonl").write_bytes(lines_of(packets))
    shell("ingest", folder / "p.jsonl")
    shell("settle", "--quiet-minutes", "0")
    return shell.data


@pytest.fixture
def state(settled: Path, tmp_path: Path) -> Path:
    """Return a copy of that state."""
    return shutil.copytree(settled, tmp_path / "state")


@contextmanager
def opened(state: Path, clock: ManualClock | None = None) -> Iterator[Sunsift]:
    with closing(embedded(read_settings({}, data=state), clock=clock)) as parts:
        yield parts


def told(state: Path, *visits: Feedback) -> Samples:
    """Note visits, one an hour, and return what there is to learn from."""
    clock = ManualClock()
    with opened(state, clock) as parts:
        for visit in visits:
            clock.turn(hours=1)
            parts.store.note([visit])
        return feedback_samples(parts.records, Rules())


def everywhere(found: Found) -> list[Feedback]:
    """Return that one thing was found in all houses on all days."""
    return [Feedback(name, FIRST_DAY, LAST_DAY, found) for name in VISITED]


def fleet() -> Fleet:
    names = [f"home-{number}" for number in range(20)]
    other = next(name for name in names if fold_of(name) != fold_of(names[0]))
    homes = [a_metered_home(name, 45) for name in (names[0], other)]
    return Fleet(homes=homes, scenarios=18, seed=1, neighbours=100, every=1, weight=1.0, metered=True)


learn = partial(train, seed=1, version="test-1", data="homes and visits", rounds=FEW)


@pytest.fixture(scope="module")
def plain() -> ModelFile:
    """Return what is learnt without any visit."""
    return learn([fleet()])


@pytest.fixture(scope="module")
def ill(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """Return what is learnt if all visits found faults."""
    state = shutil.copytree(settled, tmp_path_factory.mktemp("ill") / "state")
    return learn([fleet()], feedback=[told(state, *everywhere(Found.FAULT))])


def p_poor(model: ModelFile, state: Path) -> FloatArray:
    """Return what a model says of the visited houses."""
    judge, said = TrainedModel(read(to_bytes(model), FEATURES)), []
    with opened(state) as parts:
        for name in VISITED:
            evidence = stack_evidence(parts.records.house_evidence(name))
            periods = ready_periods(evidence, Rules(), FIRST_DAY, LAST_DAY)
            house = parts.store.houses([name])[name]
            said += [score.p_poor for score in judge.score(house, evidence, periods)]
    return np.array(said)


def test_visits_move_the_verdict_on_their_houses(state: Path, plain: ModelFile, ill: ModelFile) -> None:
    well = learn([fleet()], feedback=[told(state, *everywhere(Found.HEALTHY))])
    low, middle, high = (p_poor(model, state).mean() for model in (well, plain, ill))
    assert low < middle - 0.05
    assert high > middle + 0.2


def test_visits_change_the_question_of_poor_alone(plain: ModelFile, ill: ModelFile) -> None:
    assert ill.heads["poor"] != plain.heads["poor"]
    for name in ("performance", "error", "healthy"):
        assert ill.heads[name] == plain.heads[name]
    assert ill.training == plain.training
    assert ill.card["periods"] > plain.card["periods"]
    assert ill.card["homes"] == plain.card["homes"] + len(VISITED)
    assert ill.card["performance_error"] == plain.card["performance_error"]


def test_equal_visits_give_equal_bytes_in_whatever_order_they_were_noted(state: Path, ill: ModelFile) -> None:
    visits = told(state, *reversed(everywhere(Found.FAULT)))
    assert to_bytes(learn([fleet()], feedback=[visits])) == to_bytes(ill)


def test_a_visit_tells_of_the_periods_that_end_on_its_days(state: Path) -> None:
    fault = Feedback("h2", LAST_DAY - 9, LAST_DAY, Found.FAULT)
    early = Feedback("h1", FIRST_DAY, FIRST_DAY + 30, Found.HEALTHY)
    found = told(state, fault, early)
    assert found.homes == ("h1", "h2")
    # The first periods are ready on the 25th day.
    assert np.bincount(found.home).tolist() == [31 - 24, 10]
    assert found.told.tolist() == [0.0] * 7 + [1.0] * 10
    assert target_of(found).poor.tolist() == found.told.tolist()
    for unknown in (found.performance, found.recent, found.healthy, target_of(found).performance):
        assert np.isnan(unknown).all()
    assert found.late.tolist() == [False] * 7 + [True] * 10
    assert found.metered.all()
    assert (found.weight == VISIT_WEIGHT).all()
    assert VISIT_WEIGHT > METERED_WEIGHT


def test_visits_are_seen_as_the_model_sees_the_house(state: Path) -> None:
    one = told(state, Feedback("h1", LAST_DAY, LAST_DAY, Found.FAULT))
    all_days = told(state, Feedback("h1", FIRST_DAY, LAST_DAY, Found.FAULT))
    assert one.table.shape == (1, len(FEATURES))
    np.testing.assert_array_equal(one.table[0], all_days.table[-1])


def test_of_two_visits_on_a_day_the_word_noted_last_counts(state: Path) -> None:
    longer = Feedback("h1", LAST_DAY - 3, LAST_DAY, Found.FAULT)
    shorter = Feedback("h1", LAST_DAY - 1, LAST_DAY - 1, Found.HEALTHY)
    again = Feedback("h1", longer.first_day, longer.last_day, Found.FAULT, "looked again")
    assert told(state, longer, shorter).told.tolist() == [1.0, 1.0, 0.0, 1.0]
    assert told(state, longer, shorter, again).told.tolist() == [1.0] * 4


def test_homes_that_nobody_visited_teach_what_they_did() -> None:
    samples, _ = samples_of(fleet())
    assert np.isnan(samples.told).all()


def test_visits_cannot_stand_in_for_homes(state: Path) -> None:
    home = Fleet(
        homes=[a_metered_home("home-0", 45)],
        scenarios=18, seed=1, neighbours=100, every=1, weight=1.0, metered=True,
    )  # fmt: skip
    visits = told(state, *everywhere(Found.FAULT))
    assert {fold_of(name) for name in VISITED} - {fold_of("home-0")}
    with pytest.raises(SunsiftError, match="the homes are too few"):
        learn([home], feedback=[visits])


def test_nothing_noted_is_an_error_that_says_what_to_do(state: Path) -> None:
    with pytest.raises(SunsiftError, match=r"no feedback in this state.*`sunsift feedback HOUSE fault`"):
        told(state)


@pytest.mark.parametrize(
    "visit",
    [
        Feedback("silent", FIRST_DAY, LAST_DAY, Found.FAULT),
        Feedback("h1", LAST_DAY + 1, LAST_DAY + 5, Found.FAULT),
        Feedback("h1", FIRST_DAY, FIRST_DAY + 20, Found.HEALTHY),
    ],
)
def test_visits_on_days_that_cannot_be_judged_are_an_error(state: Path, visit: Feedback) -> None:
    with pytest.raises(SunsiftError, match=r"no period that can be judged ends on the days.*sunsift settle"):
        told(state, visit)


def test_evidence_of_another_layout_teaches_nothing(state: Path) -> None:
    with opened(state) as parts:
        rows = parts.records.house_evidence("h1")
        assert [day for day, _ in rows] == list(range(FIRST_DAY, LAST_DAY + 1))
        assert parts.records.house_evidence("nobody") == []
    with closing(sqlite3.connect(read_settings({}, data=state).database)) as connection, connection:
        connection.execute("UPDATE evidence SET row = zeroblob(length(row)) WHERE day < ?", (LAST_DAY,))
    with opened(state) as parts:
        assert parts.records.house_evidence("h1") == rows[-1:]
    with pytest.raises(SunsiftError, match="no period that can be judged"):
        told(state, Feedback("h1", FIRST_DAY, LAST_DAY, Found.FAULT))


def test_the_command_learns_from_the_feedback_of_its_state(state: Path, tmp_path: Path) -> None:
    shell, output = Command(state), tmp_path / "model.json"
    names = [name for name in (f"home-{n}" for n in range(40)) if split_of(name) is Split.DEV]
    other = next(name for name in names if fold_of(name) != fold_of(names[0]))
    homes, readings = write_homes(tmp_path, [a_metered_home(name, 45) for name in (names[0], other)])
    line = ("lab", "train", "--homes", homes, "--readings", readings, "--simulated", 0, "--effort", 0.01,
            "--feedback", "-o", output)  # fmt: skip
    assert "sunsift feedback HOUSE fault" in shell.error(*line)
    assert not output.exists()
    shell("feedback", "h1", "fault", "--from", "2025-10-01", "--to", "2025-10-03")
    shell("feedback", "silent", "healthy", "--to", "2025-10-03")
    done = shell(*line)
    assert "visited houses without a period that ends on a noted day: 1 of 2" in done.stderr
    learnt_from = "2 metered homes (dev), 0 simulated homes, 3 periods of 1 visited house"
    assert f"learnt from {learnt_from}" in " ".join(done.stdout.split())
    assert read(output.read_bytes(), FEATURES).card["learnt_from"] == learnt_from


def test_feedback_needs_a_state(tmp_path: Path) -> None:
    shell = Command(tmp_path / "none")
    assert "there is no Sunsift state" in shell.error("lab", "train", "--feedback", "-o", tmp_path / "m.json")
    assert not shell.data.exists()
