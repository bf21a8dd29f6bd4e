"""How Alembic runs the revisions: in one transaction, one process at a time, and without waiting long."""

from alembic import context

# A migration that waited for a long reader would make everybody else wait behind it.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"
# Any number that nobody else of this database locks: two processes that migrate go one after the other.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7270317)"


def _run() -> None:
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True)
    else:
        context.configure(connection=context.config.attributes["connection"])
    with context.begin_transaction():
        context.execute(LOCK_TIMEOUT)
        context.execute(ONE_AT_A_TIME)
        context.run_migrations()


_run()
