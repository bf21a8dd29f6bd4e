"""Columns of integers as binary arrays, much quicker than psycopg's lists, which look at each value."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

# The sign for the type of an element in the server, and how an element is written after its length.
_INTEGERS: Final = {"smallint": (21, ">i2"), "integer": (23, ">i4"), "bigint": (20, ">i8")}
_WRITTEN: Final = {np.dtype(kind): oid for oid, kind in _INTEGERS.values()}


def column(values: Sequence[Any], kind: str) -> object:
    """Return what to pass for a column `%b::KIND[]`; quick if it holds integers and no None."""
    if kind not in _INTEGERS or None in values:
        return list(values)
    return np.array(values, _INTEGERS[kind][1])


class IntegersDumper(Dumper):
    """Sends what `column` made of integers."""

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        """Return the array as the server reads it: dimensions, NULLs, type, length, first index, elements."""
        elements = np.empty(len(obj), [("size", ">i4"), ("value", obj.dtype)])
        elements["size"] = obj.dtype.itemsize
        elements["value"] = obj
        head = np.array([1, 0, _WRITTEN[obj.dtype], len(obj), 1], ">i4")
        return head.tobytes() + elements.tobytes()
