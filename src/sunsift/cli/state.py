"""Opening the state that a command works on. Heavy imports wait until a command needs them."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sunsift.domain.errors import SunsiftError
from sunsift.settings import Settings, read_settings

if TYPE_CHECKING:
    from sunsift.ports import Clock
    from sunsift.wiring import Sunsift


def settings_of(ctx: typer.Context, quiet_minutes: float | None = None) -> Settings:
    """Return the settings with what the command line says instead.

    quiet_minutes: region days close as soon as houses settle then, so that nothing waits longer.
    """
    settings = read_settings(data=ctx.obj)
    if quiet_minutes is None:
        return settings
    return replace(settings, rules=replace(settings.rules, quiet_minutes=quiet_minutes, close_minutes=None))


@contextmanager
def opened(
    settings: Settings,
    *,
    clock: "Clock | None" = None,
    longest_step_ms: int | None = None,
    must_exist: bool = True,
) -> Iterator["Sunsift"]:
    """Open the state while the block runs.

    must_exist: refuse to begin a new state, so that a mistyped folder is noticed and nothing is created.
    """
    if must_exist and not settings.database.exists():
        raise SunsiftError(
            f"there is no Sunsift state in {settings.data} (no file {settings.database.name}); "
            "check --data, or begin with: sunsift houses add HOUSES.csv"
        )
    from sunsift.wiring import embedded

    parts = embedded(settings, clock=clock, longest_step_ms=longest_step_ms)
    try:
        yield parts
    finally:
        parts.close()


def command_line(data: Path, command: str) -> str:
    """Return a command as it must be typed, here and now, to work on this state."""
    if shutil.which("sunsift"):
        program = "sunsift"
    else:
        script = Path(sys.argv[0])
        program = "python -m sunsift"
        if script.name == "sunsift":
            program = min(os.path.relpath(script), str(script.resolve()), key=len)
    return f"{program} --data {shlex.quote(str(data))} {command}"
