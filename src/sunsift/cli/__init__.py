"""The command line `sunsift`: one file a group of commands, on what `local` and `wiring` offer."""

from sunsift.cli.app import main

__all__ = ["main"]
