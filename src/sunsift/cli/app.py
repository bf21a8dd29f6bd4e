"""The root of the command line: options before the command, errors, and the list of commands."""

import errno
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sunsift import __version__
from sunsift.cli import (
    deliver,
    demo,
    doctor,
    export,
    feedback,
    houses,
    ingest,
    lab,
    model,
    quarantine,
    reports,
    run,
    serve,
    settle,
    status,
    store,
    sunlight,
    token,
)
from sunsift.cli.output import examples, say, unwrapped
from sunsift.cli.state import Where
from sunsift.domain.errors import SunsiftError

OVERVIEW = """Find poorly performing rooftop solar from nothing but net meter data.

Packets (one house's readings of one day) are ingested into a folder of state; houses that have been quiet
for a while are settled: judged on the last 30 days, and a change of status becomes a report.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""
# As one meets them.
GROUPS = (
    demo, houses, ingest, settle, deliver, reports, status, sunlight, feedback, model, export, quarantine,
    run, serve, token, doctor, store, lab,
)  # fmt: skip
ORDER = tuple(group.__name__.rpartition(".")[2] for group in GROUPS)


class _Commands(TyperGroup):
    """Turns errors meant for people into one line and exit code 1; lists commands as one meets them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=ORDER.index)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except SunsiftError as error:
            say(f"Error: {error}")
        except OSError as error:
            if error.errno == errno.EPIPE:  # `sunsift status | head` is no failure to talk about
                raise
            say(f"Error: {error.filename or 'the system'}: {error.strerror or error}")
        raise typer.Exit(1)


app = typer.Typer(
    name="sunsift",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog=examples(
        ("sunsift demo", "watch the whole flow on invented houses"),
        ("sunsift houses add houses.csv", "say which houses there are"),
        ("sunsift ingest packets.jsonl.gz", "store their readings"),
        ("sunsift settle --quiet-minutes 0", "judge their panels now"),
        ("sunsift status", "see who loses most"),
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sunsift {__version__}")
        raise typer.Exit


@app.callback(help=unwrapped(OVERVIEW))
def common(
    ctx: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            envvar="SUNSIFT_DATA",
            help="Folder that holds the state.",
            show_default="./sunsift-data",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="URL",
            envvar="SUNSIFT_STORE",
            help="postgresql://USER@HOST/DATABASE, instead of a file in the data folder.",
            show_default=False,
            show_envvar=False,
        ),
    ] = None,
    coordinator: Annotated[
        str | None,
        typer.Option(
            "--coordinator",
            metavar="URL",
            envvar="SUNSIFT_COORDINATOR",
            help="redis://HOST:6379/0, instead of tables of the store.",
            show_default=False,
            show_envvar=False,
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options before the command."""
    ctx.obj = Where(data, store, coordinator)


for _group in GROUPS:
    _group.add_to(app)
_TYPERS = (
    app, houses.app, model.app, sunlight.app, store.app, quarantine.app, reports.app, token.app, lab.app,
)  # fmt: skip
for _typer in _TYPERS:
    for _command in _typer.registered_commands:
        # Rich would keep the line breaks of the source.
        _command.help = unwrapped(getattr(_command.callback, "__doc__", None) or "")


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A name or a bar that the terminal cannot show must not end the command.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    app(prog_name="sunsift")
