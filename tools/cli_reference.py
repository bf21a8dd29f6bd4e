"""Write the reference of the command line: `python tools/cli_reference.py docs/cli.md` (`make reference`)."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

import typer
from rich.text import Text
from typer.main import get_command

from sunsift.cli.app import app

WIDTH = 130
# What Markdown takes for a bar, and not for the end of a cell.
BAR = r"\|"
LEFT_OUT = {"--help", "--install-completion", "--show-completion"}
HEAD = """\
# Command line

<!-- Written by `make reference`; a test compares. -->

{overview}

`sunsift COMMAND --help` says the same at the terminal. Options in front of the command hold for all of them:

{options}

Every listing and every count has `--json` for programs. Talk goes to standard error, so that standard output
can be piped. `sunsift --install-completion` has your shell complete commands and options. The environment may
hold [settings](operations.md#settings), too.

| command | |
|---|---|
{commands}
"""
RANGE = re.compile(r"(?:([-\d.]+)<=?)?x(?:>=?([-\d.]+))?(?:<=?([-\d.]+))?")


def reference() -> str:
    """Return the whole page."""
    root = get_command(app)
    context = typer.Context(root, info_name="sunsift")
    every = list(_below(context))
    lines = [f"| [{c.command_path}](#{_anchor(c)}) | {_in_cell(_first_sentence(c))} |" for c in every]
    head = HEAD.format(overview=_text(root.help), options=_table(context), commands="\n".join(lines))
    return "\n".join((head, *map(_section, every)))


def _below(context: typer.Context) -> Iterator[typer.Context]:
    """Yield a context for each command that is below one, in the order of the help."""
    group: Any = context.command
    for name in group.list_commands(context):
        below = typer.Context(group.get_command(context, name), info_name=name, parent=context)
        yield below
        if hasattr(below.command, "list_commands"):
            yield from _below(below)


def _section(context: typer.Context) -> str:
    depth = context.command_path.count(" ")
    parts = [f"{'#' * (depth + 1)} {context.command_path}", _text(context.command.help)]
    if not hasattr(context.command, "list_commands"):
        parts += [
            f"```text\n{_usage(context)}\n```",
            _table(context),
            _examples(context.command.epilog or ""),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _usage(context: typer.Context) -> str:
    words = [context.command_path]
    for parameter in context.command.get_params(context):
        if parameter.param_type_name == "argument":
            name = _name(parameter, context) + ("..." if parameter.nargs == -1 else "")
            words.append(name if parameter.required else f"[{name}]")
    return " ".join((*words, "[OPTIONS]"))


def _table(context: typer.Context) -> str:
    """Return a command's arguments and options as a table; empty if it has none."""
    rows = []
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or not LEFT_OUT.isdisjoint(parameter.opts):
            continue
        meaning, default = _taken_apart(record[1])
        if parameter.required:
            default = "required"
        rows.append(f"| {_code(_name(parameter, context))} | {_in_cell(meaning)} | {_in_cell(default)} |")
    return "\n".join(("| | meaning | default |", "|---|---|---|", *rows)) if rows else ""


def _name(parameter: Any, context: typer.Context) -> str:
    """Return an argument's name, or an option with what it takes."""
    told: str = parameter.get_help_record(context)[0]
    if parameter.param_type_name == "argument":
        return told.rpartition(" <")[0] or told
    return re.sub(r"<list\[(.*)\]>|<(.*)>", lambda found: found[1] or found[2], told)


def _taken_apart(told: str) -> tuple[str, str]:
    """Part what a help says into the meaning, with range and variable, and the default."""
    found = re.fullmatch(r"(.*?)(?:  )?(?:\[(.*)\])?", told, re.S)
    assert found
    meaning, default = " ".join(found[1].split()), ""
    for fact in re.findall(r"(?:\([^)]*\)|[^;(])+", found[2] or ""):
        kind, _, value = fact.strip().partition(": ")
        if kind == "default":
            default = re.sub(r"^\((.*)\)$", r"\1", value)
        elif kind == "env var":
            meaning += f" `{value}` says it, too."
        elif limits := RANGE.fullmatch(kind):
            meaning += _limits(*(float(limit) if limit else 0 for limit in limits.groups()))
    return meaning.strip(), default


def _limits(least: float, low: float, high: float) -> str:
    """Say between which numbers an option has to be; that it may not be below zero goes without saying."""
    low = least or low
    if high:
        return f" From {low:g} to {high:g}."
    return f" At least {low:g}." if low else ""


def _examples(epilog: str) -> str:
    """Return the examples of a help, each with what it does."""
    rows = []
    for line in epilog.splitlines()[1:]:
        command, _, meaning = Text.from_markup(line).plain.partition("  ")
        rows.append(f"| {_code(command)} | {_in_cell(meaning)} |")
    return "\n".join(("| example | |", "|---|---|", *rows)) if rows else ""


def _first_sentence(context: typer.Context) -> str:
    return re.split(r"(?<=\w)\.(?=\s|$)", context.command.help or "", maxsplit=1)[0]


def _text(told: str | None) -> str:
    paragraphs = _escaped((told or "").strip()).split("\n\n")
    return "\n\n".join(fill(p, WIDTH, break_long_words=False, break_on_hyphens=False) for p in paragraphs)


def _in_cell(text: str) -> str:
    return _escaped(text).replace("|", BAR)


def _code(text: str) -> str:
    return f"`{text.replace('|', BAR)}`"


def _escaped(text: str) -> str:
    """Return text in which Markdown finds nothing but code."""
    parts = text.split("`")
    return "`".join(part if n % 2 else re.sub(r"([*<])", r"\\\1", part) for n, part in enumerate(parts))


def _anchor(context: typer.Context) -> str:
    return context.command_path.replace(" ", "-")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), "utf-8")
    sys.stdout.write(f"wrote {sys.argv[1]}\n")
