"""Where each house stands after its newest prediction."""

from typing import Final

PLACE: Final = """
UPDATE standing SET (day, status, lost) = (
    SELECT max(day), coalesce(status, 0), coalesce(lost, -1) FROM prediction WHERE house = ?1)
WHERE house = ?1
"""
"""Bring the place of one house up to date. The columns beside max(day) are those of its row."""
