"""What the simulation's tests share."""

import logging
from collections.abc import Iterator

import pytest

from tests.simulation.world import Bench


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """The databases, made once."""
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Thousands of failed deliveries are meant, and so are retailers that leave."""
    logger = logging.getLogger("sunsift")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)
