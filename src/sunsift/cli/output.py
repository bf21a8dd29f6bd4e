"""How the commands talk: data to standard output, talk to standard error, progress only to people."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

# Rich guesses 80 columns where there is no terminal; a table in a pipe need not be squeezed.
PIPED_COLUMNS = 160

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text, for programs.")]
STATUS_STYLES = {"poor": "bold red", "well": "green", "unknown": "yellow"}
KEY_DIGITS = 32


def examples(*lines: tuple[str, str]) -> str:
    """Return the epilog of a command's help: command lines, each with what it does."""
    shown = (f"[cyan]{line}[/cyan]  [dim]{meaning}[/dim]" for line, meaning in lines)
    return "\n".join(("[bold]Examples[/bold]", *shown))


def unwrapped(text: str) -> str:
    """Return text with each paragraph on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def say(text: str) -> None:
    """Tell the person at the terminal; programs do not read this."""
    typer.echo(text, err=True)


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show(*what: "RenderableType") -> None:
    """Print tables and texts for people; square brackets in texts are styles."""
    console = _console(stderr=False)
    for part in what:
        console.print(part, highlight=False, soft_wrap=False)


def columns_of_terminal() -> int:
    """Return how many characters a line holds."""
    return _console(stderr=False).width


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    console = Console(stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_COLUMNS
    return console


def table(*columns: str, title: str | None = None) -> "Table":
    """Return an empty table.

    columns: names; one that begins with `>` holds numbers, `*` may wrap, `!` holds keys, which are never cut.
    """
    from rich import box
    from rich.table import Table

    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        may_wrap = column.startswith("*")
        made.add_column(
            column.lstrip(">*!"),
            justify="right" if column.startswith(">") else "left",
            no_wrap=not may_wrap,
            overflow="fold" if may_wrap else "ellipsis",
            min_width=16 if may_wrap else KEY_DIGITS if column.startswith("!") else None,
        )
    return made


def plain(text: object) -> str:
    """Return text from outside so that its square brackets are shown, not obeyed."""
    from rich.markup import escape

    return escape(str(text))


def date_text(day: int) -> str:
    """Return a day as its date. day: days since 1970-01-01."""
    from sunsift.domain.readings import day_date

    return day_date(day).isoformat()


def counted(number: int, what: str) -> str:
    """Return a number of things in words: 1 house, 2 houses. what: the word for one."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def coloured(status: str) -> str:
    """Return a status in its colour."""
    return f"[{STATUS_STYLES[status]}]{status}[/]"


@contextmanager
def progress(
    what: str, total: int | None = None, *, in_bytes: bool = False
) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error while the block runs, if that is a terminal.

    total: None if unknown. in_bytes: what is counted are bytes. The block is given a function to call with
    the growing number done.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    done_of: list[ProgressColumn] = [MofNCompleteColumn()]
    if in_bytes:
        done_of = [DownloadColumn()]
    elif total is None:
        done_of = [TextColumn("{task.completed:,}")]
    columns = [TextColumn("{task.description}"), BarColumn(), *done_of, TaskProgressColumn(show_speed=True)]
    with Progress(*columns, TimeElapsedColumn(), console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
