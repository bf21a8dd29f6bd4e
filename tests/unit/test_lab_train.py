"""Training: repeatable to the last byte, from the homes that were asked for and no others."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sunsift.domain.errors import SunsiftError
from sunsift.domain.evidence import COLUMNS
from sunsift.domain.period import ready_periods
from sunsift.domain.rules import Rules
from sunsift.lab.metered import MeteredHome
from sunsift.lab.sensed import fleet_evidence
from sunsift.lab.split import Split, split_of
from sunsift.lab.train import ROUNDS, fold_of, target_of, train
from sunsift.lab.train.fit import fit_odds
from sunsift.lab.train.recipe import METERED, fleets_of, metered_homes
from sunsift.lab.train.samples import Fleet, Samples, samples_of
from sunsift.model.artefact import HEADS, ModelFile, read, to_bytes
from sunsift.model.features import FEATURES
from sunsift.model.trained import TrainedModel
from tests.support.homes import a_metered_home, write_homes

FEW = dict.fromkeys(ROUNDS, 3)
SCENARIOS = 18
DAYS = 45


def fleet_of(homes: list[MeteredHome], scenarios: int = SCENARIOS) -> Fleet:
    return Fleet(homes=homes, scenarios=scenarios, seed=1, neighbours=100, every=1, weight=1.0, metered=True)


def homes_in_two_folds(days: int = DAYS) -> list[MeteredHome]:
    """Return two homes that can judge each other."""
    names = [f"home-{number}" for number in range(20)]
    other = next(name for name in names if fold_of(name) != fold_of(names[0]))
    return [a_metered_home(names[0], days), a_metered_home(other, days)]


def learnt() -> ModelFile:
    return train([fleet_of(homes_in_two_folds())], seed=1, version="test-1", data="two homes", rounds=FEW)


@cache
def first() -> ModelFile:
    """Return what is learnt, once for all tests."""
    return learnt()


@cache
def samples() -> Samples:
    return samples_of(fleet_of(homes_in_two_folds()))[0]


def test_equal_seeds_give_equal_bytes() -> None:
    assert to_bytes(learnt()) == to_bytes(first())


def test_other_seeds_give_other_trees() -> None:
    found, poor = samples(), target_of(samples()).poor
    rows = ~np.isnan(poor)
    heads = [
        fit_odds(found.table[rows], poor[rows], found.weight[rows], FEW["poor"], seed) for seed in (1, 2)
    ]
    assert heads[0] == first().heads["poor"]
    assert heads[1].trees != heads[0].trees


def test_the_file_can_be_read_and_scores() -> None:
    artefact = read(to_bytes(first()), FEATURES)
    assert (artefact.version, tuple(artefact.features)) == ("test-1", FEATURES)
    assert set(artefact.heads) == set(HEADS)
    assert {len(trees) for trees in artefact.heads.values()} == {3}
    home = homes_in_two_folds()[0]
    (evidence,) = fleet_evidence([home.record()])
    periods = ready_periods(evidence, Rules(), int(evidence.day[0]), int(evidence.day[-1]))
    scores = TrainedModel(artefact).score(home.house, evidence, periods)
    assert len(scores) == len(periods) > 0


def test_the_trees_ask_something() -> None:
    trees = first().heads["poor"].trees
    assert any(len(set(leaves)) > 1 for _, _, _, leaves, _ in trees)
    for columns, thresholds, missing, leaves, means in trees:
        assert [len(part) for part in (columns, thresholds, missing, leaves, means)] == [3, 3, 3, 4, 3]
        assert set(missing) <= {0, 1}
        assert min(leaves) - 1e-6 <= min(means)
        assert max(means) <= max(leaves) + 1e-6


def test_the_card_names_what_was_learnt_from() -> None:
    card = first().card
    assert (card["learnt_from"], card["homes"], card["seed"]) == ("two homes", 2, 1)
    assert (card["periods"], card["features"]) == (len(samples()), len(FEATURES))
    assert card["limits"]
    assert card["licence"]
    assert 0.0 < card["performance_error"] < 1.0
    # So few days leave no home with a past.
    assert card["held_out"]["unseen homes, with 90 days of past"]["periods"] == 0
    assert 0 < card["held_out"]["unseen homes, without"]["periods"] <= len(samples())


def test_the_histograms_tell_of_healthy_homes() -> None:
    assert set(first().training) == set(COLUMNS)
    for histogram in first().training.values():
        assert len(histogram.shares) == len(histogram.edges) + 1
        assert sum(histogram.shares) == pytest.approx(1.0, abs=0.001)
        assert histogram.edges == sorted(set(histogram.edges))
    edges = first().training["expected"].edges
    assert 0.0 <= edges[0] < edges[-1] < 10.0


def test_the_calibration_is_a_rising_line() -> None:
    said, honest = zip(*first().calibration, strict=True)
    assert list(said) == sorted(set(said))
    assert list(honest) == sorted(set(honest))
    assert said[0] < -10.0 < 10.0 < said[-1], "every score has a place on it"


def test_samples_line_up() -> None:
    found = samples()
    count = len(found)
    assert found.table.shape == (count, len(FEATURES))
    for values in (found.performance, found.recent, found.state, found.weight, found.home, found.late):
        assert len(values) == count
    assert found.homes == tuple(home.house.house_id for home in homes_in_two_folds())
    assert set(found.home.tolist()) == {0, 1}
    assert found.metered.all()


def test_what_died_lately_is_poor_and_what_lies_between_teaches_nothing() -> None:
    found, target = samples(), target_of(samples())
    assert set(target.poor[~np.isnan(target.poor)].tolist()) == {0.0, 1.0}
    fresh = (found.recent <= 0.75) & (found.performance > 0.75)
    assert fresh.any()
    assert (target.poor[fresh] == 1.0).all()
    between = (found.recent > 0.75) & (found.recent < 0.9) & (found.performance > 0.75)
    assert between.any()
    assert np.isnan(target.poor[between]).all()
    assert (found.weight[fresh] > found.weight[~fresh].max()).all()


def test_a_home_keeps_its_fold() -> None:
    names = [f"home-{number}" for number in range(300)]
    folds = [fold_of(name) for name in names]
    assert folds == [fold_of(name) for name in names]
    assert all(70 <= folds.count(fold) <= 130 for fold in range(3))


def test_only_homes_of_the_asked_split_are_read(tmp_path: Path) -> None:
    homes = [a_metered_home(f"home-{number}", 3) for number in range(8)]
    files = write_homes(tmp_path, homes)
    names = {home.house.house_id for home in homes}
    found = {split: {h.house.house_id for h in metered_homes(*files, split)} for split in Split}
    assert found[Split.ALL] == names
    assert found[Split.DEV] == {name for name in names if split_of(name) is Split.DEV}
    assert found[Split.TEST] == names - found[Split.DEV]
    assert all(found.values())


def test_a_split_without_homes_is_an_error(tmp_path: Path) -> None:
    home = a_metered_home("home-1", 3)
    empty = Split.TEST if split_of("home-1") is Split.DEV else Split.DEV
    with pytest.raises(SunsiftError, match=f"no home of homes.csv with readings is in the split '{empty}'"):
        metered_homes(*write_homes(tmp_path, [home]), empty)


def test_the_recipe_makes_fleets_of_what_there_is() -> None:
    homes = homes_in_two_folds(3)
    fleets = fleets_of(homes, [], seed=1)
    assert [fleet.scenarios for fleet in fleets] == [scenarios for _, scenarios, _ in METERED]
    assert len({fleet.seed for fleet in fleets}) == len(fleets)
    assert all(fleet.metered for fleet in fleets)
    for fleet, (scale, _, _) in zip(fleets, METERED, strict=True):
        sizes = [home.house.capacity_kwp for home in fleet.homes]
        assert sizes == pytest.approx([scale * home.house.capacity_kwp for home in homes])
    both = fleets_of(homes, [*homes], seed=1)
    assert {fleet.metered for fleet in both} == {True, False}
    assert len({fleet.seed for fleet in both}) == len(both)


@pytest.mark.parametrize(
    ("homes", "words"),
    [
        ([a_metered_home("home-0", 20)], "too few days"),
        ([a_metered_home("home-0", DAYS)], "the homes are too few"),
    ],
)
def test_too_little_is_an_error(homes: list[MeteredHome], words: str) -> None:
    with pytest.raises(SunsiftError, match=words):
        train([fleet_of(homes, 6)], seed=1, version="test-1", data="little", rounds=FEW)
