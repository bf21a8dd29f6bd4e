"""A list that breaks off, to see what a transaction leaves behind."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


class BoomError(Exception):
    """The machine stopped here."""


class Breaking(list[T]):
    """Gives all its entries, and then breaks instead of ending."""

    def __iter__(self) -> Iterator[T]:
        yield from super().__iter__()
        raise BoomError
