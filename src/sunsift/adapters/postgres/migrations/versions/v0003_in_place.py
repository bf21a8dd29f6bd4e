"""Let rows of progress be updated in place: an index on what changes at every packet forbade that.

Only the hourly sweep asked it, and reads the whole table as well.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the index of unsettled houses."""
    op.execute("DROP INDEX progress_unsettled")
