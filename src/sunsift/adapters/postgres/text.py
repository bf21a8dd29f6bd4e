"""Text that PostgreSQL can hold: it knows no character of number 0, and no halves of characters."""

from psycopg.adapt import Buffer
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown


def storable(text: str) -> str:
    """Return the text with a visible sign for each character that cannot be stored."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


class StorableText(StrDumperUnknown):
    """Sends text."""

    def dump(self, obj: str) -> Buffer | None:
        """Return what is sent."""
        return super().dump(storable(obj))


class StorableBinaryText(StrBinaryDumper):
    """Sends text in lists, which go as binary."""

    def dump(self, obj: str) -> Buffer | None:
        """Return what is sent."""
        return super().dump(storable(obj))
