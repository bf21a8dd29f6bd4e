"""Store and coordinator in one SQLite file: the default, with nothing to install or start."""
