"""Model versions and reason codes, so that rows hold small numbers instead of text."""

from collections.abc import Iterable
from typing import Final
from weakref import WeakKeyDictionary

from sunsift.adapters.postgres.database import Link

_READ = "SELECT text, id FROM word WHERE text = ANY (%b::text[])"
# Numbered without gaps, for a reason has one byte for its number: the sequence would lose one whenever two
# processes bring the same word, or a transaction fails. Only whoever brings a word waits here.
_LOCK = "LOCK TABLE word IN SHARE ROW EXCLUSIVE MODE"
_ADD = """
INSERT INTO word (id, text) OVERRIDING SYSTEM VALUE
SELECT (SELECT coalesce(max(id), 0) FROM word) + place, text
FROM unnest(%b::text[]) WITH ORDINALITY AS new (text, place)
RETURNING text, id
"""
# A word that was committed keeps its number for ever. What a transaction added is not remembered: it may yet
# be taken back.
_known: Final[WeakKeyDictionary[Link, dict[str, int]]] = WeakKeyDictionary()


def numbers(connection: Link, texts: Iterable[str]) -> dict[str, int]:
    """Return the number of each word; words that nobody used before get theirs now.

    Once a transaction at most.
    """
    wanted = set(texts)
    known = _known.setdefault(connection, {})
    if not wanted <= known.keys():
        _read(connection, wanted, known)
    if wanted <= known.keys():
        return known
    connection.execute(_LOCK)
    _read(connection, wanted, known)
    new = sorted(wanted - known.keys())
    return known | dict(connection.execute(_ADD, (new,)).fetchall())


def _read(connection: Link, wanted: set[str], known: dict[str, int]) -> None:
    """Add those that are committed."""
    known.update(connection.execute(_READ, (sorted(wanted),)).fetchall())
