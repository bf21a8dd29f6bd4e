"""A real azurite for tests."""
