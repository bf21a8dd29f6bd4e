"""A real ministack for tests."""
