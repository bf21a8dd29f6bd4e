"""Model versions and reason codes, so that rows hold small numbers instead of text."""

from collections.abc import Iterable

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


def numbers(connection: Link, texts: Iterable[str]) -> dict[str, int]:
    """Return the number of each word; words that nobody used before get theirs now."""
    wanted = set(texts)
    if not wanted:
        return {}
    found = _read(connection, wanted)
    if wanted <= found.keys():
        return found
    connection.execute(_LOCK)
    found = _read(connection, wanted)
    if new := sorted(wanted - found.keys()):
        found.update(connection.execute(_ADD, (new,)).fetchall())
    return found


def _read(connection: Link, wanted: set[str]) -> dict[str, int]:
    return dict(connection.execute(_READ, (sorted(wanted),)).fetchall())
