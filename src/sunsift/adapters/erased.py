"""How an erased house is remembered without its name, the same in every store."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping

from sunsift.parcels import Erasure

SALT_BYTES = 16


def new_salt() -> bytes:
    """Return what keys a store's digests; it is drawn at the first erasure."""
    return secrets.token_bytes(SALT_BYTES)


def digest_of(house_id: str, salt: bytes) -> bytes:
    """Return 16 bytes by which a name is known again by whoever has the salt and the name."""
    return hashlib.blake2b(house_id.encode(), key=salt, digest_size=16).digest()


def names(content: bytes, house_id: str) -> bool:
    """Say whether a text names a house, and not only another one whose name contains it."""
    name = house_id.encode()
    # Most do not hold it at all, and looking for plain bytes is fifty times faster.
    return name in content and re.search(rb"(?<!\w)" + re.escape(name) + rb"(?!\w)", content) is not None


def to_text(removed: Mapping[str, int]) -> str:
    """Write how much was removed of what."""
    return json.dumps(dict(removed))


def to_erasure(erased_at_ms: int, removed: str) -> Erasure:
    """Turn a row into what it tells."""
    return Erasure(erased_at_ms, json.loads(removed))
