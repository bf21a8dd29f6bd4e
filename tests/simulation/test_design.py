"""The real steps keep every guarantee whatever happens to them."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.run import run, seeded
from tests.simulation.scheduler import Draws
from tests.simulation.world import ODDS, STEPS, Bench

SEEDED_RUNS = 600
HYPOTHESIS_RUNS = 150
TOLD_LINES = 200
CHUNK = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("first", range(0, SEEDED_RUNS, 100))
def test_no_seeded_storm_breaks_a_guarantee(bench: Bench, first: int) -> None:
    for seed in range(first, first + 100):
        try:
            run(bench, seeded(seed))
        except AssertionError as broken:
            pytest.fail(f"{broken}\nFor the whole story: python -m tests.simulation.soak --replay {seed}")


@given(st.data())
@settings(max_examples=HYPOTHESIS_RUNS, derandomize=True, database=None)
def test_no_storm_that_hypothesis_draws_breaks_a_guarantee(bench: Bench, data: st.DataObject) -> None:
    # Zeros are the calm choices, so a failure shrinks to few houses, few faults and little interleaving.
    story: list[str] = []
    try:
        run(bench, Draws(lambda: data.draw(CHUNK, label="choices")), note=story.append)
    except AssertionError as broken:
        raise AssertionError("\n".join([*story[-TOLD_LINES:], str(broken)])) from broken


def test_storms_are_storms(bench: Bench) -> None:
    """A simulation in which nothing happens proves nothing."""
    ran = [run(bench, seeded(seed)) for seed in range(150)]
    faults = sum((r.faults for r in ran), Counter[str]())
    assert set(faults) >= {*ODDS, *STEPS} - {"register", "sweep"}
    assert {r.lossy for r in ran} == {True, False}
    assert sum(r.reports for r in ran) > len(ran)
    assert sum(bool(r.given_up) for r in ran) >= 5
    assert sum(bool(r.again) for r in ran) >= 5


def test_a_seed_names_a_run_wholly(bench: Bench) -> None:
    stories: list[list[str]] = [[], []]
    for story in stories:
        run(bench, seeded(3), note=story.append)
    first, second = (re.sub("'[0-9a-f]{32}'", "'token'", "\n".join(story)) for story in stories)
    assert first == second
