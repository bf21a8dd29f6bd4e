"""The revisions of the tables, oldest first, for Alembic."""

from typing import Final

HEAD: Final = "0004"
"""The revision that this version of Sunsift reads and writes; there is none to go back to an earlier one."""
