"""The shape of the functions' files."""

from pathlib import Path

import pytest

import sunsift.aws

FOLDER = Path(sunsift.aws.__path__[0])
FUNCTIONS = ("poll", "ingest", "settle", "predict", "deliver", "sweep")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_short(name: str) -> None:
    lines = (FOLDER / f"{name}.py").read_text().splitlines()
    assert "def handler(event: Event, context: Any)" in "\n".join(lines)
    assert len(lines) < 60
