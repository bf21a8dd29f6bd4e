"""Real servers for tests, from packages: nothing to install, no root, no container."""
