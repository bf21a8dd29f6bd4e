"""What is cut out of a file of readings: one message each, or what is wrong with a part of it."""

from typing import NamedTuple


class Extract(NamedTuple):
    """One message of a file.

    body: a packet as JSON (schema 1), or, where `code` is set, the part of the file that cannot be used,
    whole. place: where in the file it came from, for people ("line 12"). code, reason: what is wrong with it,
    in one word and in plain words; empty if nothing is. house_id: whose readings cannot be used, if known.
    """

    body: bytes
    place: str
    code: str = ""
    reason: str = ""
    house_id: str | None = None
