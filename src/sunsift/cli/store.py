"""`sunsift store`: make the tables of a PostgreSQL, give its workers rights, and see how large it is."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunsift.cli.output import AsJson, examples, plain, print_json, say, show, table
from sunsift.cli.state import command_line, opened, settings_of
from sunsift.domain.errors import SettingsError
from sunsift.settings import names_postgres, shown

if TYPE_CHECKING:
    from sunsift.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Make the tables of a PostgreSQL, and see how large a store is.")
_SERVER = "sunsift --store postgresql://owner@host/sunsift"


def add_to(root: typer.Typer) -> None:
    """Hang the group below the root."""
    root.add_typer(app, name="store")


@app.command(
    epilog=examples(
        (f"{_SERVER} store migrate", "make the tables, or bring them up"),
        (f"{_SERVER} store migrate --dry-run", "read the SQL first"),
    )
)
def migrate(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the SQL and change nothing.")] = False,
) -> None:
    """Bring the tables of a PostgreSQL to the revision that this Sunsift knows.

    All of it happens, or nothing. Workers may run meanwhile; those of an earlier version stop with an error
    afterwards, so upgrade them next. There is no way back but a backup.
    """
    from sunsift.wiring import needs

    settings = settings_of(ctx)
    if settings.store is None:
        show("The store is a file in the data folder, which brings itself up: nothing to do.")
        return
    url = _postgres(settings)
    with needs("postgres"):
        from sunsift.adapters.postgres import migrate as tables
        from sunsift.adapters.postgres.migrations import HEAD

        before = tables.current(url)
        if dry_run:
            typer.echo(tables.script(before), nl=False)
            return
        if before != HEAD:
            say(f"Migrating from {f'revision {before}' if before else 'no tables'} to revision {HEAD}")
        tables.upgrade(url)
    show(f"The tables have revision {HEAD}.")
    if before is None:
        show(f"[dim]Rights for the workers: {plain(command_line(settings, 'store grant ROLE'))}[/dim]")


@app.command(
    epilog=examples(
        (f"{_SERVER} store grant worker", "what the steps need"),
        (f"{_SERVER} store grant analyst --read-only", "reading alone"),
    )
)
def grant(
    ctx: typer.Context,
    role: Annotated[str, typer.Argument(metavar="ROLE", show_default=False)],
    read_only: Annotated[bool, typer.Option("--read-only", help="Reading, no writing.")] = False,
) -> None:
    """Give a role of the server the rights that workers need, and no others.

    It may then read and write rows, but not change, empty or drop tables. Run it as the owner of the tables,
    and again after a migration.
    """
    from sunsift.wiring import needs

    settings = settings_of(ctx)
    url = _postgres(settings)
    with needs("postgres"):
        from sunsift.adapters.postgres import roles
    roles.grant(url, role, read_only=read_only)
    show(f"{plain(role)} may {'read' if read_only else 'read and write'} the rows of all tables.")


@app.command(epilog=examples((f"{_SERVER} store years 2055 | psql URL", "add what is missing up to 2055")))
def years(
    ctx: typer.Context, last: Annotated[int, typer.Argument(metavar="YEAR", min=2010, max=2148)]
) -> None:
    """Print the SQL that adds yearly partitions up to a year.

    The tables come with partitions up to 2045. Later days are kept without them, too, but all in one place.
    """
    from sunsift.wiring import needs

    url = _postgres(settings_of(ctx))
    with needs("postgres"):
        from sunsift.adapters.postgres.migrate import further_years
    typer.echo(further_years(url, last) or "-- the partitions are there already\n", nl=False)


@app.command(
    epilog=examples(
        ("sunsift store status", "how large it is, and what takes the room"),
        (f"{_SERVER} store status --json", "for programs"),
    )
)
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show which store there is, its version, its size and its bytes a house-day."""
    settings = settings_of(ctx)
    found = _embedded(settings) if settings.store is None else _on_server(settings)
    if as_json:
        print_json(found)
        return
    a_day = found["bytes_a_house_day"]
    show(f"{plain(found['store'])}: {found['program']}, revision {found['revision'] or '-'}")
    if not found["current"]:
        show(
            f"Its tables are not those of this Sunsift; see: {plain(command_line(settings, 'store migrate'))}"
        )
        return
    show(f"{found['bytes'] / 1e6:,.1f} MB for {found['house_days']:,} house-days" + _each(a_day))
    if found["tables"]:
        listing = table("table", ">rows", ">table MB", ">index MB", ">bytes a house-day")
        for row in found["tables"]:
            sizes = (f"{row[name] / 1e6:,.1f}" for name in ("table_bytes", "index_bytes"))
            each = row["bytes_a_house_day"]
            listing.add_row(row["table"], f"{row['rows']:,}", *sizes, "-" if each is None else f"{each:,.1f}")
        show(listing, "[dim]Rows as of the server's last look at its tables.[/dim]")


def _each(bytes_a_house_day: float | None) -> str:
    return "" if bytes_a_house_day is None else f", {bytes_a_house_day:,.0f} bytes each"


def _embedded(settings: "Settings") -> dict[str, Any]:
    import sqlite3

    from sunsift.adapters.sqlite.database import SCHEMA_VERSION

    with opened(settings) as parts:
        days = parts.records.counts().days
    beside = (settings.database.with_name(settings.database.name + end) for end in ("", "-wal"))
    size = sum(path.stat().st_size for path in beside if path.exists())
    return {
        "store": str(settings.database),
        "program": f"SQLite {sqlite3.sqlite_version}",
        "revision": str(SCHEMA_VERSION),
        "current": True,
        "bytes": size,
        "house_days": days,
        "bytes_a_house_day": round(size / days, 1) if days else None,
        "tables": [],
    }


def _on_server(settings: "Settings") -> dict[str, Any]:
    from sunsift.wiring import needs

    url = _postgres(settings)
    with needs("postgres"):
        from sunsift.adapters.postgres.migrate import administered, revision_of
        from sunsift.adapters.postgres.migrations import HEAD
        from sunsift.adapters.postgres.sizes import house_days, sizes
    with administered(url) as connection:
        version, revision = connection.info.server_version, revision_of(connection)
        there = revision == HEAD
        days = house_days(connection) if there else 0
        rows = sizes(connection) if there else []
    total = sum(size.bytes for size in rows)
    return {
        "store": shown(url),
        "program": f"PostgreSQL {version // 10_000}.{version % 10_000}",
        "revision": revision,
        "current": there,
        "bytes": total,
        "house_days": days,
        "bytes_a_house_day": round(total / days, 1) if days else None,
        "tables": [
            asdict(size) | {"bytes_a_house_day": round(size.bytes / days, 1) if days else None}
            for size in rows
        ],
    }


def _postgres(settings: "Settings") -> str:
    """Return the address of the PostgreSQL. Errors: SettingsError if there is none."""
    if settings.store is None or not names_postgres(settings.store):
        raise SettingsError("name a PostgreSQL: sunsift --store postgresql://USER@HOST/DATABASE store ...")
    return settings.store
