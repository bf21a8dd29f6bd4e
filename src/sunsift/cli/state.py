"""Opening the state that a command works on. Heavy imports wait until a command needs them."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sunsift.domain.errors import SunsiftError
from sunsift.settings import Settings, read_settings, shown

if TYPE_CHECKING:
    from sunsift.ports import Clock
    from sunsift.telemetry import Observer
    from sunsift.wiring import Sunsift


@dataclass(frozen=True, slots=True)
class Where:
    """Where the state is, as said before the command; None for what the environment or the defaults say."""

    data: Path | None = None
    store: str | None = field(default=None, repr=False)
    coordinator: str | None = field(default=None, repr=False)


def settings_of(ctx: typer.Context, quiet_minutes: float | None = None) -> Settings:
    """Return the settings with what the command line says instead.

    quiet_minutes: region days close as soon as houses settle then, so that nothing waits longer.
    """
    where: Where = ctx.obj
    settings = read_settings(data=where.data)
    settings = replace(
        settings,
        store=where.store or settings.store,
        coordinator=where.coordinator or settings.coordinator,
    )
    if quiet_minutes is None:
        return settings
    return replace(settings, rules=replace(settings.rules, quiet_minutes=quiet_minutes, close_minutes=None))


@contextmanager
def opened(
    settings: Settings,
    *,
    clock: "Clock | None" = None,
    longest_step_ms: int | None = None,
    observer: "Observer | None" = None,
    must_exist: bool = True,
) -> Iterator["Sunsift"]:
    """Open the state while the block runs.

    must_exist: refuse to begin a new state, so that a mistyped folder is noticed and nothing is created.
    A server's state is never begun here: `sunsift store migrate` does that.
    """
    if must_exist and settings.store is None and not settings.database.exists():
        raise SunsiftError(
            f"there is no Sunsift state in {settings.data} (no file {settings.database.name}); "
            "check --data, or begin with: sunsift houses add HOUSES.csv"
        )
    from sunsift.telemetry import SILENT
    from sunsift.wiring import connected

    parts = connected(settings, clock=clock, longest_step_ms=longest_step_ms, observer=observer or SILENT)
    try:
        yield parts
    finally:
        parts.close()


def command_line(settings: Settings, command: str) -> str:
    """Return a command as it must be typed, here and now, to work on this state."""
    if shutil.which("sunsift"):
        program = "sunsift"
    else:
        script = Path(sys.argv[0])
        program = "python -m sunsift"
        if script.name == "sunsift":
            program = min(os.path.relpath(script), str(script.resolve()), key=len)
    if settings.store is None:
        return f"{program} --data {shlex.quote(str(settings.data))} {command}"
    if os.environ.get("SUNSIFT_STORE") == settings.store:
        return f"{program} {command}"
    return f"{program} --store {shlex.quote(shown(settings.store))} {command}"
