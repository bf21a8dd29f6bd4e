"""How Alembic runs the revisions: in one transaction, one process at a time, without making others wait."""

from alembic import context

BEGIN = (
    # Any number that nobody else of this database locks: of two that migrate, the second comes after.
    "SET LOCAL lock_timeout = '60s'",
    "SELECT pg_advisory_xact_lock(7270317)",
    # A migration that waited for a long reader would make everybody else wait behind it.
    "SET LOCAL lock_timeout = '5s'",
)


def _run() -> None:
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True)
    else:
        context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        for statement in BEGIN:
            context.execute(statement)
        context.run_migrations()


_run()
