"""Follow an ingest to its reports; of what came before, the trace is not known.

A column with a constant default is added in a moment, however many rows there are.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column `trace` to progress and report."""
    for table in ("progress", "report"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN trace text NOT NULL DEFAULT ''")
