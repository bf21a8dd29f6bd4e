"""A real valkey for tests."""
