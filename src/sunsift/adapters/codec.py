"""How values lie in the rows: small, and read back exactly."""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from sunsift.domain.readings import INTERVALS, QUALITIES, Packet, alike
from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason

STATUSES: Final = (Status.UNKNOWN, Status.WELL, Status.POOR)
STATUS_NUMBER: Final = {status: number for number, status in enumerate(STATUSES)}
KIND_NUMBER: Final = {
    (minutes, quality): 8 * i + q
    for i, minutes in enumerate(INTERVALS)
    for q, quality in enumerate(QUALITIES)
}
KINDS: Final = {number: kind for kind, number in KIND_NUMBER.items()}
_REASON: Final = struct.Struct("<Bh")
# A window of 512 bytes is enough for a day, and its small tables make a short text cheap to compress.
_WINDOW: Final = -9


def compress_all(packets: Sequence[Packet]) -> list[bytes]:
    """Compress the readings of packets.

    All low bytes come first, then all high bytes, which are mostly 0 or 1: about 85 bytes a day.
    """
    result = [b""] * len(packets)
    for rows, watt_hours in alike(packets):
        split = watt_hours.view(np.uint8).reshape(len(rows), -1, 2).transpose(0, 2, 1)
        for row, values in zip(rows, np.ascontiguousarray(split), strict=True):
            packer = zlib.compressobj(6, zlib.DEFLATED, _WINDOW, 4)
            result[row] = packer.compress(values.data) + packer.flush()
    return result


def decompress(readings: bytes) -> bytes:
    """Return the readings that were compressed."""
    values = np.frombuffer(zlib.decompress(readings, _WINDOW), np.uint8)
    return values.reshape(2, -1).T.tobytes()


def pack_reasons(reasons: Sequence[Reason], words: dict[str, int]) -> bytes:
    """Pack reasons into three bytes each; `words` maps each code to its number."""
    return b"".join(_REASON.pack(words[r.code], r.value) for r in reasons)


def unpack_reasons(packed: bytes, texts: dict[int, str]) -> tuple[Reason, ...]:
    """Unpack reasons; `texts` maps each number to its code."""
    return tuple(Reason(texts[code], value) for code, value in _REASON.iter_unpack(packed))
