"""The simulation catches the classic bugs; a simulation that does not is blind."""

import pytest

from tests.simulation.design import Design
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import run, seeded
from tests.simulation.witness import BrokenError
from tests.simulation.world import Bench

RUNS_TO_CATCH = 2000
CALM_RUNS = 15


def run_often(bench: Bench, mutant: Design) -> None:
    """Run until a guarantee is broken, but not for ever."""
    for seed in range(RUNS_TO_CATCH):
        run(bench, seeded(seed), mutant)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_is_caught(bench: Bench, mutant: Design) -> None:
    with pytest.raises(BrokenError) as caught:
        run_often(bench, mutant)
    assert caught.value.kind in MUTANTS[mutant]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_works_as_long_as_nothing_goes_wrong(bench: Bench, mutant: Design) -> None:
    ran = [run(bench, seeded(seed), mutant, calm=True) for seed in range(CALM_RUNS)]
    assert any(r.reports for r in ran)
    assert not any(r.faults.total() for r in ran)
