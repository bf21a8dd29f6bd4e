"""`sunsift token`: who may use the API and the pages."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.output import AsJson, examples, plain, print_json, say, show, table
from sunsift.cli.state import opened, settings_of
from sunsift.domain.errors import SunsiftError
from sunsift.tokens import LONGEST_NAME, Scope

if TYPE_CHECKING:
    from sunsift.tokens import Token

MS_A_DAY = 86_400_000

app = typer.Typer(no_args_is_help=True, help="Make tokens for the API and the pages, list and revoke them.")


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="token")


@app.command(
    epilog=examples(
        ("sunsift token create dashboard --scope read", "for pages and programs that look"),
        ("sunsift token create billing --scope ingest --expires-days 365", "for what sends readings"),
        ("sunsift token create ann --scope read --scope feedback --scope manage", "for a person"),
    )
)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    scope: Annotated[
        list[Scope],
        typer.Option(help="What it allows; several times for several.", show_default=False),
    ],
    expires_days: Annotated[
        int | None,
        typer.Option(min=1, max=36500, metavar="N", help="It ends after N days.", show_default="never"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it. It is shown this once and stored nowhere: only what it hashes to is.

    read: look at everything. ingest: send readings and houses. feedback: tell what visits found. manage: try
    quarantined messages again or throw them away, send reports again, erase a house. NAME says for people
    who has the token.
    """
    from sunsift.domain.times import to_ms
    from sunsift.tokens import made

    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise typer.BadParameter(f"NAME must be 1 to {LONGEST_NAME} printable characters")
    with opened(settings_of(ctx), must_exist=False) as parts:
        now = to_ms(parts.clock.now())
        expires_at = None if expires_days is None else now + expires_days * MS_A_DAY
        text, kept = made(name, scope, now, expires_at)
        parts.tokens.add(kept)
    if as_json:
        print_json({"token": text} | _described(kept, now))
        return
    typer.echo(text)
    say("Keep it like a password: nobody can show it again. Programs send it with every request, as")
    say("  Authorization: Bearer sunsift_...")
    say(f"and people log in with it on the pages. To end it: sunsift token revoke {kept.id}")


@app.command(
    "list",
    epilog=examples(("sunsift token list", "all tokens"), ("sunsift token list --json", "for programs")),
)
def list_tokens(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List tokens: their names and what they allow, those that ended included."""
    from sunsift.domain.times import to_ms

    with opened(settings_of(ctx)) as parts:
        now = to_ms(parts.clock.now())
        rows = [_described(token, now) for token in parts.tokens.every()]
    if as_json:
        print_json(rows)
        return
    if not rows:
        show("There are no tokens yet; make one with: sunsift token create NAME --scope read")
        return
    listing = table("id", "name", "scopes", "state", "made", "expires")
    for row in rows:
        told = (row["id"], row["name"], " ".join(row["scopes"]), row["state"], row["created_at"])
        listing.add_row(*(plain(value) for value in told), plain(row["expires_at"] or "never"))
    show(listing)


@app.command(epilog=examples(("sunsift token revoke 3f2a90c1", "end the token of that id")))
def revoke(
    ctx: typer.Context, token_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False
) -> None:
    """End a token for good, at once. ID is what `sunsift token list` shows."""
    from sunsift.domain.times import to_ms

    with opened(settings_of(ctx)) as parts:
        if not parts.tokens.revoke(token_id, to_ms(parts.clock.now())):
            raise SunsiftError(f"there is no token {token_id}; see: sunsift token list")
    if as_json:
        print_json({"id": token_id, "state": "revoked"})
        return
    show(f"token {plain(token_id)} revoked")


def _described(token: "Token", now: int) -> dict[str, Any]:
    from sunsift.domain.times import iso_ms

    state = "revoked" if token.revoked_at is not None else "holds" if token.holds(now) else "expired"
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(str(scope) for scope in token.scopes),
        "state": state,
        "created_at": iso_ms(token.created_at),
        "expires_at": None if token.expires_at is None else iso_ms(token.expires_at),
    }
