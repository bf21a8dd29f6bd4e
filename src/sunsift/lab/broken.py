"""Messages that no one can use, each broken in one way that really happens."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np

Fields = dict[str, Any]


def _not_json(fields: Fields) -> bytes:
    whole = msgspec.json.encode(fields)
    return whole[: len(whole) * 2 // 3]


def _not_utf8(fields: Fields) -> bytes:
    return msgspec.json.encode(fields | {"house_id": "Zählpunkt"}).decode().encode("latin-1")


def _nan(fields: Fields) -> bytes:
    marked = msgspec.json.encode(_with_first(fields, "import_kwh", "@"))
    return marked.replace(b'"@"', b"NaN")


def _infinite(fields: Fields) -> bytes:
    marked = msgspec.json.encode(_with_first(fields, "export_kwh", "@"))
    return marked.replace(b'"@"', b"1e999")


def _with_first(fields: Fields, name: str, value: object) -> Fields:
    return fields | {name: [value, *fields[name][1:]]}


def _encoded(change: Callable[[Fields], Fields]) -> Callable[[Fields], bytes]:
    return lambda fields: msgspec.json.encode(change(fields))


# What is wrong, and how to make it so from the fields of a good packet.
BREAKERS: Final[dict[str, Callable[[Fields], bytes]]] = {
    "not_json": _not_json,
    "not_utf8": _not_utf8,
    "nan": _nan,
    "infinite": _infinite,
    "wrong_schema": _encoded(lambda f: f | {"schema": 99}),
    "wrong_length": _encoded(lambda f: f | {"import_kwh": f["import_kwh"][:-1]}),
    "wrong_interval": _encoded(lambda f: f | {"interval_minutes": 7}),
    "wrong_quality": _encoded(lambda f: f | {"quality": "X"}),
    "wrong_time": _encoded(lambda f: f | {"updated_at": "yesterday"}),
    "missing_field": _encoded(lambda f: {name: f[name] for name in f if name != "export_kwh"}),
    "unknown_field": _encoded(lambda f: f | {"exprot_kwh": []}),
    "text_for_number": _encoded(lambda f: _with_first(f, "import_kwh", "0.21")),
    "negative": _encoded(lambda f: _with_first(f, "import_kwh", -0.25)),
    "impossible": _encoded(lambda f: _with_first(f, "export_kwh", 9999.0)),
    "future_date": _encoded(lambda f: f | {"date": "2999-01-01"}),
    "unregistered_house": _encoded(lambda f: f | {"house_id": "nobody-registered-this"}),
}
KINDS: Final = tuple(BREAKERS)


def break_packet(packet: bytes, kind: str, rng: np.random.Generator) -> bytes:
    """Return a message broken in one of KINDS.

    packet: a good packet of schema 1 as JSON. The broken one gets an id of its own.
    """
    fields: Fields = msgspec.json.decode(packet)
    fields["id"] = f"{fields['id']}/broken-{int(rng.integers(1 << 32)):08x}"
    return BREAKERS[kind](fields)
