"""Reading what a request brings: of which type it is, unpacked, one body a message."""

import zlib
from typing import Final

import msgspec
from fastapi import Request

from sunsift.web.limits import too_large
from sunsift.web.problems import Problem

JSON: Final = "application/json"
EVENT: Final = "application/cloudevents+json"
EVENTS: Final = "application/cloudevents-batch+json"
LINES: Final = ("application/x-ndjson", "application/jsonl", "application/json-lines")
_GZIP: Final = 31
_MESSAGES: Final = msgspec.json.Decoder(list[msgspec.Raw])


def type_of(request: Request, *known: str) -> str:
    """Return the media type of a body. known: those that are taken. Errors: 415."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in known:
        raise Problem(
            415, f"send the body as {' or '.join(known)}, not as {media or 'nothing in particular'}"
        )
    return media


async def read(request: Request, most: int) -> bytes:
    """Read a body, and unpack it if it is packed with gzip. most: what it may have, unpacked [bytes].

    Errors: 413, 415 for other packings, 422 for what is no gzip.
    """
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"gzip", "identity"}:
        raise Problem(415, f"send the body packed with gzip or not at all, not with {packing}")
    parts = bytearray()
    unpacker = _Unpacker() if packing == "gzip" else None
    async for chunk in request.stream():
        if unpacker is None:
            parts += chunk
            continue
        # Never more than one byte beyond the limit, whatever it would unpack to.
        parts += unpacker.unpack(chunk, most + 1 - len(parts))
        if len(parts) > most:
            raise Problem(413, f"{too_large(most)} when unpacked", {"Connection": "close"})
    if unpacker is not None and not unpacker.ended:
        raise Problem(422, "the gzip breaks off", code="not_gzip")
    return bytes(parts)


class _Unpacker:
    """Unpacks gzip as it comes, of one member or several."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False

    @property
    def ended(self) -> bool:
        """Say whether it ended where a member does."""
        return not self._begun

    def unpack(self, packed: bytes, most: int) -> bytes:
        unpacked = bytearray()
        try:
            while packed and len(unpacked) < most:
                self._begun = True
                unpacked += self._member.decompress(packed, most - len(unpacked))
                packed = self._member.unconsumed_tail
                if self._member.eof:
                    packed = self._member.unused_data
                    self._member = zlib.decompressobj(_GZIP)
                    self._begun = False
        except zlib.error as error:
            raise Problem(422, f"this is no gzip: {error}", code="not_gzip") from None
        return bytes(unpacked)


def messages_in(body: bytes, media: str) -> list[bytes]:
    """Part a bulk into its messages, each exactly as it came. Errors: 422."""
    if media in LINES:
        return [line for line in map(bytes.strip, body.split(b"\n")) if line]
    try:
        return [bytes(message) for message in _MESSAGES.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(422, f"the body is no JSON array: {error}", code="not_json") from None
