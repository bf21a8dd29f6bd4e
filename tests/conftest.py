"""What every test shares: how asserts of helper modules read, and what Hypothesis may do."""

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [f"tests.support.servers.{name}" for name in ("postgres", "valkey", "azurite", "ministack")]
pytest.register_assert_rewrite("tests.support", "tests.contract.suites")

# Machines differ: how long one example takes says nothing about Sunsift. Failures print how to repeat them.
settings.register_profile(
    "sunsift", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("sunsift")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, most of it waiting, so that other workers do the rest meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)
