"""`sunsift quarantine`: look at unusable messages, try them again, or throw them away."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.output import AsJson, counted, examples, plain, print_json, show, table
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SunsiftError

if TYPE_CHECKING:
    from sunsift.parcels import Quarantined
    from sunsift.wiring import Sunsift

BATCH = 1000
SHOWN_BYTES = 4000

app = typer.Typer(no_args_is_help=True, help="Look at unusable messages, try them again, or throw them away.")
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="Every message in quarantine.")]
Code = Annotated[str | None, typer.Option(metavar="CODE", help="Only messages refused for this reason.")]


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="quarantine")


@app.command(
    "list",
    epilog=examples(
        ("sunsift quarantine list", "everything, and how much for which reason"),
        ("sunsift quarantine list --code unknown_house", "packets that wait for a registration"),
        ("sunsift quarantine list --json", "for programs"),
    ),
)
def list_messages(
    ctx: typer.Context,
    code: Code = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Show at most N.", show_default="50; with --json all"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List quarantined messages, and count them by reason."""
    counts: Counter[str] = Counter()
    chosen: list[dict[str, Any]] = []
    most = limit if limit is not None or as_json else 50
    with opened(settings_of(ctx)) as parts:
        for message in parts.records.quarantine():
            counts[message.code] += 1
            if (code is None or message.code == code) and (most is None or len(chosen) < most):
                chosen.append(_described(message))
    if as_json:
        print_json(chosen)
        return
    if not counts:
        show("The quarantine is empty.")
        return
    listing = table("id", "code", "house", "*source", "*reason")
    for row in chosen:
        names = ("id", "code", "house_id", "source", "reason")
        listing.add_row(*(plain(row[name] or "-") for name in names))
    by_reason = table("code", ">messages", title="\nBy reason")
    for name, count in counts.most_common():
        by_reason.add_row(plain(name), f"{count:,}")
    show(listing, by_reason)
    if len(chosen) < (matching := counts[code] if code else counts.total()):
        show(f"{len(chosen):,} of {matching:,} shown; --limit N shows more")


def _described(message: "Quarantined") -> dict[str, Any]:
    names = ("id", "code", "reason", "house_id", "source", "received_at")
    return {name: getattr(message, name) for name in names} | {"bytes": len(message.body)}


@app.command(
    "show", epilog=examples(("sunsift quarantine show 3f2a90c1d5e67b84", "one message, with its body"))
)
def show_message(
    ctx: typer.Context, message_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False
) -> None:
    """Show one message whole, with the reason why it could not be used."""
    from sunsift.exports import body_as_text

    with opened(settings_of(ctx)) as parts:
        [message] = _named(parts, [message_id])
    text, encoding = body_as_text(message.body)
    described = _described(message)
    if as_json:
        print_json(described | {"body": text, "body_encoding": encoding})
        return
    for name, value in described.items():
        show(f"[dim]{name:<12}[/dim] {plain('-' if value is None else value)}")
    show(f"[dim]body ({encoding})[/dim]", plain(text[:SHOWN_BYTES]))
    if len(text) > SHOWN_BYTES:
        show(f"... {len(text) - SHOWN_BYTES:,} more characters; --json prints all of it")


@app.command(
    epilog=examples(
        ("sunsift quarantine redrive --all", "try everything again, after an upgrade say"),
        ("sunsift quarantine redrive --code impossible", "after capacities were corrected"),
        ("sunsift quarantine redrive 3f2a90c1d5e67b84", "one message"),
    )
)
def redrive(
    ctx: typer.Context,
    ids: Ids = None,
    everything: All = False,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Try messages again; those that still cannot be used stay.

    Packets that wait for their house, or for its clock, need no redrive: registering it ingests them.
    """
    from sunsift.local import add_up
    from sunsift.parcels import Saved

    settings = settings_of(ctx)
    total = Saved()
    with opened(settings) as parts:
        chosen = _choose(parts, ids, everything=everything, code=code)
        for first in range(0, len(chosen), BATCH):
            add_up(total, parts.redrive(parts.store.quarantined(chosen[first : first + BATCH])).saved)
    names = ("accepted", "revised", "duplicate", "superseded", "quarantined")
    if as_json:
        print_json({"tried": len(chosen)} | {name: getattr(total, name) for name in names})
        return
    show(
        f"{len(chosen):,} tried: {total.accepted:,} accepted, {total.duplicate:,} duplicate, "
        f"{total.superseded:,} superseded, {total.quarantined:,} stay in quarantine"
    )


@app.command(
    epilog=examples(
        ("sunsift quarantine discard 3f2a90c1d5e67b84", "one message"),
        ("sunsift quarantine discard --code not_json --yes", "all that were refused for one reason"),
    )
)
def discard(
    ctx: typer.Context,
    ids: Ids = None,
    everything: All = False,
    code: Code = None,
    yes: Annotated[bool, typer.Option("--yes", help="Needed with --all and --code.")] = False,
    as_json: AsJson = False,
) -> None:
    """Throw messages away for good.

    To keep a copy, export the quarantine first: sunsift export quarantine -o quarantine.jsonl
    """
    if not ids and not yes and (everything or code):
        raise typer.BadParameter("--all and --code throw messages away for good; add --yes if you mean it")
    settings = settings_of(ctx)
    with opened(settings) as parts:
        discarded = parts.store.discard(_choose(parts, ids, everything=everything, code=code))
        left = parts.records.counts().quarantined
    if as_json:
        print_json({"discarded": discarded, "left": left})
        return
    show(f"{counted(discarded, 'message')} discarded, {left:,} left")
    if left:
        show(f"[dim]{plain(command_line(settings, 'quarantine list'))}[/dim]")


def _choose(parts: "Sunsift", ids: list[str] | None, *, everything: bool, code: str | None) -> list[str]:
    """Return the ids of the messages that the command line names. Errors: BadParameter, SunsiftError."""
    if (bool(ids) + everything + (code is not None)) != 1:
        raise typer.BadParameter("say which messages: ids, or --all, or --code CODE")
    if ids:
        return [message.id for message in _named(parts, ids)]
    chosen = [m.id for m in parts.records.quarantine() if code is None or m.code == code]
    if code is not None and not chosen:
        raise SunsiftError(f"no message in quarantine has the code {code!r}")
    return chosen


def _named(parts: "Sunsift", ids: list[str]) -> "list[Quarantined]":
    found = parts.store.quarantined(ids)
    if missing := sorted(set(ids) - {message.id for message in found}):
        raise SunsiftError(f"no message {', '.join(missing)} in quarantine")
    return found
