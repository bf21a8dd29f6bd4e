"""The long simulation as a command."""

import pytest

from tests.simulation.soak import main


def test_it_counts_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs", "5", "--seed", "7"]) == 0
    assert "5 runs (seeds 7 to 11), 0 failed" in capsys.readouterr().out


def test_it_tells_how_a_guarantee_was_broken(capsys: pytest.CaptureFixture[str]) -> None:
    mutant = ["--design", "lock without expiry"]
    assert main(["--runs", "100", *mutant]) == 1
    told = capsys.readouterr().out
    seed = told.split(": stuck")[0].rpartition("seed ")[2]
    assert main(["--replay", seed, *mutant]) == 1
    story = capsys.readouterr().out
    assert "crashes" in story
    assert story.splitlines()[-1] in told
